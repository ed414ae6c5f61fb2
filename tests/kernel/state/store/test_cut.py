"""Files that were cut short, emptied or overwritten give an error; without the check, reading them ends the process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import StoreError
from focusmesh.kernel.state import LmdbStore
from focusmesh.kernel.state.store.lmdb.pages import PageFile

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.kernel.state import Reader

PAGE_BYTES = 4_096
OPENED = """
import json, os, sys
from pathlib import Path
from focusmesh.errors import StoreError
from focusmesh.kernel.state import TABLES, LmdbStore
folder, name, lengths, before = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]
exec(before)
for length in lengths:
    for readonly in (True, False):
        os.truncate(folder / name, length)
        try:
            store = LmdbStore(folder, readonly=readonly)
            try:
                with store.read() as reader:
                    found = sum(len(value) for table in TABLES for _, value in reader.scan(table))
            finally: store.close()
            print(json.dumps(found), flush=True)
        except StoreError as error: print(json.dumps(str(error)), flush=True)
"""
UNCHECKED = """
import focusmesh.kernel.state.store.lmdb.lmdb_store as store
store.verify_heads = store.verify_length = lambda path: None
"""


def filled(folder: Path) -> int:
    """A store of some hundred pages; the bytes of all values."""
    store = LmdbStore(folder)
    for block in range(6):
        with store.write() as writer:
            for table in ("rows", "contents", "bodies"):
                random = Random(block)
                pairs = [
                    (b"%04d" % (block * 40 + n), random.randbytes(n * 97 % 5_000 + 1))
                    for n in range(60)
                ]
                writer.put_many(table, pairs)
    with store.read() as reader:
        total = total_bytes(reader)
    store.close()
    return total


def total_bytes(reader: Reader) -> int:
    """The bytes of the values of the tables that are filled."""
    return sum(
        len(value) for table in ("rows", "contents", "bodies") for _, value in reader.scan(table)
    )


def opened(folder: Path, name: str, lengths: list[int], before: str = "") -> tuple[list[Any], int]:
    """What opening and reading gave at each length, to read and then to write; how the process ended."""
    command = [sys.executable, "-c", OPENED, str(folder), name, json.dumps(lengths), before]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def lengths(size: int) -> list[int]:
    """Descending, so that each is a cut: at every few pages, and inside of pages."""
    pages = list(range(0, size // PAGE_BYTES, 3))
    return sorted({at * PAGE_BYTES + more for at in pages for more in (0, 1, 2_000)}, reverse=True)


def test_a_file_that_was_cut_short_is_an_error_whatever_its_length(tmp_path: Path) -> None:
    filled(tmp_path)
    at = lengths((tmp_path / "data.mdb").stat().st_size)
    answers, code = opened(tmp_path, "data.mdb", at)
    assert code == 0
    assert len(answers) == 2 * len(at)
    assert [each for each in answers if not isinstance(each, str)] == []
    assert {"data.mdb" in each for each in answers} == {True}
    assert all("restore a backup" in each for each in answers)


def test_without_the_check_the_process_ends(tmp_path: Path) -> None:
    filled(tmp_path)
    at = [(tmp_path / "data.mdb").stat().st_size // 2]
    answers, code = opened(tmp_path, "data.mdb", at, UNCHECKED)
    assert (answers, code) == ([], -signal.SIGBUS)


def test_a_heap_that_was_cut_short_is_an_error(tmp_path: Path) -> None:
    filled(tmp_path)
    size = (tmp_path / "contents.heap").stat().st_size
    answers, code = opened(tmp_path, "contents.heap", [size - 1, size // 2, 1, 0])
    assert code == 0
    assert len(answers) == 8
    assert all("contents.heap has" in each and "cut short" in each for each in answers)
    (tmp_path / "contents.heap").unlink()
    for readonly in (True, False):
        with pytest.raises(StoreError, match=r"contents\.heap has 0 bytes of .*taken away"):
            LmdbStore(tmp_path, readonly=readonly)


@pytest.mark.parametrize("size", [1, 4_095, 4_096, 100_000])
def test_garbage_is_an_error(tmp_path: Path, size: int) -> None:
    (tmp_path / "data.mdb").write_bytes(Random(size).randbytes(size))
    for readonly in (True, False):
        with pytest.raises(StoreError, match=r"data\.mdb"):
            LmdbStore(tmp_path, readonly=readonly)


def test_an_empty_file_is_not_taken_for_a_new_store(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").touch()
    with pytest.raises(StoreError, match=r"data\.mdb"):
        LmdbStore(tmp_path)
    assert (tmp_path / "data.mdb").stat().st_size == 0


def test_free_pages_that_were_never_written_are_not_missed(tmp_path: Path) -> None:
    """A transaction takes pages at the end and gives them back: the file is shorter than its last page."""
    random = Random(1)
    for _ in range(600):
        before = changed(tmp_path, random)
        with PageFile(tmp_path / "data.mdb") as file:
            is_short = not file.has_all(file.moments()[0])
        store = LmdbStore(tmp_path, readonly=True)
        with store.read() as reader:
            assert total_bytes(reader) == before
        store.close()
        if is_short:
            return
    raise AssertionError("no file was shorter than its last page")


def changed(folder: Path, random: Random) -> int:
    """A few records more and less, in one transaction; the bytes of all values."""
    store = LmdbStore(folder)
    with store.write() as writer:
        for _ in range(random.randrange(1, 60)):
            table, key = random.choice(("rows", "bodies")), bytes([random.randrange(60)])
            if random.random() < 0.6:
                size = random.randrange(random.choice((50, 2_000, 20_000)))
                writer.put(table, key, bytes(size))
            else:
                writer.delete_many(table, [key])
    with store.read() as reader:
        total = total_bytes(reader)
    store.close()
    return total
