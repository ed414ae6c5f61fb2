"""Columns of tables that play no role are properties of the link, or of the particle that a row describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.links.properties.written_values import typed_texts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs


def test_a_column_of_a_csv_has_one_type(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "source,target,weight,since,zip,open,km,note,since\n"
        'a,b,2,1999,01234,true,1,"x, y",7\nb,c,1,,00012,False,2.5,,8\na,b,1,2000,01234,true,1,,9\n'
    )
    graph = Graph.read(path)
    assert graph.link_properties("a", "b") == {
        "since": 1999, "zip": "01234", "open": True, "km": 1.0, "note": "x, y",
    }  # fmt: skip
    assert graph.link_properties("b", "c") == {"zip": "00012", "open": False, "km": 2.5}
    assert graph.report is not None
    assert any("'since' left out: another value" in each for each in graph.report.warnings)
    assert "properties: since, zip, open, km, note" in graph.report.understood


def test_a_table_of_particles_has_theirs(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "particle,text,population,labels\na,words,5,:City:Big\nb,more,,\n"
    )
    graph = Graph.read(tmp_path / "p.csv")
    assert (graph.properties("a"), graph.properties("b")) == ({"population": 5}, {})
    assert graph.labels("a") == ["Big", "City"]


def test_a_table_of_texts_brings_properties_to_a_graph(tmp_path: Path) -> None:
    """By how names are written, and without what it says of links."""
    (tmp_path / "t.csv").write_text("particle,text,population,labels\n7,words,5,:City\n9,more,6,\n")
    graph = Graph.from_edges([(7, 8)])
    graph.set_properties({7: {"population": 1, "kept": True}})
    graph.read_texts(tmp_path / "t.csv")
    assert graph.properties(7) == {"population": 5, "kept": True}
    assert (graph.labels(7), graph.properties(9), graph.text(7)) == (
        ["City"],
        {"population": 6},
        "words",
    )


def test_a_link_that_counts_both_ways_says_the_same_of_both(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("Source,Target,Type,km\na,b,Undirected,5\nb,c,Directed,7\n")
    graph = Graph.read(tmp_path / "g.csv")
    assert graph.link_properties("b", "a") == {"km": 5} == graph.link_properties("a", "b")


def test_rows_of_python_and_arrow(needs: Needs) -> None:
    rows: list[dict[str, Any]] = [
        {"source": "a", "target": "b", "since": 1999, "deep": [1]},
        {"source": "b", "target": "c", "relation": "r", "ok": True},
    ]
    graph = Graph.from_table(rows)
    assert graph.link_properties("a", "b") == {"since": 1999}
    assert graph.link_properties("b", "c", "r") == {"ok": True}
    assert graph.report is not None
    assert "'deep' left out: a list" in graph.report.warnings[0]
    assert Graph.from_table({"particle": ["a"], "text": ["x"], "n": [2]}).properties("a") == {
        "n": 2
    }
    arrow = needs("pyarrow")
    table = arrow.table(
        {"source": ["a", "b"], "target": ["b", "c"], "since": [1999, None], "ok": [True, False]}
    )
    graph = Graph.from_table(table)
    assert graph.link_properties("a", "b") == {"since": 1999, "ok": True}
    assert graph.link_properties("b", "c") == {"ok": False}


def test_a_loop_of_a_plain_graph_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("source,target,km\na,a,5\na,b,6\n")
    graph = Graph.read(tmp_path / "l.csv")
    found = graph.snapshot().properties
    assert found is not None
    assert list(found.links.by_link().values()) == [{"km": 6}]


@pytest.mark.parametrize(
    ("value", "reason"),
    [("1e400", "inf is no value"), ('{"y":[1e400]}', "a list is no value")],
)
def test_numbers_of_json_beyond_doubles_are_counted(
    value: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "l.jsonl").write_text(f'{{"source":"a","target":"b","x":{value},"y":1}}\n')
    graph = Graph.read(tmp_path / "l.jsonl")
    assert graph.link_properties("a", "b") == {"y": 1}
    (warning,) = graph.report.warnings  # type: ignore[union-attr]
    assert reason in warning


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1", "", "-2"], [1, None, -2]),
        (["1", "2.5", "1e3"], [1.0, 2.5, 1000.0]),
        (["01", "2"], ["01", "2"]),
        (["1", str(2**63)], ["1", str(2**63)]),
        (["9" * 5000], ["9" * 5000]),
        (["-1e20", str(2**63 - 1)], [-1e20, float(2**63)]),
        (["True", "false"], [True, False]),
        (["true", "1"], ["true", "1"]),
        (["nan", "1"], ["nan", "1"]),
        (["1e999"], ["1e999"]),
        (["", ""], [None, None]),
    ],
)
def test_what_a_column_is_written_as(texts: list[str], values: list[Any]) -> None:
    assert typed_texts(texts) == values
    assert [*map(type, typed_texts(texts))] == [*map(type, values)]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_come_back(values: list[int]) -> None:
    assert typed_texts([*map(str, values)]) == values
