"""A flipped byte in any of our files is found by ``verify`` and placed, or it is where nothing is."""

from __future__ import annotations

import random
import re
import shutil
from contextlib import closing
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

import focusmesh
from focusmesh import Graph
from focusmesh.errors import (
    BlockError,
    DamagedFileError,
    FocusmeshError,
    NewerVersionError,
    SecretError,
    StoreError,
)
from focusmesh.host.storage.archives import export_archive
from focusmesh.host.storage.integrity import verify_archive, verify_key, verify_ledger
from focusmesh.host.storage.ledger_folder import Folder, operations
from focusmesh.kernel.block import Chain
from focusmesh.kernel.state import STORE_FILES, TABLES, InspectedStore, LmdbStore
from focusmesh.protocol.world import SameProcess
from tests.conftest import SOAK
from tests.ledger_fixtures import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey

Records = dict[str, list[tuple[bytes, bytes]]]

PLACES = (
    r"is damaged at page \d+ \(byte [\d,]+\)",
    r"contents\.heap is damaged at (byte )?[\d,]+",
    r"the value of [0-9a-f]{64} in table 'contents'",
    r"record [0-9a-f]+ of table '[a-z]+'",
    r"at height \d+",
    r"the genesis",
    r"the record of the (heap|store's format) is damaged",
    r"contents\.heap has [\d,]+ bytes of",
    r"has store format \d+",
)
"""What a message says of where the damage is."""


@pytest.fixture
def kept(ledger: Path) -> Path:
    """A ledger with links, contents, one of them forgotten, a property, and free pages."""
    with focusmesh.open(ledger) as graph:
        graph.update([("paper", "data", 2), ("data", "author"), ("note", "paper", 3)])
        graph.link("author", "paper", 1, "wrote")
        graph.forget("note")
        graph.link("paper", "author")
    return ledger


def records(folder: Path) -> Records:
    with closing(LmdbStore(folder / "store", readonly=True)) as store, store.read() as reader:
        return {table: list(reader.scan(table)) for table in TABLES}


def flips(size: int, step: int, seed: int = 1) -> Iterator[tuple[int, int]]:
    """Places of a file with the bits that are flipped there."""
    draw = random.Random(seed)
    for at in range(draw.randrange(step), size, step):
        yield at, draw.choice((1 << draw.randrange(8), 1 << draw.randrange(8), 255))


def flipped(whole: bytes, at: int, bits: int) -> bytes:
    return whole[:at] + bytes([whole[at] ^ bits]) + whole[at + 1 :]


def damaged_copy(kept: Path, name: str, content: bytes) -> Path:
    """A ledger with another content of one file."""
    copy = kept.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    (copy / "store").mkdir(parents=True)
    for each in STORE_FILES:
        (copy / "store" / each).write_bytes((kept / "store" / each).read_bytes())
    (copy / "store" / name).write_bytes(content)
    return copy


def said(folder: Path) -> str | None:
    """What ``verify`` says, None where the ledger is valid. No other exception leaves it."""
    try:
        verify_ledger(Folder(folder), SameProcess())
    except (StoreError, BlockError) as error:
        return str(error)
    except NewerVersionError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("name", "step"), [("data.mdb", 97 if SOAK else 2_411), ("contents.heap", 1)]
)
def test_of_a_ledger(kept: Path, name: str, step: int) -> None:
    """Where it is called valid, every record is what it was: the byte was in a free page, or between records."""
    whole, expected = (kept / "store" / name).read_bytes(), records(kept)
    found = 0
    for at, bits in flips(len(whole), step):
        copy = damaged_copy(kept, name, flipped(whole, at, bits))
        message = said(copy)
        if message is None:
            assert records(copy) == expected, (at, bits)
            continue
        found += 1
        assert re.search("|".join(PLACES), message), message
    assert found == len(whole) if name == "contents.heap" else found


def test_of_every_page_in_use(kept: Path) -> None:
    """The kinds of bytes of a page, in all that the last block uses: its head, its list of entries, an entry."""
    whole, expected = (kept / "store" / "data.mdb").read_bytes(), records(kept)
    starts = range(0, len(whole), 4_096)
    for start in starts if SOAK else starts[:: max(1, len(starts) // 8)]:
        for at in (start, start + 11, start + 12, start + 17, start + 4_090):
            copy = damaged_copy(kept, "data.mdb", flipped(whole, at, 1))
            assert said(copy) is not None or records(copy) == expected


@pytest.mark.parametrize("seed", range(200 if SOAK else 8))
def test_of_a_page_that_is_another_one(kept: Path, seed: int) -> None:
    """Zeros, noise, or another page in the place of one: no crash, and nothing else than what is said."""
    draw, whole = random.Random(seed), (kept / "store" / "data.mdb").read_bytes()
    start, other = (draw.randrange(len(whole) // 4_096) * 4_096 for _ in range(2))
    written = draw.choice((bytes(4_096), draw.randbytes(4_096), whole[other : other + 4_096]))
    copy = damaged_copy(kept, "data.mdb", whole[:start] + written + whole[start + 4_096 :])
    assert said(copy) is not None or records(copy) == records(kept)


def test_bytes_where_no_content_is(kept: Path) -> None:
    """What was forgotten is zeros; anything else there is told, be it a text that somebody meant to be gone."""
    store = InspectedStore(kept / "store")
    with closing(store), store.snapshot() as snapshot:
        snapshot.verify_heap(lambda *_: True)
    heap = kept / "store" / "contents.heap"
    whole = heap.read_bytes()
    at = whole.index(bytes(5))
    heap.write_bytes(whole[:at] + b"\0note" + whole[at + 5 :])
    message = said(kept)
    assert message is not None
    assert "there are bytes that belong to no content" in message


def exported(kept: Path) -> bytes:
    with closing(LmdbStore(kept / "store", readonly=True)) as store:
        export_archive(Chain(store, operations()), stream := BytesIO())
    return stream.getvalue()


def test_of_an_exported_chain(kept: Path, tmp_path: Path) -> None:
    whole, path = exported(kept), tmp_path / "kept.chain"
    path.write_bytes(whole)
    assert verify_archive(path, SameProcess()).height == 4
    for at, bits in flips(len(whole), 1 if SOAK else 61):
        path.write_bytes(flipped(whole, at, bits))
        with pytest.raises(FocusmeshError) as damaged:
            verify_archive(path, SameProcess())
        if isinstance(damaged.value, BlockError):
            spans = re.findall(r"\(bytes ([\d,]+) to ([\d,]+)\)", str(damaged.value))
            first, last = (int(text.replace(",", "")) for text in spans[0])
            assert first <= at <= last, (at, str(damaged.value))


@pytest.mark.parametrize("labelled", [False, True])
def test_of_a_graph_file(tmp_path: Path, labelled: bool) -> None:
    columns = (["a", "b", "c"], ["b", "c", "a"], [1, 2, 300])
    graph = Graph.from_edges(*columns, relation=["x", "y", "x"] if labelled else None)
    path = tmp_path / "small.focusmesh"
    graph.save(path)
    whole = path.read_bytes()
    for at, bits in flips(len(whole), 1 if SOAK else 7):
        path.write_bytes(flipped(whole, at, bits))
        with pytest.raises(FocusmeshError) as damaged:
            Graph.open(path, verify=True)
        if isinstance(damaged.value, DamagedFileError) and at > 64 + 96 * 20:
            assert re.search(r"section '|behind the last section", str(damaged.value))


@pytest.mark.usefixtures("ledger")
def test_of_a_key(alice: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "alice.key.json"
    assert verify_key(path, PASSPHRASE) == alice.public
    whole = path.read_bytes()
    for at, bits in flips(len(whole), 1):
        path.write_bytes(flipped(whole, at, bits))
        with pytest.raises(SecretError):
            verify_key(path, PASSPHRASE)
