"""Graphs and scores as Python objects: whatever can be handed in, and what is said where it cannot be used."""

from __future__ import annotations

import csv
import io
import pickle
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph, LiveFocus, compare
from focusmesh.errors import InputError, ParameterError, UnknownParticleError
from tests.engine.strategies import axons_of, graphs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.engine.links import LinkColumns
    from tests.conftest import Needs

NAMES = st.text("abcé", min_size=1, max_size=2)
EDGES = st.lists(st.tuples(NAMES, NAMES, st.integers(0, 9)), max_size=12)
CET = timezone(timedelta(hours=1))
RING = [("a", "b"), ("b", "c"), ("c", "a")]


def rows_of(columns: LinkColumns) -> list[tuple[Any, ...]]:
    """The links of labelled columns as they would be written, without what they do not have."""
    labels = [
        (columns.relations, columns.relation),
        (columns.authors, columns.author),
    ]
    return [
        (
            columns.particles[int(columns.source[row])],
            columns.particles[int(columns.target[row])],
            1.0 if columns.weight is None else float(columns.weight[row]),
            *(names[int(column[row])] for names, column in labels if names is not None),  # type: ignore[index]
            *([] if columns.time is None else [int(columns.time[row])]),
        )
        for row in range(len(columns))
    ]


@given(EDGES)
def test_edges_columns_dicts_and_tables_are_one_graph(edges: list[tuple[str, str, int]]) -> None:
    source, target, weight = ([edge[at] for edge in edges] for at in range(3))
    expected = axons_of(Graph.from_edges(source, target, weight).links())
    records = [{"from": a, "to": b, "weight": w} for a, b, w in edges]
    lines = io.StringIO()
    csv.writer(lines).writerows([("from", "to", "weight"), *edges])
    lines.seek(0)
    ways = [
        Graph.from_edges(edges),
        Graph.from_edges([(a, b, {"weight": w}) for a, b, w in edges]),
        Graph.from_table({"from": source, "to": target, "weight": np.array(weight)}),
    ]
    if edges:
        ways += [Graph.from_table(records), Graph.from_table(csv.DictReader(lines))]
    for graph in ways:
        assert axons_of(graph.links()) == expected
        assert list(graph) == list(Graph.from_edges(source, target, weight))


def test_edges_of_many_lengths() -> None:
    graph = Graph.from_edges(
        [("a", "b"), ["b", "c", 2.0, "r"], ("c", "a", None, None, "x", 7), ("c", "b", {"time": 3})]
    )
    nothing = graph.links().time
    assert nothing is not None
    assert rows_of(graph.links()) == [
        ("a", "b", 1.0, "", "", int(nothing[0])),
        ("b", "c", 2.0, "r", "", int(nothing[0])),
        ("c", "a", 1.0, "", "x", 7),
        ("c", "b", 1.0, "", "", 3),
    ]
    assert axons_of(Graph.from_edges(np.array([[4, 5, 2], [5, 4, 3]])).links()) == {
        (0, 1): 2.0,
        (1, 0): 3.0,
    }
    assert len(Graph.from_edges([])) == 0


def test_a_table_of_texts_and_times() -> None:
    graph = Graph.from_table(
        [
            {
                "source": "a",
                "target": "b",
                "time": datetime(2024, 1, 1, tzinfo=UTC),
                "text": "first",
            },
            {"source": "b", "target": "a", "time": "1970-01-01T00:00:01", "weight": "2.5"},
            {"source": "a", "target": "a", "relation": None},
        ]
    )
    times = graph.links().time
    assert times is not None
    assert times[:2].tolist() == [1_704_067_200_000_000, 1_000_000]
    assert graph.weight("b", "a") == 2.5
    assert graph.text("a") == "first"
    by_number = Graph.from_table([{0: "a", 1: "b"}], source="0", target="1")
    assert by_number.weight("a", "b") == 1.0
    described = Graph.from_table({"name": ["a", "b"], "text": ["about a", ""]})
    assert (list(described), described.text("a"), described.link_count) == (
        ["a", "b"],
        "about a",
        0,
    )


def test_from_igraph(needs: Needs) -> None:
    igraph = needs("igraph")
    both = igraph.Graph.TupleList([("x", "y", 2.0), ("y", "y", 5.0)], weights=True)
    assert axons_of(Graph.from_igraph(both).links()) == {(0, 1): 2.0, (1, 0): 2.0}
    assert list(Graph.from_igraph(both)) == ["x", "y"]
    ring = igraph.Graph.Ring(5, directed=True)
    ring.es["relation"] = list("rrrss")
    assert list(Graph.from_igraph(ring)) == [0, 1, 2, 3, 4]
    assert Graph.from_igraph(ring).subgraph(relations="s").link_count == 2
    large = igraph.Graph.Barabasi(200, 3, directed=True)
    mine = Graph.from_igraph(large).focus("pagerank", tolerance=1e-10)
    theirs = large.pagerank(damping=0.85)
    assert sum(abs(mine[at] - theirs[at]) for at in range(200)) < 1e-6
    twice = igraph.Graph([(0, 1)])
    twice.vs["name"] = ["a", "a"]
    with pytest.raises(InputError, match="occurs twice"):
        Graph.from_igraph(twice)


@given(graphs())
def test_a_graph_contains_its_particles(graph: Graph) -> None:
    assert len(graph) == graph.particle_count
    assert list(graph) == list(graph.particles)
    assert all(name in graph for name in graph)
    assert "none of them" not in graph
    assert [] not in graph
    graph.link("new", "newer")
    assert "newer" in graph


@given(graphs())
def test_scores_are_a_mapping(graph: Graph) -> None:
    focus = graph.focus()
    assert dict(focus) == dict(zip(graph, focus.scores.tolist(), strict=True))
    assert (len(focus), list(focus)) == (len(graph), list(graph))
    assert "none of them" not in focus
    assert focus.get("none of them", 0.5) == 0.5
    with pytest.raises(UnknownParticleError):
        focus["none of them"]


def test_operators_by_name() -> None:
    graph = Graph.from_edges([*RING, ("d", "a")])
    assert graph.focus("focus")["a"] == graph.focus()["a"]
    by_name, by_params = graph.focus("pagerank"), graph.focus(FocusParams.pagerank())
    assert by_name["a"] == by_params["a"] != graph.focus()["a"]
    assert graph.context(["a"], params="pagerank").params == FocusParams.pagerank()
    assert graph.live("pagerank").params == FocusParams.pagerank()


@given(graphs(), st.data())
def test_a_part_has_what_is_asked_for(graph: Graph, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(list(graph)), unique=True)) if len(graph) else []
    part = graph.subgraph(names)
    assert list(part) == names
    inside = {
        (source, target): graph.weight(source, target)
        for source in names
        for target in names
        if source != target and graph.weight(source, target) > 0
    }
    assert {
        (part.particles[i], part.particles[j]): weight
        for (i, j), weight in axons_of(part.links()).items()
        if i != j
    } == pytest.approx(inside)


def test_parts_by_label_and_time() -> None:
    graph = Graph.from_edges(
        ["a", "b", "c", "d"],
        ["b", "c", "d", "a"],
        relation=["r", "s", "r", "t"],
        author=["x", "x", "y", None],
        time=[1, 2, 3, 4],
    )
    graph.set_text("b", "about b")
    assert list(graph.subgraph(relations="r")) == ["a", "b", "c", "d"]
    part = graph.subgraph(relations={"r", "s"}, authors="x", until=1)
    assert (list(part), part.link_count, part.text("b")) == (["a", "b"], 1, "about b")
    assert graph.subgraph(since=3).link_count == 2
    assert graph.link_count == 4, "the whole graph stays"
    with pytest.raises(UnknownParticleError, match="relation"):
        graph.subgraph(relations="rr")
    with pytest.raises(ParameterError, match="since"):
        graph.subgraph(since=5, until=3)
    with pytest.raises(InputError, match="no link of this graph has a time"):
        Graph.from_edges(RING).subgraph(since=1)


@pytest.mark.parametrize("edges", [RING, [(i % 700, (i * i + 1) % 700) for i in range(150_000)]])
@pytest.mark.parametrize("with_prior", [False, True])
def test_live_scores_are_pickled(edges: list[tuple[Any, Any]], with_prior: bool) -> None:
    graph = Graph.from_edges(edges)
    u = np.arange(1.0, 1.0 + len(graph)) if with_prior else None
    live = LiveFocus(graph, tolerance=1e-7, u=u)
    first, second = list(graph)[:2]
    live.update([("new", first, 3.0), (second, "new", 1.0)])
    again = pickle.loads(pickle.dumps(live))
    assert (again.params, again.tolerance) == (live.params, live.tolerance)
    before, after = live.focus(), again.focus()
    assert float(np.abs(before.scores - after.scores).sum()) <= before.bound + after.bound
    assert again.bound <= 1e-7
    again.link("newer", first)
    assert "newer" in again.graph
    assert "newer" not in live.graph, "they are two"


@given(st.text(max_size=3))
def test_names_in_one_form(name: str) -> None:
    composed, apart = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    graph = Graph.from_edges(
        [(f"{composed}x", "end", 1.0, composed), (f"{apart}x", "end", 2.0, apart)]
    )
    one = graph.with_normal_names()
    assert list(one) == [
        f"{composed}x" if composed == unicodedata.normalize("NFC", composed) else "",
        "end",
    ]
    assert one.weight(f"{composed}x", "end") == 3.0
    assert list(one.relations or ()) == [composed]
    with pytest.raises(ParameterError, match="NFC, NFD"):
        graph.with_normal_names("nfc")


def test_names_in_one_form_while_reading(tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("source,target\ne\u0301,b\né,b\n", encoding="utf-8")
    assert len(Graph.read(tmp_path / "two.csv")) == 3
    graph = Graph.read(tmp_path / "two.csv", nfc=True)
    assert graph.weight("é", "b") == 2.0
    Graph.read(tmp_path / "two.csv").save(tmp_path / "two.focusmesh")
    assert len(Graph.read(tmp_path / "two.focusmesh", nfc=True)) == 2


class Wrong:
    """Something that is nothing that a graph takes."""


graph = Graph.from_edges(RING)
focus = graph.focus()
WRONG: dict[str, Callable[[], object]] = {
    "edges are a number": lambda: Graph.from_edges(5),
    "edges are text": lambda: Graph.from_edges("ab"),
    "edges are a mapping": lambda: Graph.from_edges({"a": "b"}),
    "an edge is text": lambda: Graph.from_edges([("a", "b"), "ab"]),
    "an edge is long": lambda: Graph.from_edges([tuple("abcdefg")]),
    "an edge is a set": lambda: Graph.from_edges([{"a", "b"}]),
    "a weight is text": lambda: Graph.from_edges([("a", "b", "x")]),
    "weights twice": lambda: Graph.from_edges([("a", "b", 1)], weight=[2]),
    "an end is a list": lambda: Graph.from_edges([(["a"], "b")]),
    "particles are text": lambda: Graph.from_edges([("a", "b")], particles="ab"),
    "particles are half": lambda: Graph.from_edges([(0, 1)], particles=2.5),  # type: ignore[arg-type]
    "a table is None": lambda: Graph.from_table(None),
    "a table is empty": lambda: Graph.from_table([]),
    "a table has no columns": lambda: Graph.from_table({}),
    "a table of lists": lambda: Graph.from_table([["a", "b"]]),
    "columns differ in length": lambda: Graph.from_table({"source": ["a"], "target": []}),
    "a column is text": lambda: Graph.from_table({"source": "a", "target": "b"}),
    "a row lacks its target": lambda: Graph.from_table(
        [{"source": "a", "target": "b"}, {"source": "c"}]
    ),
    "a row has no name": lambda: Graph.from_table([{"source": None, "target": "b"}]),
    "a row has no number": lambda: Graph.from_table(
        [{"source": "a", "target": "b", "weight": None}]
    ),
    "a row has no time": lambda: Graph.from_table([{"source": "a", "target": "b", "time": 1.5}]),
    "NetworkX is None": lambda: Graph.from_networkx(None),
    "igraph is None": lambda: Graph.from_igraph(None),
    "SciPy is a list": lambda: Graph.from_scipy([[1]]),
    "names are a number": lambda: graph.renamed(5),  # type: ignore[arg-type]
    "links are None": lambda: Graph.from_links(None),  # type: ignore[arg-type]
    "a path is None": lambda: Graph.read(None),  # type: ignore[arg-type]
    "an opened path is a number": lambda: Graph.open(5),  # type: ignore[arg-type]
    "a saved path is None": lambda: graph.save(None),  # type: ignore[arg-type]
    "patterns are a number": lambda: Graph.read("x.csv", exclude=5),  # type: ignore[arg-type]
    "params are a dict": lambda: graph.focus({"alpha": 0.1}),  # type: ignore[arg-type]
    "params are another name": lambda: graph.focus("page rank"),
    "tolerance is text": lambda: graph.focus(tolerance="x"),  # type: ignore[arg-type]
    "tolerance is None": lambda: graph.estimate(tolerance=None),  # type: ignore[arg-type]
    "beta is text": lambda: graph.focus(seeds=["a"], beta="x"),  # type: ignore[arg-type]
    "beta of a context is text": lambda: graph.context(["a"], beta="x"),  # type: ignore[arg-type]
    "alpha is true": lambda: FocusParams(alpha=True),
    "damping is text": lambda: FocusParams.pagerank("x"),  # type: ignore[arg-type]
    "top 0": lambda: focus.top(0),
    "top −1": lambda: focus.top(-1),
    "top text": lambda: focus.top("x"),  # type: ignore[arg-type]
    "top half": lambda: focus.top(2.5),  # type: ignore[arg-type]
    "top of live scores": lambda: graph.live().top(0),
    "a name is a list": lambda: focus.score([]),  # type: ignore[arg-type]
    "an indexed name is a list": lambda: graph.index([]),  # type: ignore[arg-type]
    "neighbours of a list": lambda: graph.successors([]),  # type: ignore[arg-type]
    "edits are a number": lambda: graph.update(5),  # type: ignore[arg-type]
    "an edit is a number": lambda: graph.update([5]),  # type: ignore[list-item]
    "an edit is a dict": lambda: graph.update([{"a": 1, "b": 2}]),  # type: ignore[list-item]
    "an edited weight is text": lambda: graph.reweight("a", "b", "x"),  # type: ignore[arg-type]
    "texts are a list": lambda: graph.set_texts(["a"]),  # type: ignore[arg-type]
    "layers are text": lambda: graph.compile(layers="x"),  # type: ignore[arg-type]
    "an operator of live scores": lambda: graph.live("x"),
    "compared with nothing": lambda: compare(focus, None),  # type: ignore[arg-type]
    "a program is a number": lambda: graph.link_program(5),  # type: ignore[arg-type]
    "a root is a number": lambda: graph.name_root(5),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_told(case: str) -> None:
    with pytest.raises(InputError) as told:
        WRONG[case]()
    assert len(str(told.value)) > 10
    assert graph.link_count == 3, "nothing was half done"


def test_what_has_a_way_in_of_its_own_is_shown_it(needs: Needs) -> None:
    networkx, igraph, pandas = needs("networkx"), needs("igraph"), needs("pandas")
    for made, maker in {
        "from_networkx": networkx.path_graph(3),
        "from_igraph": igraph.Graph.Ring(3),
        "from_table": pandas.DataFrame({"source": ["a"], "target": ["b"]}),
    }.items():
        with pytest.raises(InputError, match=rf"hand it to Graph\.{made}"):
            Graph.from_edges(maker)
        assert len(getattr(Graph, made)(maker)) > 1


def test_what_is_no_number_is_named() -> None:
    for weight in ("2", None, Decimal("1.5")):
        with pytest.raises(InputError, match=r"that of link 1 is") as told:
            Graph.from_edges([("a", "b", 1.0), ("b", "c", {"weight": weight})])
        assert repr(weight) in str(told.value)


def test_edges_with_dates() -> None:
    moments = [datetime(2024, 1, 1), date(2024, 1, 1), datetime(2024, 1, 1, 1, tzinfo=CET)]
    graph = Graph.from_edges(
        [("a", name, 1, "", "", at) for name, at in zip("bcd", moments, strict=True)]
    )
    times = graph.links().time
    assert times is not None
    assert times.tolist() == [1_704_067_200_000_000] * 3
    with pytest.raises(InputError, match="integers or datetimes"):
        Graph.from_edges([("a", "b", 1, "", "", 1.5)])


def test_numbers_that_are_not_whole_are_no_names(needs: Needs) -> None:
    pandas, polars = needs("pandas"), needs("polars")
    for made in (pandas.DataFrame, polars.DataFrame):
        with pytest.raises(InputError, match="source column of the table has type Float64") as told:
            Graph.from_table(made({"source": [1.0, 2.0], "target": [2, 3]}))
        assert "astype('Int64')" in str(told.value)
    frame = pandas.DataFrame({"source": [1.0, 2.0], "target": [2, 3]}).astype("Int64")
    assert list(Graph.from_table(frame)) == [1, 2, 3]


def test_frames_that_are_no_tables(needs: Needs) -> None:
    pandas, polars = needs("pandas"), needs("polars")
    mixed = pandas.DataFrame({"source": ["a", 1], "target": ["b", "c"]})
    with pytest.raises(InputError, match="to_dict"):
        Graph.from_table(mixed)
    assert list(Graph.from_table(mixed.to_dict("records"))) == ["a", "b", 1, "c"]
    for empty in (pandas.DataFrame(), polars.DataFrame()):
        with pytest.raises(InputError, match="no columns"):
            Graph.from_table(empty)
    for made in (pandas.DataFrame, polars.DataFrame):
        assert len(Graph.from_table(made({"source": [], "target": []}))) == 0
        with pytest.raises(InputError, match=r"null|cannot be read"):
            Graph.from_table(made({"source": [None], "target": ["a"]}))
