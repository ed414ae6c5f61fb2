"""Operators of graphs: NetworkX beside them, both ways of computing one thing, arguments, and what is kept."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph, explain
from focusmesh.engine.reasoning import OPERATORS, OperatorAtom, operator_rows
from focusmesh.engine.reasoning.operators import cores, triangles
from focusmesh.engine.reasoning.operators.adjacency import adjacency_of
from focusmesh.engine.reasoning.operators.cores_compiled import peel
from focusmesh.errors import InputError, UnknownParticleError

if TYPE_CHECKING:
    from collections.abc import Hashable

COUNT = 9
PAIRS = st.lists(
    st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)).filter(lambda p: p[0] != p[1]),
    unique=True,
    max_size=30,
)


def graph_of(pairs: list[tuple[int, int]]) -> tuple[Graph, nx.DiGraph[int]]:
    """Both have all nodes; the weight of a link follows from its ends."""
    source, target = ([pair[at] for pair in pairs] for at in (0, 1))
    weight = [1.0 + (3 * a + b) % 5 for a, b in pairs]
    known: nx.DiGraph[int] = nx.DiGraph()
    known.add_nodes_from(range(COUNT))
    known.add_weighted_edges_from(zip(source, target, weight, strict=True))
    return Graph.from_edges(source, target, weight, particles=COUNT), known


def parts(rows: Any) -> set[frozenset[Hashable]]:
    found: dict[Hashable, set[Hashable]] = {}
    for particle, first in rows:
        found.setdefault(first, set()).add(particle)
    assert all(first == min(part) for first, part in found.items())  # type: ignore[type-var]
    return {frozenset(part) for part in found.values()}


@given(PAIRS)
def test_as_networkx(pairs: list[tuple[int, int]]) -> None:
    graph, known = graph_of(pairs)
    assert parts(graph.compute("components")) == set(
        map(frozenset, nx.weakly_connected_components(known))
    )
    strong = set(map(frozenset, nx.strongly_connected_components(known)))
    assert parts(graph.compute("strong_components")) == strong
    both = known.to_undirected()
    assert dict(graph.compute("cores")) == nx.core_number(both)
    for by, weight in (("hops", None), ("weight", "weight")):
        expected = nx.multi_source_dijkstra_path_length(
            known, {0, 3}, weight=weight or (lambda *_: 1)
        )
        assert dict(graph.compute("distances", seeds=[0, 3], by=by)) == expected
    symmetric, both = graph_of(sorted({*pairs, *((b, a) for a, b in pairs)}))
    expected = nx.clustering(both.to_undirected())
    assert dict(symmetric.compute("clustering")) == pytest.approx(expected)


@given(PAIRS, st.sampled_from(["hops", "weight", "inverse"]), st.sampled_from(["out", "in", "any"]))
def test_a_shortest_path_is_a_path_and_as_long_as_the_distance(
    pairs: list[tuple[int, int]], by: str, direction: str
) -> None:
    graph, _ = graph_of(pairs)
    links = adjacency_of(graph.snapshot()).weights(direction).toarray()
    far = dict(graph.compute("distances", seeds=0, by=by, direction=direction))
    rows = list(graph.compute("shortest_path", source=0, target=4, by=by, direction=direction))
    assert bool(rows) == (4 in far)
    way = [particle for _, particle in rows]
    assert [step for step, _ in rows] == list(range(len(way)))
    steps = [links[a, b] for a, b in pairwise(way)]
    assert all(steps)
    lengths = {"hops": len(steps), "weight": sum(steps), "inverse": sum(1 / each for each in steps)}
    if rows:
        assert (way[0], way[-1]) == (0, 4)
        assert lengths[by] == pytest.approx(far[4])


def test_paths_differ_by_what_a_link_counts() -> None:
    graph = Graph.from_edges([("a", "b", 9.0), ("b", "c", 9.0), ("a", "c", 1.0), ("d", "a", 1.0)])

    def way(by: str, direction: str = "out") -> list[str]:
        return list(
            graph.compute("shortest_path", source="a", target="c", by=by, direction=direction)["p"]
        )

    assert way("hops") == way("weight") == ["a", "c"]
    assert way("inverse") == ["a", "b", "c"]
    assert way("hops", "in") == []
    assert dict(graph.compute("distances", seeds="a", direction="in")) == {"a": 0.0, "d": 1.0}
    assert dict(graph.compute("distances", seeds="d", within=1)) == {"d": 0.0, "a": 1.0}


@given(st.integers(1, 60), st.integers(0, 200), st.integers(0, 2**32))
def test_both_ways_of_computing_agree(count: int, links: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    ends = chance.integers(0, count, (2, links))
    snapshot = Graph.from_edges(ends[0], ends[1], particles=count).snapshot()
    neighbours = adjacency_of(snapshot).neighbours()
    rows = neighbours.indptr.astype(np.int64), neighbours.indices.astype(np.int64)
    peeled = np.zeros(count, dtype=np.int64)
    peel(*rows, peeled)
    assert peeled.tolist() == cores.peel_by_layers(*rows).tolist()
    slices: list[int] = []
    compiled = triangles.count_one_by_one(neighbours, lambda: slices.append(1), slice_links=7)
    assert compiled.tolist() == triangles.count_by_products(neighbours, lambda: None).tolist()
    assert slices


def test_cores_of_a_long_chain_and_a_clique() -> None:
    chain = [(at, at + 1) for at in range(3_000)]
    clique = [(a, b) for a in range(4_000, 4_006) for b in range(4_000, a)]
    found = dict(Graph.from_edges([*chain, *clique]).compute("cores"))
    assert {found[at] for at in range(3_001)} == {1}
    assert {found[at] for at in range(4_000, 4_006)} == {5}


def test_communities_are_two_cliques_and_a_bridge() -> None:
    def clique(names: str) -> list[tuple[str, str]]:
        return [(a, b) for a in names for b in names if a != b]

    graph = Graph.from_edges([*clique("abcd"), *clique("wxyz"), ("d", "w")])
    found = dict(graph.compute("label_propagation"))
    assert [found[name] for name in "abcdwxyz"] == ["a"] * 4 + ["w"] * 4
    assert dict(graph.compute("label_propagation", rounds=0)) == {name: name for name in "abcdwxyz"}


def test_scores_are_those_of_the_graph_within_their_bounds() -> None:
    graph = Graph.from_edges([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
    focus = graph.focus(tolerance=1e-12)
    for particle, score, bound in graph.compute("focus"):
        assert 0 < bound <= 1e-9
        assert abs(score - focus[particle]) <= bound + focus.bound
    context = graph.focus(seeds=["d"], tolerance=1e-12)
    rows = list(graph.compute("context", seeds="d"))
    assert {particle for particle, _, _ in rows} == set("abcd")
    assert all(abs(score - context[particle]) <= 2e-9 for particle, score, _ in rows)
    assert [score for _, score, _ in rows] == sorted((score for _, score, _ in rows), reverse=True)
    assert len(graph.compute("focus", least=0.25)) < 4
    assert list(graph.compute("context", seeds=[])) == []


def test_a_graph_without_links_or_particles() -> None:
    bare, empty = Graph.from_edges([], [], particles=3), Graph.from_edges([])
    arguments: dict[str, dict[str, Any]] = {
        "shortest_path": {"source": 0, "target": 2},
        "explain": {"seeds": 1, "target": 2},
        "recall": {"question": "nothing"},
        **{name: {"seeds": 1} for name in ("distances", "context", "walk")},
    }
    fewer = {"shortest_path": 0, "explain": 0, "recall": 0, "distances": 1, "walk": 2}
    for name in OPERATORS.names():
        given = arguments.get(name, {})
        assert len(list(bare.compute(name, **given))) == fewer.get(name, 3)
        if not given:
            assert list(empty.compute(name)) == []
    same = list(bare.compute("shortest_path", source=1, target=1))
    assert same == [(0, 1)]


def test_answers_are_columns_and_rows_and_are_kept_until_an_edit() -> None:
    graph = Graph.from_edges([("a", "b"), ("b", "c")])
    first = graph.compute("distances", seeds="a")
    assert first.columns == ("p", "distance")
    assert (first["p"], first["distance"]) == (["a", "b", "c"], [0.0, 1.0, 2.0])
    assert list(first.top(1)) == [("a", 0.0)]
    with pytest.raises(KeyError, match="there are p, distance"):
        first["far"]
    assert graph.compute("distances", seeds=["a"]) is first
    for at in range(20):
        graph.compute("label_propagation", rounds=at)
    assert graph.compute("distances", seeds="a") is not first
    graph.link("c", "d")
    assert dict(graph.compute("distances", seeds="a"))["d"] == 3.0


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("componets", {}, "did you mean @components"),
        ("components", {"k": 1}, "no argument 'k'; it has: none"),
        ("distances", {}, "needs seeds"),
        (
            "distances",
            {"seeds": "a", "by": "miles"},
            "by is one of hops, weight, inverse, not 'miles'",
        ),
        ("distances", {"seeds": "a", "within": -1}, "within is at least 0, not '-1'"),
        ("distances", {"seeds": "a", "within": "far"}, "within is a number"),
        ("distances", {"seeds": "a", "within": math.nan}, "within is at least 0"),
        ("label_propagation", {"rounds": 1.5}, "rounds is a whole number"),
        ("label_propagation", {"rounds": True}, "rounds is a whole number"),
        ("label_propagation", {"rounds": 10**6}, "rounds is at most 1,000"),
        ("focus", {"operator": 3}, "operator is one of focus, pagerank"),
    ],
)
def test_arguments_that_do_not_fit_are_told(name: str, given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Graph.from_edges([("a", "b")]).compute(name, **given)


def test_a_particle_that_is_not_there_is_told_with_close_names() -> None:
    graph = Graph.from_edges([("apple", "pear")])
    with pytest.raises(UnknownParticleError, match="close names: apple"):
        graph.compute("distances", seeds="appel")
    with pytest.raises(UnknownParticleError):
        graph.compute("shortest_path", source="apple", target="plum")


class _StopError(Exception):
    pass


@pytest.mark.parametrize("atom", [OPERATORS.find("distances"), OPERATORS.find("label_propagation")])
def test_work_can_be_stopped_and_leaves_nothing(atom: OperatorAtom) -> None:
    snapshot = Graph.from_edges([("a", "b"), ("b", "c")]).snapshot()
    given = {"seeds": "a"} if atom.name == "distances" else {}

    def tick() -> None:
        raise _StopError

    with pytest.raises(_StopError):
        operator_rows(snapshot, atom, given, tick)
    assert len(operator_rows(snapshot, atom, given)) == 3


NOTES = Graph.from_edges(
    [("app", "web", 2.0), ("web", "http", 1.0), ("http", "tls", 4.0), ("app", "tls", 9.0)]
)


@pytest.mark.parametrize("operator", ["focus", "pagerank"])
def test_a_walk_is_that_of_the_graph(operator: str) -> None:
    walked = NOTES.walk(["app"], 3, seed=5, params=operator)
    rows = list(NOTES.compute("walk", seeds="app", steps=3, seed=5, operator=operator))
    steps = [(step.particle, step.score, step.bound) for step in walked]
    assert rows == [(at, *step) for at, step in enumerate(steps, 1)]
    assert rows != list(NOTES.compute("walk", seeds="web", steps=3, seed=5, operator=operator))


def test_an_explanation_has_its_walks_step_by_step() -> None:
    told = explain(NOTES, ["app"], "tls", walks=3)
    rows = list(NOTES.compute("explain", seeds="app", target="tls", walks=3))
    expected = [
        (number, step, particle, walk.share)
        for number, walk in enumerate(told.walks, 1)
        for step, particle in enumerate(walk.particles)
    ]
    assert rows == expected
    assert rows[0][2] == "app"
    assert [*NOTES.compute("explain", seeds="app", target="tls", walks=0)] == []


def test_recall_lists_what_the_graph_recalls_and_follows_edits() -> None:
    pytest.importorskip("tantivy")
    graph = Graph.from_edges([("app", "web"), ("web", "http"), ("http", "tls")])
    for _ in range(2):
        told = graph.recall("web http", 3, effort="balanced")
        expected = [(each.particle, each.value, each.score, each.bound) for each in told.items]
        assert list(graph.compute("recall", question="web http", top=3)) == expected
        graph.link("tls", "web http proxy")
    assert expected[0][0] != "app"
    asked = Graph.from_edges([("app", "web"), ("web", "http")])
    view = asked.rules("""found(p) :- @recall[question="proxy"](p, _, _, _).""")
    assert list(view["found"]) == []
    asked.link("http", "proxy")
    assert ("proxy",) in view["found"]


@pytest.mark.parametrize("name", ["walk", "explain"])
def test_rules_may_have_no_seeds_yet(name: str) -> None:
    more = ', target="tls"' if name == "explain" else ""
    view = NOTES.rules(f"""
        start(p) :- axon(p, p, _).
        seen(p) :- @{name}[seeds=start{more}](_, {"_, p" if more else "p, _"}, _).
    """)
    assert list(view["seen"]) == []
