"""A grid in a folder: another process, a killed one, a foreign file, a read-only place, a flipped byte anywhere."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from focusmesh.apps.grid import History, Run, verify_history
from focusmesh.errors import FileError, FocusmeshError, GridError, StoreBusyError, StoreError
from focusmesh.host.persistence import open_store
from tests.host.persistence.servers import SECONDS
from tests.host.persistence.test_postgres import WRITER

if TYPE_CHECKING:
    from pathlib import Path


def kept(folder: Path) -> dict[str, object]:
    """All that a store says, as plain values."""
    with closing(open_store(folder)) as store, store.read() as reader:
        heights = range((reader.height("a") or 0) + 1)
        return {
            "commits": reader.commits("a"),
            "states": [list(reader.tiles("a", height)) for height in heights],
            "changed": [list(reader.tiles_written("a", height)) for height in heights],
            "records": reader.records("model"),
            "runs": reader.runs(),
            "floor": reader.floor("a"),
        }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with a few commits."""
    with closing(open_store(tmp_path / "grid", create=True)) as store:
        history = History.create(store, "a", (64, 64, 64), 0)
        array = history.array()
        for number in range(4):
            array.set(number, 0, 0, number / 4)
            array.set(40, 40, number, number / 4)
            records = {("model", "m"): b"bytes" * 40}
            runs = [Run(f"{number}", "i", "process", number, request=b"what was asked" * 9)]
            history.commit(array, f"{number}", number, records=records, runs=runs)
    return tmp_path / "grid"


def test_what_is_not_there_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"grid create"):
        open_store(tmp_path / "grid")
    assert not (tmp_path / "grid").exists()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreError):
        open_store(tmp_path / "file", create=True)


def test_a_foreign_file_is_refused(folder: Path) -> None:
    (folder / "grid.sqlite").write_bytes(b"something else " * 100)
    with pytest.raises(GridError) as raised:
        open_store(folder)
    assert raised.value.code == "damaged"


def test_tables_of_another_version_are_refused(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "grid.sqlite")) as database, database:
        database.execute("UPDATE about SET value = '2'")
    with pytest.raises(GridError) as raised:
        open_store(folder)
    assert raised.value.code == "schema"


def test_another_process_is_refused_while_one_has_the_grid(folder: Path) -> None:
    code = (
        "import sys; from focusmesh.apps.grid import History;"
        "from focusmesh.host.persistence import open_store;"
        "History.open(open_store(sys.argv[1]), 'a'); print('has it', flush=True); sys.stdin.read()"
    )
    with (
        subprocess.Popen(
            [sys.executable, "-c", code, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as other,
        closing(open_store(folder)) as store,
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == "has it\n"
        with pytest.raises(StoreBusyError, match=f"process {other.pid} has the grid"):
            History.open(store, "a")
        # Whoever reads is not kept from it.
        assert verify_history(store, "a").is_valid
        other.kill()
        other.wait(SECONDS)
        assert History.open(store, "a").height == 4


def test_a_writer_that_is_killed_leaves_whole_commits(tmp_path: Path) -> None:
    open_store(tmp_path / "grid", create=True).close()
    for wait_seconds in (0.0, 0.004, 0.009):
        place = tmp_path / f"grid-{wait_seconds}"
        open_store(place, create=True).close()
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, place], stdout=subprocess.PIPE, text=True
        ) as writing:
            assert writing.stdout is not None
            for _ in range(3):
                writing.stdout.readline()
            time.sleep(wait_seconds)
            writing.kill()
            acknowledged = int((writing.stdout.read().split() or ["3"])[-1])
        with closing(open_store(place)) as store:
            assert History.open(store, "killed").height in (acknowledged, acknowledged + 1)
            assert verify_history(store, "killed").is_valid


def test_a_full_disk_leaves_what_there_was(folder: Path) -> None:
    with closing(open_store(folder)) as store:
        history = History.open(store, "a")
        with closing(sqlite3.connect(folder / "grid.sqlite")) as database:
            (pages,) = database.execute("PRAGMA page_count").fetchone()
        connection = store._connection._connection  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        array = history.array()
        array.activate_box((0, 0, 0), (64, 64, 8))
        with pytest.raises(StoreError, match="full"):
            history.commit(array, "too much", 9)
        assert verify_history(store, "a").height == 4
        assert history.commit(array, "fits now", 9).height == 5
        assert verify_history(store, "a").is_valid


def test_a_place_that_cannot_be_written_says_so(folder: Path) -> None:
    file = folder / "grid.sqlite"
    file.chmod(0o444)
    folder.chmod(0o555)
    try:
        if os.access(file, os.W_OK):
            # Root may write anywhere: a folder that is none of a grid stands for it.
            with pytest.raises(StoreError):
                open_store(file, create=True)
            return
        with pytest.raises(FocusmeshError):
            History.open(open_store(folder), "a")
    finally:
        folder.chmod(0o755)
        file.chmod(0o644)


def test_a_flipped_byte_anywhere_is_found_or_changes_nothing(folder: Path) -> None:
    """Where all is called valid, all that the store says is as it was."""
    file = folder / "grid.sqlite"
    whole, said = file.read_bytes(), kept(folder)
    found = unharmed = 0
    for place in range(0, len(whole), 97):
        for name in folder.iterdir():
            if name.name.startswith("grid.sqlite"):
                name.unlink()
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            with closing(open_store(folder)) as store:
                valid = verify_history(store, "a").is_valid
        except FocusmeshError:
            valid = False
        if valid:
            assert kept(folder) == said, place
            unharmed += 1
        else:
            found += 1
    assert found > 30
    assert unharmed > 0
