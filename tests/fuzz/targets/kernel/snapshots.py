"""What a node that begins gets from strangers: signed headers, manifests, pages. Nothing false is taken in."""

from __future__ import annotations

from functools import cache

from focusmesh.errors import BlockError, CodecError, ProofError
from focusmesh.kernel.block import (
    Header,
    HeaderChain,
    SignedHeader,
    SnapshotRestore,
    Snapshots,
    read_signed_headers,
)
from focusmesh.kernel.block.snapshot.manifest import Manifest, ManifestPages
from focusmesh.kernel.state import MemoryStore, pack
from focusmesh.protocol.codec import Value, decode, encode
from focusmesh.protocol.compression import decompress
from tests.fuzz.target import Structure, Target
from tests.kernel.block.chain.test_proposers import NEW, made, rotated
from tests.kernel.block.ledger import KEYS, REGISTRY, Ledger

_HEADER, _PAGE, _MANIFEST = 3, 2, 6


@cache
def _ledger() -> Ledger:
    """Two blocks: the first rotates the proposer's key, the second links."""
    ledger, _ = rotated()
    made(ledger, NEW, ledger.links(KEYS[1], *(("hub", number) for number in range(40))))
    return ledger


@cache
def begun() -> tuple[SnapshotRestore, int, bytes]:
    """A store that waits for its page of leaves; the number of that, and the page."""
    chain = _ledger().chain
    with Snapshots(chain) as snapshots:
        restoring = SnapshotRestore(MemoryStore(), chain.genesis, REGISTRY)
        restoring.add_headers(read_signed_headers(chain, 1, 2))
        restoring.begin(snapshots.manifest)
        for number in restoring.missing():
            restoring.take(number, snapshots.page(number))
        (number,) = restoring.missing()
        return restoring, number, snapshots.page(number)


def root() -> bytes:
    """The hash of that page."""
    return _ledger().chain.tip.state_root


def check(data: bytes) -> bool:
    """A signed header, a manifest, or what is in a page of leaves, as dag-cbor."""
    try:
        parts = decode(data)
        if not isinstance(parts, list):
            return False
        if len(parts) == _PAGE:
            return _page(parts)
        return _manifest(data) if len(parts) == _MANIFEST else _header(data)
    except (BlockError, CodecError, ProofError):
        return False


def _page(parts: list[Value]) -> bool:
    restoring, number, page = begun()
    sent = pack(parts)
    if sent != page:
        restoring.take(number, sent)
        raise AssertionError("a page that is not the state's was taken")
    return True


def _manifest(data: bytes) -> bool:
    manifest = Manifest.decode(data)
    assert manifest.encode() == data
    ManifestPages(manifest, _ledger().chain.tip)
    return True


def _header(data: bytes) -> bool:
    signed = SignedHeader.decode(data)
    assert signed.encode() == data
    chain = HeaderChain(_ledger().chain.genesis, REGISTRY)
    first, second = read_signed_headers(_ledger().chain, 1, 2)
    if Header.decode(signed.header).height > 1:
        chain.add(first)
    chain.add(signed)
    assert signed in (first, second)
    return True


def seeds() -> list[bytes]:
    with Snapshots(_ledger().chain) as snapshots:
        manifest = snapshots.manifest
    page = decompress(begun()[2], 1 << 20)
    headers = [signed.encode() for signed in read_signed_headers(_ledger().chain, 1, 2)]
    return [manifest, page, *headers]


TARGET = Target(check, seeds, Structure(decode, encode))
