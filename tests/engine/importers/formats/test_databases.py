"""Databases of SQLite and DuckDB: which table is read, what its values become, and what a stranger's file may do."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers import read_links
from focusmesh.engine.importers.registry import importer_of
from focusmesh.errors import (
    DamagedFileError,
    InputError,
    MissingExtraError,
    ParameterError,
    UnsupportedFormatError,
)
from tests.engine.importers.files import faults_of, labels_of, links_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs

    Write = Callable[[str], Path]

KINDS = ("sqlite", "duckdb")
LINKS = """
    CREATE TABLE links (id INTEGER, src VARCHAR, dst VARCHAR, weight DOUBLE, kind VARCHAR, time VARCHAR);
    INSERT INTO links VALUES (1, 'ada', 'bob', 2.5, 'knows', '2024-05-01');
    INSERT INTO links VALUES (2, 'bob', 'çem', 1, NULL, '2024-05-01T00:00:01');
"""
OTHERS = "CREATE TABLE people (id INTEGER, description VARCHAR); CREATE TABLE notes (a INTEGER, b INTEGER);"


@pytest.fixture(params=KINDS)
def write(request: pytest.FixtureRequest, needs: Needs, tmp_path: Path) -> Write:
    """Makes a database of what a script says."""

    def made(script: str) -> Path:
        path = tmp_path / f"a.{request.param}"
        path.unlink(missing_ok=True)
        if request.param == "sqlite":
            connection: Any = sqlite3.connect(path)
            connection.executescript(script)
        else:
            connection = needs("duckdb").connect(str(path))
            connection.execute(script)
        connection.close()
        return path

    return made


def test_the_only_table_with_links_is_read(write: Write) -> None:
    columns, report = read_links(write(LINKS + OTHERS))
    columns.verify()
    assert links_of(columns) == [("ada", "bob", 2.5), ("bob", "çem", 1.0)]
    assert labels_of(columns, "relation") == ["knows", ""]
    assert columns.time is not None
    assert columns.time.tolist() == [1714521600000000, 1714521601000000]
    assert report.understood[:5] == (
        "table links",
        "weight column",
        "relation = kind",
        "time column",
        "properties: id",
    )


def test_a_view_is_read_where_no_table_has_links(write: Write) -> None:
    view = "CREATE VIEW seen AS SELECT a AS source, b AS target FROM notes; INSERT INTO notes VALUES (1, 2);"
    assert links_of(read_links(write(OTHERS + view))[0]) == [(1, 2, 1.0)]
    columns, report = read_links(write(LINKS + OTHERS + view))
    assert report.understood[0] == "table links"
    assert links_of(read_links(write(LINKS + OTHERS + view), table="seen")[0]) == [(1, 2, 1.0)]
    assert len(columns) == 2


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (OTHERS, "no table that is plainly the links: notes (a, b); people (id, description); say"),
        (LINKS + "CREATE TABLE more (i INTEGER, j INTEGER);", "could be the links: links (id, src"),
        ("", "has no tables"),
        ("CREATE TABLE links (i INTEGER, j INTEGER);", "the table links has no rows"),
    ],
)
def test_where_no_table_or_several_could_be_meant(write: Write, script: str, said: str) -> None:
    path = write(script)
    if path.exists() and path.stat().st_size:
        with pytest.raises(InputError) as caught:
            read_links(path)
        assert said in str(caught.value)
        assert str(path) in str(caught.value)


def test_a_table_is_named_and_columns_too(write: Write) -> None:
    path = write(LINKS + OTHERS + "INSERT INTO notes VALUES (7, 8);")
    ends = {"source": "a", "target": "b"}
    assert links_of(read_links(path, table="notes", columns=ends)[0]) == [(7, 8, 1.0)]
    # Columns that only one table has say which is meant.
    assert links_of(read_links(path, columns=ends)[0]) == [(7, 8, 1.0)]
    graph = Graph.read(path, table="SELECT b AS source, a AS target, 2 AS v FROM notes")
    assert graph.weight(8, 7) == 2.0
    graph = Graph.read(path, table=" with x as (select 1 as i, 'z' as j) select * from x")
    assert list(graph.particles) == [1, "z"]
    for table, said in (
        ("nope", "no table called 'nope'; there are links (id"),
        ("SELECT nope FROM notes", "nope"),
        ("SELECT a FROM notes", "no column that is plainly the source"),
        ("SELECT 1 AS source, 2 AS target; SELECT 3", "at a time"),
        ("WITH x AS (SELECT 1) DELETE FROM notes", "read"),
        ("SELECT 1 AS source, 2 AS target WHERE 1 = 2", "the query has no rows"),
    ):
        with pytest.raises(InputError, match="a\\.") as caught:
            read_links(path, table=table)
        assert said in str(caught.value)
    assert read_links(path, table="notes", columns=ends)[1].link_count == 1


def test_a_table_alone_may_describe_particles(write: Write) -> None:
    path = write(
        "CREATE TABLE people (id INTEGER, description VARCHAR); INSERT INTO people VALUES (7, 'red'), (8, NULL);"
    )
    columns, _ = read_links(path)
    assert texts_of(columns) == {7: "red", 8: ""}


def test_bad_rows_are_named(write: Write) -> None:
    rows = (
        "(NULL, 'b', 1)",
        "('', 'b', 1)",
        "('a', NULL, 1)",
        "('a', 'b', NULL)",
        "('a', 'b', -1)",
        "('a', 'b', 0)",
    )
    script = "CREATE TABLE t (i VARCHAR, j VARCHAR, v DOUBLE);"
    columns, report = read_links(write(f"{script} INSERT INTO t VALUES {', '.join(rows)};"))
    assert links_of(columns) == [("a", "b", 0.0)]
    assert faults_of(report) == [
        (1, "the source is empty"),
        (2, "the source is empty"),
        (3, "the target is empty"),
        (4, "the weight is empty"),
        (5, "the weight -1 is negative"),
    ]
    with pytest.raises(InputError, match=r"a\.\w+:1: the source is empty"):
        read_links(write(f"{script} INSERT INTO t VALUES {rows[0]};"), strict=True)


def test_preview_fetches_no_more_than_needed(write: Write) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
        "SELECT i, i + 1 AS j FROM n"
    )
    columns, report = read_links(write(LINKS), table=endless, first=3)
    assert links_of(columns) == [(1, 2, 1.0), (2, 3, 1.0), (3, 4, 1.0)]
    assert report.line_count < 300_000


def test_values_of_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (source, target, weight, time)")
    rows: list[tuple[Any, ...]] = [
        (1, 2.0, "2.5", 5),
        (1.5, "ü", 1, "1970-01-02"),
        (b"\0\1", "x", 1, 1),
        ("a\0b", "x", 1, 1),
        ("x", "x", "many", 1),
        ("x", "x", float("inf"), 1),
        ("x", "y", 3, "soon"),
        (-(2**63), 2**63 - 1, 3, -1),
    ]
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    connection.execute("INSERT INTO t VALUES (CAST(x'ff61' AS TEXT), 'x', 1, 1)")
    connection.commit()
    connection.close()
    columns, report = read_links(path)
    assert links_of(columns) == [(1, 2, 2.5), ("1.5", "ü", 1.0), (-(2**63), 2**63 - 1, 3.0)]
    assert columns.time is not None
    assert columns.time.tolist() == [5, 86_400_000_000, -1]
    assert [reason.split(" is ")[-1][:12] for _, reason in faults_of(report)] == [
        "2 bytes, nei",
        "the source '",
        "not a number",
        "infinite",
        "neither an i",
        "not UTF-8",
    ]


def test_values_of_duckdb(needs: Needs, tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    connection = needs("duckdb").connect(str(path))
    connection.execute(
        """CREATE TABLE t AS SELECT * FROM (VALUES
        (1::HUGEINT, 'a', 1.50::DECIMAL(9, 2), TIMESTAMP '2024-05-01 00:00:01', true),
        (2::HUGEINT, 'b', 0.25::DECIMAL(9, 2), TIMESTAMP '1969-12-31 23:59:59', false),
        (170141183460469231731687303715884105727, 'b', 1, TIMESTAMP '2024-05-01', NULL)
        ) AS t(source, target, weight, time, author)"""
    )
    connection.execute("CREATE SCHEMA s; CREATE TABLE s.t (x DATE, y UUID)")
    connection.execute(
        "INSERT INTO s.t VALUES ('2024-05-01', '00000000-0000-0000-0000-000000000001')"
    )
    connection.execute("CREATE TABLE z AS SELECT TIMESTAMPTZ '2024-05-01 02:00+02' AS moment")
    connection.close()
    columns, report = read_links(path, table="SELECT * FROM t")
    assert links_of(columns) == [(1, "a", 1.5), (2, "b", 0.25)]
    assert labels_of(columns, "author") == ["true", "false"]
    assert columns.time is not None
    assert columns.time.tolist() == [1714521601000000, -1000000]
    assert "does not fit 64 bits" in faults_of(report)[0][1]
    columns, _ = read_links(path, table="s.t", columns={"source": "x", "target": "y"})
    assert links_of(columns) == [("2024-05-01", "00000000-0000-0000-0000-000000000001", 1.0)]
    zoned = "SELECT 1 AS i, 2 AS j, moment AS time FROM z"
    times = read_links(path, table=zoned)[0].time
    assert times is not None
    assert times.tolist() == [1714521600000000]
    with pytest.raises(InputError, match="no table called 't '"):
        read_links(path, table="t ")


CELLS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
    st.none(),
)
WEIGHTS = st.one_of(st.floats(), st.integers(-5, 2**60), st.none())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(rows=st.lists(st.tuples(CELLS, CELLS, WEIGHTS), min_size=1, max_size=30))
def test_rows_are_what_python_has(tmp_path: Path, rows: list[tuple[Any, Any, Any]]) -> None:
    path = tmp_path / "p.sqlite"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (source, target, weight)")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    ends = (None, "")
    good = [
        (a, b, float(w))
        for a, b, w in rows
        if a not in ends and b not in ends and w is not None and 0 <= w < float("inf")
    ]
    if not good:
        with pytest.raises(InputError):
            read_links(path)
        return
    columns, report = read_links(path)
    assert links_of(columns) == good
    assert report.bad_count == len(rows) - len(good)


def test_what_pandas_writes(needs: Needs, tmp_path: Path) -> None:
    pandas = needs("pandas")
    frame = pandas.DataFrame({"source": ["a", "b"], "target": ["b", None], "weight": [1.5, 2]})
    path = tmp_path / "a.sqlite3"
    connection = sqlite3.connect(path)
    frame.to_sql("edges", connection)
    connection.close()
    columns, report = read_links(path)
    assert links_of(columns) == [("a", "b", 1.5)]
    assert "properties: index" in report.understood
    assert faults_of(report) == [(2, "the target is empty")]


def test_nothing_is_written_beside_a_database(write: Write) -> None:
    path = write(LINKS)
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    read_links(path)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


def test_a_write_ahead_log_is_read_and_left(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.executescript(LINKS)
    assert len(read_links(path)[0]) == 2
    writer.execute("INSERT INTO links VALUES (3, 'x', 'y', 1, NULL, '2024-05-01')")
    writer.commit()
    assert len(read_links(path)[0]) == 3
    writer.close()
    assert [each.name for each in tmp_path.iterdir()] == ["a.db"]
    assert len(read_links(path)[0]) == 3
    assert [each.name for each in tmp_path.iterdir()] == ["a.db"]


def test_views_of_a_stranger_reach_no_file(needs: Needs, tmp_path: Path) -> None:
    duckdb = needs("duckdb")
    secret = tmp_path / "secret.csv"
    secret.write_text("source,target\na,b\n")
    path = tmp_path / "a.duckdb"
    connection = duckdb.connect(str(path))
    connection.execute(f"CREATE VIEW v AS SELECT * FROM read_csv('{secret}')")
    connection.close()
    with pytest.raises(InputError, match="disabled by configuration"):
        read_links(path, table="v")
    attach = f"SELECT * FROM '{secret}'"
    with pytest.raises(InputError, match="disabled by configuration"):
        read_links(path, table=attach)


def test_suffix_db_goes_by_how_the_file_begins(needs: Needs, tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    needs("duckdb").connect(str(path)).close()
    assert importer_of(path).name == "duckdb"
    path.write_bytes(b"SQLite format 3\0" + bytes(84))
    assert importer_of(path).name == "sqlite"
    for other in (b"", b"text", bytes(40)):
        path.write_bytes(other)
        with pytest.raises(UnsupportedFormatError, match=r"for '\.db'"):
            read_links(path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_database(needs: Needs, tmp_path: Path, kind: str) -> None:
    needs("duckdb")
    path = tmp_path / f"a.{kind}"
    for data in (b"", b"source,target\n", b"SQLite format 3\0", bytes(8) + b"DUCK" + bytes(100)):
        path.write_bytes(data)
        with pytest.raises((DamagedFileError, InputError)) as caught:
            read_links(path)
        assert str(path) in str(caught.value)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[duckdb\]"):
        read_links(tmp_path / "a.duckdb")


def test_formats_without_tables_refuse_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    with pytest.raises(ParameterError, match=r"csv has no tables .*duckdb, spreadsheet and sqlite"):
        read_links(path, table="links")
    with pytest.raises(ParameterError, match="table= is empty"):
        read_links(path, table=" ", format="sqlite")


ENDLESS = """
import sys
from focusmesh.engine.importers import read_links
query = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) "
    "SELECT max(i) AS i, 2 AS j FROM n"
)
try:
    print("asked", flush=True)
    read_links(sys.argv[1], table=query)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_ends_a_query(write: Write) -> None:
    path = write(LINKS)
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "asked\n"
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=1)
                    break
                os.kill(process.pid, signal.SIGINT)
            assert process.stdout.read() == "interrupted\n"
        finally:
            process.kill()


def test_dates_are_times_in_every_form() -> None:
    from focusmesh.engine.importers.typed_rows.cells import moment_of

    assert moment_of(date(1970, 1, 2)) == 86_400_000_000
    assert moment_of(datetime(1970, 1, 1, 0, 0, 1)) == 1_000_000
    assert moment_of("1970-01-01T00:00:01") == moment_of(1_000_000) == moment_of(1e6)
