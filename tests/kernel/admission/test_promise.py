"""A promise holds offline, is the node's alone, and is broken only where the node could have kept it."""

from __future__ import annotations

import msgspec
import pytest

from focusmesh.errors import ProofError
from focusmesh.ids import digest
from focusmesh.kernel.admission import (
    BROKEN,
    KEPT,
    OPEN,
    PROMISE_BLOCKS,
    PROMISE_DOMAIN,
    Promise,
    verify_promise,
)
from focusmesh.kernel.state import Account, account_key, read_account, verify_membership
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import SigningKey
from tests.kernel.block.ledger import KEYS, Ledger

NODE, OTHER = SigningKey(b"node".ljust(32)), SigningKey(b"other".ljust(32))
ANN, BOB = KEYS[1], KEYS[2]
HAS = Account(balance=10, nonce=3)


def promise(**fields: object) -> Promise:
    made = Promise(
        network=bytes(32),
        signal=b"\1" * 32,
        neuron=b"\2" * 32,
        nonce=3,
        tip=10,
        height=7,
        by=9,
        node=NODE.public,
    )
    return msgspec.structs.replace(made, **fields)


def test_a_promise_is_checked_offline() -> None:
    data = promise().sign(NODE)
    assert verify_promise(data) == verify_promise(data, NODE.public) == promise()
    with pytest.raises(ProofError, match="not of"):
        verify_promise(data, OTHER.public)


@pytest.mark.parametrize("at", range(0, 300, 7))
def test_no_byte_of_it_can_be_changed(at: int) -> None:
    data = bytearray(promise().sign(NODE))
    data[at % len(data)] ^= 1
    with pytest.raises(ProofError, match="does not hold"):
        verify_promise(bytes(data))


def test_nobody_signs_for_another_node() -> None:
    with pytest.raises(ProofError, match="cannot sign for node"):
        promise().sign(OTHER)
    body = encode(msgspec.to_builtins(promise(), builtin_types=(bytes,)))
    forged = encode([body, OTHER.sign(PROMISE_DOMAIN, digest(body))])
    with pytest.raises(ProofError, match="not signed by the node"):
        verify_promise(forged)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xa0",
        encode([b"", b""]),
        encode([encode({"by": 1}), bytes(64)]),
        bytes(2_000),
        encode([1, 2]),
        encode([encode([1]), bytes(64)]),
    ],
)
def test_what_is_no_promise_is_told(data: bytes) -> None:
    with pytest.raises(ProofError, match="promise"):
        verify_promise(data)


@pytest.mark.parametrize("fields", [{"nonce": -1}, {"neuron": b"short"}, {"by": 2**63 - 1}])
def test_fields_have_their_sizes(fields: dict[str, object]) -> None:
    signed = encode(msgspec.to_builtins(promise(**fields), builtin_types=(bytes,)))
    data = encode([signed, NODE.sign(PROMISE_DOMAIN, digest(signed))])
    if fields.get("by"):
        assert verify_promise(data).by == 2**63 - 1
    else:
        with pytest.raises(ProofError, match="is not"):
            verify_promise(data)


@pytest.mark.parametrize(
    ("account", "outcome"),
    [
        (HAS, BROKEN),
        # In a block; or another signal of its neuron took the nonce.
        (Account(balance=10, nonce=4), KEPT),
        # Those before it never came: who promised those answers for them.
        (Account(balance=10, nonce=2), KEPT),
        # It could not have paid.
        (Account(balance=9, nonce=3), KEPT),
        # The key was rotated.
        (None, KEPT),
    ],
)
def test_it_is_broken_only_where_it_could_have_been_kept(
    account: Account | None, outcome: str
) -> None:
    assert promise().outcome(9, account) == outcome
    assert promise().outcome(8, account) == OPEN
    with pytest.raises(ProofError, match="judged by the state of block 9"):
        promise().outcome(10, account)


def test_a_block_within_reach_is_promised() -> None:
    signal = Ledger().signed(ANN, ["unstake/1", 1], expires_height=1_000).signal
    assert Promise.of(signal, bytes(32), 0, NODE.public).by == PROMISE_BLOCKS
    assert Promise.of(signal, bytes(32), 900, NODE.public).by == 1_000


def test_headers_and_a_proof_of_the_account_are_the_evidence() -> None:
    """A node promises a signal of ann's, and makes blocks of bob's alone."""
    ledger = Ledger()
    waits = ledger.links(ANN, ("a", "b"))
    data = Promise.of(waits.signal, waits.id, 0, NODE.public).sign(NODE)
    said = msgspec.structs.replace(verify_promise(data), by=2)
    data = said.sign(NODE)
    for name in "cd":
        ledger.block(ledger.links(BOB, ("a", name)))
    key = account_key(ANN.public)
    with ledger.chain.state.at(2) as view:
        value, proof = view.get(key), view.tree.prove(key)
    assert value is not None
    verify_membership(ledger.chain.header(2).state_root, proof, key, value)
    account = read_account({key: value}.get, ANN.public)
    assert verify_promise(data, NODE.public).outcome(2, account) == BROKEN
    honest = Ledger()
    kept = honest.links(ANN, ("a", "b"))
    honest.block(kept)
    honest.block(honest.links(BOB, ("a", "c")))
    with honest.chain.state.at(2) as view:
        account = read_account(view.get, ANN.public)
    assert said.outcome(2, account) == KEPT


def test_the_bytes_are_canonical() -> None:
    body, signature = decode(promise().sign(NODE))
    assert list(decode(body)) == sorted(decode(body), key=lambda name: (len(name), name))
    assert len(signature) == 64
