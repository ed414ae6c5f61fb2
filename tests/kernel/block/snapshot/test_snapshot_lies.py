"""Whoever sends what is not the state finds nobody who takes it: manifests and pages that lie."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import FocusmeshError, InputError, ProofError
from focusmesh.kernel.block import SnapshotRestore, Snapshots, read_signed_headers
from focusmesh.kernel.block.snapshot.manifest import LongRow, Manifest
from focusmesh.kernel.state import TABLES, MemoryStore, pack
from focusmesh.protocol.codec import decode
from focusmesh.protocol.compression import decompress
from tests.kernel.block.ledger import REGISTRY
from tests.kernel.block.snapshot.snapshots import begun, linked, small_pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.state import Store


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch)


def everything(store: Store) -> dict[str, dict[bytes, bytes]]:
    with store.read() as reader:
        return {table: dict(reader.scan(table)) for table in TABLES}


def test_a_false_page_changes_nothing() -> None:
    ledger = linked()
    other = linked(hub=121).chain
    store = MemoryStore()
    chosen = random.Random(3)
    with Snapshots(ledger.chain) as snapshots, Snapshots(other) as foreign:
        restoring = begun(ledger.chain, snapshots, store)
        while missing := restoring.missing():
            for number in missing:
                page = snapshots.page(number)
                before = everything(store)
                hostile = [
                    b"",
                    page[:-1],
                    page + b"\0",
                    foreign.page(min(number, len(foreign) - 1)),
                    snapshots.page((number + 1) % len(snapshots)),
                    *(_flipped(page, chosen.randrange(len(page))) for _ in range(4)),
                ]
                for wrong in hostile:
                    if wrong == page:
                        continue
                    with pytest.raises(ProofError):
                        restoring.take(number, wrong)
                    assert everything(store) == before
                restoring.take(number, page)
                restoring.take(number, b"taken already")
        body = ledger.chain.block(snapshots.height).body
        assert restoring.finish(body).tip == ledger.chain.tip


def _flipped(page: bytes, at: int) -> bytes:
    return page[:at] + bytes([page[at] ^ 1]) + page[at + 1 :]


def test_a_page_out_of_its_turn_is_refused() -> None:
    ledger = linked()
    with Snapshots(ledger.chain) as snapshots:
        restoring = begun(ledger.chain, snapshots, MemoryStore())
        for number in (-1, len(snapshots) - 1, 10_000, snapshots._pages.first_leaves):
            with pytest.raises(ProofError, match="not to be taken now"):
                restoring.take(number, b"")
        with pytest.raises(ProofError, match="there is no page"):
            snapshots.page(len(snapshots))
        with pytest.raises(InputError, match="pages of the snapshot are missing"):
            restoring.finish(b"")


def test_a_page_has_one_form() -> None:
    """Names that no link uses would stay in the store of whoever takes them in."""
    ledger = linked()
    with Snapshots(ledger.chain) as snapshots:
        restoring = begun(ledger.chain, snapshots, MemoryStore())
        for number in restoring.missing():
            restoring.take(number, snapshots.page(number))
        pages = snapshots._pages
        span = range(pages.first_leaves, pages.first_part)
        number = next(at for at in span if len(_content(snapshots.page(at))[1]) > 1)
        links, entries = _content(snapshots.page(number))
        for at in (3, 5):
            more = [*links[:at], links[at] + b"\xff" * 32, *links[at + 1 :]]
            with pytest.raises(ProofError, match="does not use"):
                restoring.take(number, pack([more, entries]))
        with pytest.raises(ProofError, match="do not ascend"):
            restoring.take(number, pack([links, entries[::-1]]))
        restoring.take(number, pack([links, entries]))


def _content(page: bytes) -> list[Any]:
    content: list[Any] = decode(decompress(page, 1 << 22))
    return content


def test_every_flipped_byte_of_a_manifest_is_refused() -> None:
    ledger = linked()
    store = MemoryStore()
    with Snapshots(ledger.chain) as snapshots:
        restoring = SnapshotRestore(store, ledger.chain.genesis, REGISTRY)
        restoring.add_headers(read_signed_headers(ledger.chain, 1, snapshots.height))
        before = everything(store)
        for at in range(0, len(snapshots.manifest), 7):
            with pytest.raises(FocusmeshError):
                restoring.begin(_flipped(snapshots.manifest, at))
        assert everything(store) == before
        assert restoring.height is None


HOSTILE: dict[str, Callable[[Manifest], dict[str, object]]] = {
    "a page of particles less": lambda good: {"particles": good.particles[:-32]},
    "particles in another order": lambda good: {
        "particles": good.particles[32:64] + good.particles[:32] + good.particles[64:]
    },
    "other values": lambda good: {"values": bytes(len(good.values))},
    "a subtree less": lambda good: {"state": good.state[:-33]},
    "a subtree more": lambda good: {"state": good.state + good.state[:33]},
    "a subtree said to be empty": lambda good: {
        "state": good.state[:1] + bytes(32) + good.state[33:]
    },
    "no subtree": lambda good: {"state": b""},
    "a part less": lambda good: {
        "rows": (LongRow(*_fields(good.rows[0])[:3], good.rows[0].parts[:-34]),)
    },
    "no part": lambda good: {"rows": (LongRow(*_fields(good.rows[0])[:3], b""),)},
    "a row of another value": lambda good: {
        "rows": (LongRow(good.rows[0].source, bytes(88), good.rows[0].proof, good.rows[0].parts),)
    },
    "a row of another particle": lambda good: {
        "rows": (LongRow(bytes(32), *_fields(good.rows[0])[1:]),)
    },
    "another version": lambda _: {"version": 2},
}


def _fields(row: LongRow) -> tuple[bytes, bytes, bytes, bytes]:
    return row.source, row.value, row.proof, row.parts


@pytest.mark.parametrize("what", HOSTILE)
def test_a_false_manifest_is_refused(what: str) -> None:
    ledger = linked()
    with Snapshots(ledger.chain) as snapshots:
        good = Manifest.decode(snapshots.manifest)
        fields = {name: getattr(good, name) for name in good.__struct_fields__}
        restoring = SnapshotRestore(MemoryStore(), ledger.chain.genesis, REGISTRY)
        restoring.add_headers(read_signed_headers(ledger.chain, 1, snapshots.height))
        with pytest.raises(ProofError):
            restoring.begin(Manifest(**(fields | HOSTILE[what](good))).encode())
        restoring.begin(snapshots.manifest)


def test_a_manifest_of_no_header_here_is_refused() -> None:
    ledger = linked()
    with Snapshots(ledger.chain) as snapshots:
        restoring = SnapshotRestore(MemoryStore(), ledger.chain.genesis, REGISTRY)
        restoring.add_headers(read_signed_headers(ledger.chain, 1, snapshots.height - 1))
        with pytest.raises(ProofError, match="not among the headers"):
            restoring.begin(snapshots.manifest)
