"""Mutated databases and columns, 300 a format: an error that names the file, told bad rows, or a graph that holds.

The libraries that read them keep their promises too: none ends the process, or writes beside the file.
"""

from __future__ import annotations

import sqlite3
from random import Random
from typing import TYPE_CHECKING

import pytest

from focusmesh.engine.importers import read_links
from focusmesh.errors import FocusmeshError
from tests.engine.importers.files import links_of
from tests.engine.importers.samples import sqlite_file
from tests.engine.importers.test_mutated_peers import mutated

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Measured, Needs

ROWS = [("source", "target", "weight"), ("ada", "bob", 1.5), ("bob", "cem", 2), ("ü", 7, 0.25)]
MUTANTS = 300


def whole_file(kind: str, path: Path, needs: Needs) -> bytes:
    """A whole file of a kind."""
    if kind == "sqlite":
        return sqlite_file()
    if kind == "duckdb":
        connection = needs("duckdb").connect(str(path))
        connection.execute("CREATE TABLE links AS SELECT i, i + 1 AS j FROM range(1000) AS t(i)")
        connection.close()
    else:
        needs("arro3.io")
        columns = dict(
            zip(
                ROWS[0],
                zip(*((str(a), str(b), w) for a, b, w in ROWS[1:]), strict=True),
                strict=True,
            )
        )
        needs("pyarrow.parquet").write_table(needs("pyarrow").table(columns), path)
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "parquet"])
def test_never_a_broken_graph(tmp_path: Path, needs: Needs, measured: Measured, kind: str) -> None:
    path, random = tmp_path / f"a.{kind}", Random(29)
    whole = whole_file(kind, path, needs)
    told = 0
    for _ in range(MUTANTS):
        data = flipped(whole, random) if kind == "duckdb" else mutated(whole, random)
        path.write_bytes(data)
        try:
            columns, report = read_links(path)
        except FocusmeshError as error:
            assert str(path) in str(error)  # noqa: PT017
            told += 1
            continue
        columns.verify()
        # One row of the whole database is bad already.
        told += report.bad_count > (kind == "sqlite")
        assert all(bad.line >= 1 for bad in report.bad)
    measured(f"{kind}: {told} told of {MUTANTS}")
    assert told >= MUTANTS // 10
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def flipped(data: bytes, random: Random) -> bytes:
    """``data`` with a few bytes changed in place, as a disk would change them."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 2, 8))):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def test_what_sqlite_reads_is_what_is_read(tmp_path: Path) -> None:
    path, random, compared = tmp_path / "a.sqlite", Random(7), 0
    for _ in range(300):
        path.write_bytes(flipped(sqlite_file(), random))
        try:
            columns, _ = read_links(path, table="links")
        except FocusmeshError:
            continue
        with sqlite3.connect(path) as connection:
            rows = connection.execute("SELECT source, target FROM links").fetchall()
        connection.close()
        names = {str(end) for row in rows for end in row}
        assert {str(end) for a, b, _ in links_of(columns) for end in (a, b)} <= names
        compared += 1
    assert compared >= 100
