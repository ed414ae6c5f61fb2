"""The pages of a store, looked at without LMDB: whatever LMDB makes is sound, and damage is found and placed."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

import lmdb
import pytest

from focusmesh.errors import StoreError
from focusmesh.kernel.state import InspectedStore, LmdbStore
from focusmesh.kernel.state.store.lmdb.audit import verify_pages
from focusmesh.kernel.state.store.lmdb.pages import PageFile
from tests.conftest import SOAK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE_BYTES = 4_096
Records = dict[str, list[tuple[bytes, bytes]]]


def audited(folder: Path) -> int:
    """Pages in use; raises StoreError."""
    with PageFile(folder / "data.mdb") as file:
        return verify_pages(file, file.moments()[0])


def opened(folder: Path) -> lmdb.Environment:
    folder.mkdir(exist_ok=True)
    return lmdb.open(str(folder), map_size=1 << 28, max_dbs=8, sync=False)


def moments_of(seed: int, folder: Path) -> Iterator[lmdb.Environment]:
    """An environment after each of its transactions: values small and large, deleted, replaced, tables emptied."""
    draw = random.Random(seed)
    with opened(folder) as environment:
        with environment.begin(write=True) as begun:
            tables = [environment.open_db(b"%d" % at, begun) for at in range(draw.randint(1, 7))]
            begun.put(b"plain", b"record")
        yield environment
        keys = [b"first"]
        for _ in range(draw.randint(3, 20)):
            with environment.begin(write=True) as writing:
                for _ in range(draw.choice((1, 5, 50, 500))):
                    key = draw.choice(keys)
                    if draw.random() < 0.7:
                        key = draw.randbytes(draw.choice((1, 8, 36, 200, 511)))
                        keys.append(key)
                    if draw.random() < 0.3:
                        writing.delete(key, db=draw.choice(tables))
                    value = draw.randbytes(draw.choice((0, 3, 44, 1_000, 2_040, 30_000)))
                    writing.put(key, value, db=draw.choice(tables))
                if draw.random() < 0.1:
                    writing.drop(draw.choice(tables), delete=False)
                if draw.random() < 0.1:
                    writing.abort()
            yield environment


@pytest.mark.parametrize("seed", range(200 if SOAK else 6))
def test_whatever_lmdb_makes_is_sound(seed: int, tmp_path: Path) -> None:
    for number, environment in enumerate(moments_of(seed, tmp_path / "store")):
        used = audited(tmp_path / "store")
        if number % 5 == 0:
            copy = tmp_path / str(number)
            copy.mkdir()
            environment.copy(str(copy), compact=True)
            assert audited(copy) <= used


def test_a_growing_store_with_a_heap_is_sound(tmp_path: Path) -> None:
    store = LmdbStore(tmp_path, map_bytes=1 << 20)
    for number in range(6):
        with store.write() as writer:
            writer.put_many("undo", [(b"%d %d" % (number, at), bytes(200)) for at in range(3_000)])
            writer.put("contents", b"%d" % number, b"text")
        audited(tmp_path)
    store.close()


def small(folder: Path) -> bytes:
    """The file of a store that has every kind of page, and free ones; its last moment is on page 0 or 1."""
    with opened(folder) as environment:
        tables = [environment.open_db(b"%d" % at) for at in range(3)]
        for step in range(3):
            with environment.begin(write=True) as writing:
                for at in range(90):
                    writing.put(b"%03d" % at, b"%d" % step * 90, db=tables[step % 2])
                writing.put(b"large", bytes(6_000), db=tables[2])
        with environment.begin(write=True) as writing:
            for at in range(40):
                writing.delete(b"%03d" % at, db=tables[0])
    return (folder / "data.mdb").read_bytes()


def records(folder: Path) -> Records:
    with lmdb.open(str(folder), readonly=True, max_dbs=8, lock=False) as environment:
        found = {}
        for at in range(3):
            table = environment.open_db(b"%d" % at, create=False)
            with environment.begin() as reading:
                found[str(at)] = [
                    (bytes(key), bytes(value)) for key, value in reading.cursor(table)
                ]
        return found


def written_to(folder: Path) -> Records:
    """The records after some transactions of new pages, of those that were there before."""
    with opened(folder) as environment:
        for step in range(3):
            with environment.begin(write=True) as writing:
                table = environment.open_db(b"new", writing)
                for at in range(8):
                    writing.put(b"%d %d" % (step, at), bytes(3_000), db=table)
    return records(folder)


def with_flipped(whole: bytes, at: int, bits: int) -> bytes:
    return whole[:at] + bytes([whole[at] ^ bits]) + whole[at + 1 :]


def outline(found: Records) -> dict[str, list[int]]:
    """How many records each table has, and how long they are."""
    return {table: [len(key) for key, _ in pairs] for table, pairs in found.items()}


def test_a_flipped_bit_is_found_or_harms_no_structure(tmp_path: Path) -> None:
    """Where the pages are called sound, LMDB reads as many records as before, and goes on writing beside them."""
    whole = small(tmp_path / "small")
    expected = outline(records(tmp_path / "small"))
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    draw, found = random.Random(1), 0
    for at in range(0, len(whole), 7 if SOAK else 307):
        for path in damaged.iterdir():
            path.unlink()
        (damaged / "data.mdb").write_bytes(with_flipped(whole, at, 1 << draw.randrange(8)))
        try:
            audited(damaged)
        except StoreError:
            found += 1
            continue
        assert outline(records(damaged)) == expected
        assert outline(written_to(damaged)) == expected
        audited(damaged)
    assert found


def test_every_bit_of_the_heads_of_pages_is_looked_at(tmp_path: Path) -> None:
    whole = small(tmp_path / "small")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    in_use = [
        number
        for number in range(2, len(whole) // PAGE_BYTES)
        if is_used(whole, number, tmp_path / "probe", "in ")
    ]
    assert len(in_use) >= 8
    for number in in_use:
        for at in (0, 1, 10):  # Its number, and what kind of page it is.
            (damaged / "data.mdb").write_bytes(with_flipped(whole, number * PAGE_BYTES + at, 1))
            with pytest.raises(StoreError, match="is damaged at page"):
                audited(damaged)


@pytest.mark.parametrize("flag", [1, 2, 4, 8])
def test_no_table_is_of_another_kind(flag: int, tmp_path: Path) -> None:
    """By a flag of its head, LMDB would compare keys in another way and not find them, or not open at all."""
    whole = small(tmp_path)
    with PageFile(tmp_path / "data.mdb") as file:
        moment = file.moments()[0]
    tables = moment.tables.root * PAGE_BYTES
    page = whole[tables : tables + PAGE_BYTES]
    head = (
        tables + page.index(b"\x02\0\x01\x000") + 5
    )  # A table's entry: its flag, one byte of key, "0".
    main = moment.transaction % 2 * PAGE_BYTES + 88
    for at in (main, main + 4, head, head + 4):
        (tmp_path / "data.mdb").write_bytes(with_flipped(whole, at, flag))
        with pytest.raises(StoreError, match="cannot be of the kind"):
            audited(tmp_path)


def is_used(whole: bytes, number: int, probe: Path, by: str) -> bool:
    """Whether a page is part of the last moment, by whom: wiped, it is damage then."""
    probe.mkdir(exist_ok=True)
    start, stop = number * PAGE_BYTES, (number + 1) * PAGE_BYTES
    (probe / "data.mdb").write_bytes(whole[:start] + bytes(PAGE_BYTES) + whole[stop:])
    try:
        audited(probe)
    except StoreError as error:
        return by in str(error)
    return False


def free_list_naming_used_pages(whole: bytes, folder: Path) -> bytes:
    """The file with the oldest entry of the list of free pages changed: pages of a table are free by it."""
    used = [
        number
        for number in range(2, len(whole) // PAGE_BYTES)
        if is_used(whole, number, folder / "probe", "in table")
    ]
    with PageFile(folder / "small" / "data.mdb") as file:
        start = file.moments()[0].free.root * PAGE_BYTES
    node = start + int.from_bytes(whole[start + 16 : start + 18], "little")
    numbers = node + 8 + 8 + 8  # Behind the node's head, its key, and the count.
    count = int.from_bytes(whole[numbers - 8 : numbers], "little")
    listed = sorted(used, reverse=True)[:count]
    assert len(listed) == count
    named = b"".join(number.to_bytes(8, "little") for number in listed)
    return whole[:numbers] + named + whole[numbers + len(named) :]


def test_a_damaged_list_of_free_pages_is_found_where_lmdb_destroys_records_by_it(
    tmp_path: Path,
) -> None:
    whole = small(tmp_path / "small")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "data.mdb").write_bytes(free_list_naming_used_pages(whole, tmp_path))
    with pytest.raises(StoreError, match=r"list of free pages, which .*names page \d+, which is"):
        audited(damaged)
    before = records(tmp_path / "small")
    assert records(damaged) == before  # LMDB has noticed nothing …
    with opened(damaged) as environment, environment.begin(write=True) as writing:
        table = environment.open_db(b"new", writing)
        for at in range(8):
            writing.put(b"%d" % at, bytes(3_000), db=table)
    program = (
        f"import lmdb; e = lmdb.open({str(damaged)!r}, readonly=True, max_dbs=8, lock=False)\n"
    )
    program += "for name in (b'0', b'1', b'2'):\n"
    program += "    table = e.open_db(name, create=False)\n"
    program += "    print([(bytes(k).hex(), bytes(v).hex()) for k, v in e.begin().cursor(table)])\n"
    read = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    expected = [
        str([(key.hex(), value.hex()) for key, value in pairs]) for pairs in before.values()
    ]
    assert (
        read.returncode or read.stdout.splitlines() != expected
    )  # … and writes over what is in use.


@pytest.mark.parametrize("size", [0, 100, 4_096, 9_000, 20_000])
def test_a_file_that_was_cut_is_told(size: int, tmp_path: Path) -> None:
    whole = small(tmp_path / "small")
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / "data.mdb").write_bytes(whole[:size])
    with pytest.raises(StoreError, match=r"is damaged at page|was cut short"):
        audited(cut)
    with pytest.raises(StoreError):
        InspectedStore(cut)


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(random.Random(1).randbytes(50_000))
    with pytest.raises(StoreError, match="not the head of a store"):
        InspectedStore(tmp_path)
    with pytest.raises(StoreError, match="there is no ledger"):
        InspectedStore(tmp_path / "nowhere")


def test_a_head_of_an_older_transaction_made_the_last_is_told(tmp_path: Path) -> None:
    """Or LMDB would go back to it: a flipped bit could lose a block that was acknowledged."""
    whole = small(tmp_path)
    with PageFile(tmp_path / "data.mdb") as file:
        older = file.moments()[1].transaction
    place = older % 2 * PAGE_BYTES + 144
    assert int.from_bytes(whole[place : place + 8], "little") == older
    (tmp_path / "data.mdb").write_bytes(with_flipped(whole, place + 1, 16))
    with pytest.raises(StoreError, match="do not follow each other"):
        audited(tmp_path)
