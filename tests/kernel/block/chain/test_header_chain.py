"""Headers alone: a stranger follows them from the genesis on, also across changes of who may propose."""

from __future__ import annotations

import msgspec
import pytest

from focusmesh.errors import BlockError
from focusmesh.ids import digest
from focusmesh.kernel.block import (
    BLOCK_DOMAIN,
    Header,
    HeaderChain,
    SignedHeader,
    read_signed_headers,
    verify_chain,
)
from focusmesh.kernel.block.chain import header_chain as headers
from focusmesh.kernel.block.chain.rotations import rotation_key
from focusmesh.protocol.codec import encode
from focusmesh.protocol.identity import SigningKey
from tests.kernel.block.chain.test_proposers import NEW, NEWER, made, rotated, rotation
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, Ledger
from tests.kernel.block.snapshot.snapshots import brought

THIEF = SigningKey(digest(b"somebody else"))


def turned() -> Ledger:
    """A ledger whose proposer rotated its key twice: in blocks 1 and 3, of five."""
    ledger, _ = rotated()
    made(ledger, NEW, ledger.links(KEYS[1], ("a", "b")))
    made(ledger, NEW, rotation(ledger, NEW, NEWER))
    made(ledger, NEWER, ledger.links(KEYS[1], ("a", "c")))
    made(ledger, NEWER, ledger.links(KEYS[1], ("a", "d")))
    return ledger


def sealed(header: Header, key: SigningKey, rotation: bytes = b"") -> SignedHeader:
    data = header.encode()
    return SignedHeader(data, key.sign(BLOCK_DOMAIN, digest(data)), rotation)


def refused(chain: HeaderChain, signed: SignedHeader) -> str:
    before = chain.tip, chain.proposers
    with pytest.raises(BlockError) as error:
        chain.add(signed)
    assert (chain.tip, chain.proposers) == before
    return error.value.code


def test_headers_are_followed_across_rotations() -> None:
    ledger = turned()
    chain = HeaderChain(ledger.chain.genesis, REGISTRY)
    assert chain.tip == ledger.chain.header(0)
    for signed in read_signed_headers(ledger.chain, 1, 5):
        assert SignedHeader.decode(signed.encode()) == signed
        chain.add(signed)
        assert bool(signed.rotation) == (chain.tip.height in (2, 4))
    assert (chain.tip, chain.proposers) == (ledger.chain.tip, (NEWER.public,))


def test_they_go_on_from_a_chain() -> None:
    ledger = turned()
    chain = HeaderChain.of(ledger.chain)
    made(ledger, NEWER, rotation(ledger, NEWER, THIEF))
    made(ledger, THIEF, ledger.links(KEYS[1], ("a", "e")))
    for signed in read_signed_headers(ledger.chain, 6, 7):
        chain.add(signed)
    assert chain.tip == ledger.chain.tip


def test_a_header_that_does_not_follow_is_refused() -> None:
    ledger = turned()
    chain = HeaderChain(ledger.chain.genesis, REGISTRY)
    first, second, *_ = read_signed_headers(ledger.chain, 1, 5)
    header = Header.decode(first.header)

    def other(key: SigningKey = PROPOSER, **fields: object) -> SignedHeader:
        return sealed(msgspec.structs.replace(header, **fields), key)

    assert refused(chain, second) == "height"
    assert refused(chain, SignedHeader(first.header, bytes(64))) == "proof"
    assert refused(chain, SignedHeader(first.header + b"\0", first.proof)) == "header"
    assert refused(chain, other(THIEF)) == "proof"
    assert refused(chain, other(THIEF, proposer=THIEF.public)) == "proposer"
    assert refused(chain, other(network=bytes(32))) == "network"
    assert refused(chain, other(parent=bytes(32))) == "parent"
    assert refused(chain, other(time=0)) == "time"
    assert refused(chain, other(params_hash=bytes(32))) == "params-hash"
    assert refused(chain, other(validators_hash=bytes(32))) == "validators-hash"
    chain.add(first)


def test_whoever_takes_over_has_to_prove_it() -> None:
    ledger = turned()
    chain = HeaderChain(ledger.chain.genesis, REGISTRY)
    first, second, third, fourth, _ = read_signed_headers(ledger.chain, 1, 5)
    chain.add(first)
    header = Header.decode(second.header)
    stolen = msgspec.structs.replace(
        header,
        proposer=THIEF.public,
        validators_hash=digest(encode([THIEF.public])),
    )
    assert refused(chain, sealed(header, NEW)) == "proposer"
    assert refused(chain, sealed(stolen, THIEF, second.rotation)) == "proposer"
    assert refused(chain, sealed(stolen, THIEF, b"\1")) == "rotation"
    assert refused(chain, sealed(header, NEW, fourth.rotation)) == "rotation"
    assert refused(chain, sealed(header, NEW, second.rotation + b"\0")) == "rotation"
    assert refused(chain, sealed(header, NEW, bytes(1 << 17))) == "rotation"
    old = msgspec.structs.replace(header, proposer=PROPOSER.public)
    assert refused(chain, sealed(old, PROPOSER, second.rotation)) == "proposer"
    for at in range(0, len(second.rotation), 5):
        wrong = bytearray(second.rotation)
        wrong[at] ^= 1
        assert refused(chain, sealed(header, NEW, bytes(wrong))) in {"rotation", "proposer"}
    chain.add(second)
    chain.add(third)


def test_without_the_proof_a_thief_would_be_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The must-fail twin: who believes what a rotation says follows anybody."""
    ledger = turned()
    chain = HeaderChain(ledger.chain.genesis, REGISTRY)
    first, second, *_ = read_signed_headers(ledger.chain, 1, 5)
    chain.add(first)
    taken = msgspec.structs.replace(
        Header.decode(second.header),
        proposer=THIEF.public,
        validators_hash=digest(encode([THIEF.public])),
    )
    monkeypatch.setattr(headers, "proved_proposers", lambda *_: (THIEF.public,))
    chain.add(sealed(taken, THIEF, b"\1"))
    assert chain.proposers == (THIEF.public,)


def test_bytes_that_are_no_header_are_refused() -> None:
    for data in (b"", b"\x80", encode([b"", b""]), encode([1, b"", b""]), bytes(1 << 18)):
        with pytest.raises(BlockError) as error:
            SignedHeader.decode(data)
        assert error.value.code == "header"


def test_a_chain_that_begins_with_a_snapshot_serves_all_headers() -> None:
    ledger = turned()
    chain = brought(ledger.chain)
    assert read_signed_headers(chain, 0, 5) == read_signed_headers(ledger.chain, 0, 5)
    assert chain.proposers == (NEWER.public,)
    made(ledger, NEWER, rotation(ledger, NEWER, THIEF))
    block = made(ledger, THIEF, ledger.links(KEYS[1], ("a", "e")))
    chain.accept(ledger.chain.block(6))
    chain.accept(block)
    stranger = HeaderChain(chain.genesis, REGISTRY)
    for signed in read_signed_headers(chain, 1, 7):
        stranger.add(signed)
    assert stranger.tip == ledger.chain.tip


def test_a_snapshot_of_the_block_that_rotates_keeps_the_proof_for_the_next() -> None:
    ledger, _ = rotated()
    chain = brought(ledger.chain)
    assert chain.proposers == (NEW.public,)
    chain.accept(made(ledger, NEW, ledger.links(KEYS[1], ("a", "b"))))
    assert read_signed_headers(chain, 0, 2) == read_signed_headers(ledger.chain, 0, 2)


def test_a_ledger_of_before_there_were_proofs_says_so_and_is_valid() -> None:
    ledger = turned()
    with ledger.store.write() as writer:
        writer.delete_many("proofs", [rotation_key(2), rotation_key(4)])
    assert verify_chain(ledger.store, REGISTRY).height == 5
    assert len(read_signed_headers(ledger.chain, 0, 1)) == 2
    with pytest.raises(BlockError, match="import the chain instead") as error:
        read_signed_headers(ledger.chain, 1, 2)
    assert error.value.code == "rotation"
