"""Tables of every library come in as they are and go out again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.importers import read_links
from focusmesh.engine.links import columns_from_arrow, links_to_arrow
from focusmesh.engine.links.columns import LinkColumns
from focusmesh.engine.links.names.names import Names
from focusmesh.errors import BadLineError, DamagedFileError, InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs

NAMES = ["b", "a", "b", "a longer name than fits a view", "é"]
TARGETS = ["a", "c", "a", "b", "b"]


def listed(columns: LinkColumns) -> list[tuple[Any, Any]]:
    """Ends of the links by name."""
    ends = zip(columns.source.tolist(), columns.target.tolist(), strict=True)
    return [(columns.particles[a], columns.particles[b]) for a, b in ends]


def test_every_kind_of_text_and_integer(needs: Needs) -> None:
    pa = needs("pyarrow")
    texts = [
        pa.array(NAMES),
        pa.array(NAMES, pa.large_string()),
        pa.array(NAMES, pa.string_view()),
        pa.array(NAMES).dictionary_encode(),
        pa.array(["unused", *NAMES], pa.large_string()).dictionary_encode().slice(1),
        pa.chunked_array([NAMES[:2], [], NAMES[2:]]),
    ]
    for source in texts:
        columns = columns_from_arrow(pa.table({"source": source, "target": TARGETS}), {})
        assert listed(columns) == list(zip(NAMES, TARGETS, strict=True))
        assert list(columns.particles) == ["b", "a", "c", NAMES[3], "é"]
    for kind in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
        ends = pa.array([3, 1, 100], kind)
        columns = columns_from_arrow(pa.table({"source": ends, "target": [1, 3, 1]}), {})
        assert listed(columns) == [(3, 1), (1, 3), (100, 1)]
        assert all(type(name) is int for name in columns.particles)


def test_integers_and_texts_stay_what_they_are(needs: Needs) -> None:
    pa = needs("pyarrow")
    columns = columns_from_arrow(pa.table({"source": [1, 2], "target": ["1", "x"]}), {})
    assert listed(columns) == [(1, "1"), (2, "x")]


def test_dataframes_and_relations(needs: Needs) -> None:
    data = {"source": NAMES, "target": TARGETS, "weight": [1, 2, 3, 4, 5]}
    polars, duckdb = needs("polars"), needs("duckdb")
    frame = polars.DataFrame(data)
    tables = [
        frame,
        frame.with_columns(polars.col("source").cast(polars.Categorical)),
        needs("pandas").DataFrame(data),
        duckdb.sql("select * from frame"),
    ]
    for table in tables:
        columns = columns_from_arrow(table, {})
        assert listed(columns) == list(zip(NAMES, TARGETS, strict=True))
        assert columns.weight is not None
        assert columns.weight.tolist() == [1, 2, 3, 4, 5]


def test_bad_rows_are_named(needs: Needs) -> None:
    pa = needs("pyarrow")
    table = pa.table(
        {
            "from": ["a", None, "a", "a", "a", "", "a", "a"],
            "to": pa.array([1, 2, 3, 4, 5, 6, 2**63, None], pa.uint64()),
            "amount": [1.0, 1, None, float("nan"), -1, 1, 1, 1],
        }
    )
    bad: list[tuple[int, str]] = []
    columns = columns_from_arrow(table, {}, lambda row, reason: bad.append((row, reason)))
    assert listed(columns) == [("a", 1)]
    assert bad == [
        (2, "the source is null"),
        (3, "the weight is null"),
        (4, "the weight is NaN"),
        (5, "the weight -1.0 is negative"),
        (6, "the source is empty"),
        (7, f"the target {2**63} does not fit 64 bits with a sign"),
        (8, "the target is null"),
    ]
    with pytest.raises(InputError, match="row 2: the source is null"):
        columns_from_arrow(table, {})


def test_labels_and_times(needs: Needs) -> None:
    pa = needs("pyarrow")
    moments = pa.array([1, 2, None], pa.timestamp("ms"))
    table = pa.table({"a": [1, 2, 3], "b": [2, 3, 1], "kind": ["x", None, "y"], "when": moments})
    bad: list[int] = []
    mapping = {"source": "a", "target": "b", "time": "when"}
    columns = columns_from_arrow(table, mapping, lambda row, reason: bad.append(row))
    assert columns.relations is not None
    assert columns.relation is not None
    assert columns.time is not None
    assert [columns.relations[at] for at in columns.relation.tolist()] == ["x", ""]
    assert columns.time.tolist() == [1, 2]
    assert bad == [3]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"x": [1], "y": [2]}, "no column that is plainly the source; its columns: x, y"),
        ({"source": [1.5], "target": [2]}, "names are integers or strings"),
        ({"source": [1], "target": [[2]]}, "names are integers or strings"),
        ({"source": [1], "target": [2], "weight": ["3"]}, "weights are numbers"),
        ({"source": [1], "target": [2], "time": [1.5]}, "times are integers or timestamps"),
    ],
)
def test_tables_that_cannot_be_links(needs: Needs, table: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        columns_from_arrow(needs("pyarrow").table(table), {})
    with pytest.raises(InputError, match="no Arrow stream"):
        columns_from_arrow(table, {})


@given(
    ends=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(0, allow_infinity=False))
    ),
    texts=st.booleans(),
)
def test_out_and_in_again(ends: list[tuple[int, int, float]], texts: bool) -> None:
    known = Names.texts(["a", "é", "c", "d"]) if texts else Names.range(4)
    columns = LinkColumns(
        known,
        np.array([a for a, _, _ in ends], dtype=np.uint32),
        np.array([b for _, b, _ in ends], dtype=np.uint32),
        weight=np.array([w for _, _, w in ends], dtype=np.float64),
        relations=known,
        relation=np.array([b for _, b, _ in ends], dtype=np.uint32),
        time=np.arange(len(ends)),
    )
    again = columns_from_arrow(links_to_arrow(columns), {})
    assert listed(again) == listed(columns)
    amounts = [1.0] * len(ends) if again.weight is None else again.weight.tolist()
    assert amounts == [w for _, _, w in ends]
    if ends:
        assert again.time is not None
        assert again.time.tolist() == list(range(len(ends)))


WRITERS: dict[str, Callable[[Any, Any, Path], None]] = {
    ".parquet": lambda io, table, path: io.write_parquet(table, path),
    ".feather": lambda io, table, path: io.write_ipc(table, path),
    ".arrows": lambda io, table, path: io.write_ipc_stream(table, path),
}


@pytest.mark.parametrize("suffix", WRITERS)
def test_files(needs: Needs, tmp_path: Path, suffix: str) -> None:
    table = needs("pyarrow").table({"source": [*NAMES, None], "target": [*TARGETS, "x"]})
    path = tmp_path / f"links{suffix}"
    WRITERS[suffix](needs("arro3.io"), table, path)
    columns, report = read_links(path)
    assert listed(columns) == list(zip(NAMES, TARGETS, strict=True))
    assert (report.line_count, report.link_count, report.bad_count) == (6, 5, 1)
    assert str(report.bad[0]) == f"{path}:6: the source is null"
    with pytest.raises(BadLineError):
        read_links(path, strict=True)
    whole = path.read_bytes()
    for size in (0, 3, 20, len(whole) // 2, len(whole) - 9):
        path.write_bytes(whole[:size])
        with pytest.raises(DamagedFileError, match="links"):
            read_links(path)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in ("arro3.core", "arro3.io", "zstandard"):
        monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    (tmp_path / "a.txt.zst").write_bytes(b"")
    with pytest.raises(MissingExtraError, match=r"focusmesh\[arrow\]"):
        columns_from_arrow(None, {})
    for name in ("a.parquet", "a.txt.zst"):
        with pytest.raises(MissingExtraError, match=r"focusmesh\[arrow\]"):
            read_links(tmp_path / name)
