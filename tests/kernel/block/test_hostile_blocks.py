"""What a proposer may sign that has another form, and signals that nobody may take: refused, each with a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import BlockError
from focusmesh.ids import digest
from focusmesh.kernel.block import BLOCK_DOMAIN, Block, Header, Outcome
from focusmesh.kernel.block.body import join_streams
from focusmesh.kernel.block.signal_order import order_signals, signals_root
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.compression import compress, decompress
from focusmesh.protocol.identity import SIGNATURE_BYTES
from focusmesh.protocol.signal import SIGNAL_DOMAIN, parse
from tests.kernel.block.ledger import (
    KEYS,
    PROPOSER,
    Ledger,
    body_of,
    particle,
    root_of,
    sealed,
    with_header,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.protocol.signal import SignedSignal

ANN, BOB = KEYS[1], KEYS[2]
OTHER = digest(b"something else")
OUT_OF_TURN = b"\x00" * 9


def begun() -> tuple[Ledger, Block, list[SignedSignal]]:
    """A node after one block, the right second block, and its signals."""
    ledger = Ledger()
    node = ledger.twin()
    node.chain.accept(
        ledger.block(ledger.links(ANN, ("a", "b"), ("b", "c")), ledger.links(BOB, ("b", "a")))
    )
    signals = [ledger.links(ANN, ("c", "a")), ledger.links(BOB, ("a", "c"), ("c", "b"))]
    block = ledger.block(*signals)
    node.nonces = {ANN: 1, BOB: 1}
    return node, block, signals


NODE, RIGHT, SIGNALS = begun()
"""The node refuses everything that is tried on it here, so it stays where it is."""
FOCUS = body_of(RIGHT).focus


def refused(block: Block, node: Ledger = NODE) -> str:
    before = node.chain.tip, node.chain.state.root, node.chain.focus.vector.tobytes()
    with pytest.raises(BlockError) as caught:
        node.chain.accept(block)
    after = node.chain.tip, node.chain.state.root, node.chain.focus.vector.tobytes()
    assert after == before
    return caught.value.code


def rewritten(change: Callable[[list[Any]], Any], focus: bytes = FOCUS) -> Block:
    """The right block with the array of its signals and results changed in any way, or another focus."""
    length = int.from_bytes(RIGHT.body[:4], "big")
    carried = decode(decompress(RIGHT.body[4 : 4 + length], 1 << 28))
    return with_data(join_streams(compress(encode(change(carried))), focus))


def with_data(data: bytes) -> Block:
    return sealed(msgspec.structs.replace(RIGHT.header, data_root=root_of(data)), data)


def with_signals(signals: Sequence[SignedSignal]) -> Block:
    """Other signals, in the order they have to have, all said to have been done; roots are right."""
    listed = order_signals(RIGHT.header.parent, signals)
    body = msgspec.structs.replace(
        body_of(RIGHT),
        signals=tuple(each.wire for each in listed),
        results=(Outcome("ok", 0),) * len(listed),
    )
    data = body.encode()
    header = msgspec.structs.replace(
        RIGHT.header, data_root=root_of(data), signals_root=signals_root(listed)
    )
    return sealed(header, data)


def test_the_truth_is_accepted_after_lies() -> None:
    node, right, _ = begun()
    for lie in (with_signals(SIGNALS[:1]), with_header(right, state_root=OTHER), with_data(b"")):
        refused(lie, node)
    node.chain.accept(right)
    assert node.chain.tip == right.header
    assert refused(right, node) == "height"


@pytest.mark.parametrize(
    "change",
    [
        {"extra": ""},  # base64 of nothing
        {"parent": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        {"unknown": 1},
        {"height": True},
        {"version": 1.0},
        {"version": 2},
        {"extra": b"x"},
        {"time": -1},
        {"parent": bytes(31)},
        {"focus_certificate": []},
    ],
)
def test_headers_of_another_form(change: dict[str, Any]) -> None:
    """Whoever passes a header on cannot give it other bytes than those that were signed."""
    with pytest.raises(BlockError) as caught:
        Header.decode(encode(decode(RIGHT.header_bytes) | change))
    assert caught.value.code == "header"


def test_a_long_header_is_not_read() -> None:
    """Nested arrays take far more memory than bytes, and nobody has signed them yet."""
    with pytest.raises(BlockError, match="at most 8192"):
        Header.decode(encode(decode(RIGHT.header_bytes) | {"extra": bytes(8_192)}))


def test_bytes_beside_the_header_are_its_own() -> None:
    with pytest.raises(BlockError) as caught:
        Header.decode(RIGHT.header_bytes + b"\0")
    assert caught.value.code == "header"
    assert refused(Block(RIGHT.header, b"others", RIGHT.proof, RIGHT.body)) == "header"


def test_proofs_made_for_something_else() -> None:
    header, data = RIGHT.header, RIGHT.header_bytes
    as_signal = PROPOSER.sign(SIGNAL_DOMAIN, digest(data))
    of_parent = PROPOSER.sign(BLOCK_DOMAIN, header.parent)
    for proof in (b"", bytes(64), as_signal, of_parent, RIGHT.proof + b"\0", RIGHT.proof[:-1]):
        assert refused(Block(header, data, proof, RIGHT.body)) == "proof"


@pytest.mark.parametrize(
    ("operation", "head"),
    [
        (None, {"network": OTHER}),
        (None, {"nonce": 0}),
        (None, {"nonce": 2}),
        (None, {"nonce": 2**63 - 1}),
        (None, {"expires_height": 1}),
        (None, {"tip": 10_001}),
        (["link/2", particle(1), particle(2), b"", 5], {}),
        (["link/1", particle(1), particle(2), b"", 5, 5], {}),
        (["link/1", particle(1), particle(2), b""], {}),
        (["link/1", particle(1), particle(2), b"", True], {}),
        (["link/1", particle(1), particle(2), b"", 0], {}),
        (["link/1", particle(1), particle(2), b"", 2**63], {}),
        (["link/1", particle(1), particle(2), bytes(32), 5], {}),
        (["link/1", particle(1), particle(1), b"", 5], {}),
        (["link/1", particle(1), "QQ==" * 11, b"", 5], {}),
        (["unlink/1", particle(1), particle(2), b"short"], {}),
        (["forget/1", particle(1), bytes(95)], {}),
        (["put_blob/1", particle(1), 0], {}),
        (["transfer/1", particle(1)[:31], 5], {}),
        (["transfer/1", particle(1), -5], {}),
    ],
)
def test_signals_that_may_be_in_no_block(operation: list[Any] | None, head: dict[str, Any]) -> None:
    fine = ["link/1", particle(1), particle(2), b"", 5]
    bad = NODE.signed(BOB, operation or fine, **({"nonce": 1} | head))
    assert refused(with_signals([SIGNALS[0], bad])) == "signal"


def test_two_signals_of_one_nonce() -> None:
    """However both are ordered, one of them does not come after the other."""
    rivals = [NODE.signed(BOB, ["transfer/1", particle(to), 8_000], nonce=1) for to in (1, 2)]
    assert refused(with_signals(rivals)) == "order"


def test_a_signal_of_another_form() -> None:
    body = SIGNALS[0].wire[SIGNATURE_BYTES:]
    longer = body.replace(b"\x63tip\x00", b"\x63tip\x18\x00")
    assert longer != body
    lie = ANN.sign(SIGNAL_DOMAIN, digest(longer)) + longer
    assert refused(rewritten(lambda carried: [[lie, lie], carried[1]])) == "signal"


def test_signatures_of_others_or_for_something_else() -> None:
    right = SIGNALS[1]
    for signature in (
        bytes(64),
        SIGNALS[0].signature,
        ANN.sign(SIGNAL_DOMAIN, right.id),
        BOB.sign(BLOCK_DOMAIN, right.id),
    ):
        wrong = parse(signature + right.wire[SIGNATURE_BYTES:])
        assert refused(with_signals([SIGNALS[0], wrong])) == "signature"


@pytest.mark.parametrize(
    "change",
    [
        lambda carried: [*carried, b""],
        lambda carried: carried[:1],
        lambda carried: {"signals": carried[0], "results": carried[1]},
        lambda carried: [[*carried[0][1:], "text"], carried[1]],
        lambda carried: [carried[0], [["ok", 0.0], *carried[1][1:]]],
        lambda carried: [carried[0], [["ok", 0, 0], *carried[1][1:]]],
        lambda carried: [carried[0], [[b"ok", 0], *carried[1][1:]]],
        lambda carried: [carried[0], carried[1][1:]],
        lambda carried: [],
        lambda carried: None,
    ],
)
def test_bodies_of_another_form(change: Callable[[list[Any]], Any]) -> None:
    assert refused(rewritten(change)) == "body"


def test_bodies_that_are_no_stream() -> None:
    for data in (b"", b"\0", RIGHT.body[:-1], RIGHT.body + b"\0", compress(b"\xff"), compress(b"")):
        assert refused(with_data(data)) == "body"


@given(focus=st.binary(max_size=80) | st.binary(max_size=6).map(lambda end: FOCUS[:-3] + end))
def test_any_bytes_as_differences_of_the_vector(focus: bytes) -> None:
    if focus != FOCUS:
        code = refused(rewritten(lambda carried: carried, focus))
        assert code.startswith("focus")


def test_differences_out_of_turn() -> None:
    ledger = Ledger(focus_interval=2)
    node = ledger.twin()
    block = ledger.block(ledger.links(ANN, ("a", "b")))
    body = body_of(block)
    assert body.focus == b""
    data = msgspec.structs.replace(body, focus=OUT_OF_TURN).encode()
    header = msgspec.structs.replace(block.header, data_root=root_of(data))
    with pytest.raises(BlockError) as caught:
        node.chain.accept(sealed(header, data))
    assert caught.value.code == "focus-delta"
    node.chain.accept(block)
    assert node.chain.state.root == ledger.chain.state.root
