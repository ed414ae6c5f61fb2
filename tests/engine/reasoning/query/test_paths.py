"""Paths against all walks of small graphs, listed one by one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.reasoning.query import paths
from focusmesh.engine.reasoning.query.plans import QuerySettings, open_query
from focusmesh.engine.reasoning.query.sources import MemoryGraph
from focusmesh.engine.reasoning.query.values import NodeValue, RelationshipValue
from focusmesh.engine.reasoning.relations import QueryLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

Walk = tuple[tuple[int, ...], tuple[int, ...]]
LINKS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6)
LENGTH_MAX = 6


def _graph(links: list[tuple[int, int]]) -> MemoryGraph:
    graph = MemoryGraph()
    for _ in range(4):
        graph.add_node([], {})
    for source, target in links:
        graph.add_relationship(source, "T", target, {})
    return graph


def _walks(links: list[tuple[int, int]]) -> Iterator[Walk]:
    """All walks of 1 … LENGTH_MAX links."""
    waiting: list[Walk] = [((node,), ()) for node in range(4)]
    while waiting:
        nodes, taken = waiting.pop()
        if taken:
            yield nodes, taken
        if len(taken) < LENGTH_MAX:
            waiting += [
                ((*nodes, target), (*taken, row))
                for row, (source, target) in enumerate(links)
                if source == nodes[-1]
            ]


def _is_lawful(walk: Walk, mode: str) -> bool:
    nodes, links = walk
    if mode == "TRAIL":
        return len(set(links)) == len(links)
    if mode == "ACYCLIC":
        return len(set(nodes)) == len(nodes)
    inner = nodes[1:-1]
    return (
        len(set(nodes[:-1])) == len(nodes) - 1
        and nodes[-1] not in inner
        and len(set(links)) == len(links)
    )


def _found(graph: MemoryGraph, pattern: str) -> list[Walk]:
    query = open_query(f"MATCH p = {pattern} RETURN p", graph, {})
    return [(row[0].nodes, row[0].relationships) for row in query.rows]  # type: ignore[union-attr]


@given(LINKS)
def test_modes_give_the_walks_that_they_allow(links: list[tuple[int, int]]) -> None:
    graph = _graph(links)
    assert Counter(_found(graph, "WALK (a)-->{1,6}(b)")) == Counter(_walks(links))
    for mode in ("TRAIL", "ACYCLIC", "SIMPLE"):
        wanted = Counter(each for each in _walks(links) if _is_lawful(each, mode))
        assert Counter(_found(graph, f"{mode} (a)-->+(b)")) == wanted
        assert Counter(_found(graph, f"{mode} (a)((x)-->(y)){{1,}}(b)")) == wanted


@given(LINKS, st.integers(1, 3))
def test_selectors_take_the_shortest(links: list[tuple[int, int]], count: int) -> None:
    graph = _graph(links)
    for mode in ("TRAIL", "ACYCLIC", "SIMPLE"):
        by_ends: dict[tuple[int, int], list[Walk]] = {}
        for walk in _walks(links):
            if _is_lawful(walk, mode):
                by_ends.setdefault((walk[0][0], walk[0][-1]), []).append(walk)
        groups, lengths = Counter[Walk](), Counter[tuple[tuple[int, int], int]]()
        for ends, walks in by_ends.items():
            known = sorted({len(taken) for _, taken in walks})[:count]
            groups.update(each for each in walks if len(each[1]) in known)
            lengths.update((ends, n) for n in sorted(len(taken) for _, taken in walks)[:count])
        assert Counter(_found(graph, f"SHORTEST {count} {mode} GROUPS (a)-->+(b)")) == groups
        found = _found(graph, f"SHORTEST {count} {mode} (a)-->+(b)")
        assert Counter(((n[0], n[-1]), len(taken)) for n, taken in found) == lengths
        assert len(set(found)) == len(found)


@given(LINKS)
def test_a_search_from_either_end_finds_the_same(links: list[tuple[int, int]]) -> None:
    graph = _graph(links)
    there = _found(graph, "ALL SHORTEST (a)-->*(m)-->(b)")
    query = open_query("MATCH (b) MATCH p = ALL SHORTEST (a)-->*(m)-->(b) RETURN p", graph, {})
    assert Counter(row[0] for row in query.rows) == Counter(paths_of(there))


def paths_of(walks: list[Walk]) -> list[object]:
    from focusmesh.engine.reasoning.query.values import PathValue

    return [PathValue(*each) for each in walks]


@given(LINKS, st.sampled_from(["-->+", "-->*", "--+", "-->{1,2}", "<--+"]))
def test_searches_that_meet_find_the_same(links: list[tuple[int, int]], hop: str) -> None:
    graph = _graph(links)
    for selector in ("ALL SHORTEST", "SHORTEST 2", "SHORTEST 2 GROUPS"):
        there = Counter(_found(graph, f"{selector} (a){hop}(b)"))
        query = open_query(f"MATCH (a), (b) MATCH p = {selector} (a){hop}(b) RETURN p", graph, {})
        found = Counter((row[0].nodes, row[0].relationships) for row in query.rows)  # type: ignore[union-attr]
        if selector == "SHORTEST 2":
            assert _ends(there) == _ends(found)
        else:
            assert there == found


def _ends(walks: Counter[Walk]) -> Counter[tuple[int, int, int]]:
    return Counter((nodes[0], nodes[-1], len(links)) for nodes, links in walks.elements())


@given(LINKS)
def test_rows_come_by_index_of_particles(links: list[tuple[int, int]]) -> None:
    graph = _graph(links)
    forward = _found(graph, "(a)-->(b)-->(c)")
    assert forward == sorted(
        forward, key=lambda each: (each[0][0], each[0][1], each[1][0], each[0][2], each[1][1])
    )
    query = open_query("MATCH (c) MATCH p = (a)-->(b)-->(c) RETURN p", graph, {})
    assert len(list(query.rows)) == len(forward)


@given(LINKS, st.sampled_from(["*", "*0..", "*1..2", "*0..1", "*..1"]), st.sampled_from(["", ">"]))
def test_ends_alone_are_those_of_all_trails(
    links: list[tuple[int, int]], hops: str, arrow: str
) -> None:
    graph = _graph(links)
    for pattern in (f"(a)-[{hops}]-{arrow}(b)", f"(a)-[{hops}]-{arrow}(a)"):
        variables = "a, b" if "(b)" in pattern else "a"
        every = open_query(f"MATCH {pattern} RETURN {variables}", graph, {})
        once = open_query(f"MATCH {pattern} RETURN DISTINCT {variables}", graph, {})
        exists = open_query(
            f"MATCH (a), (b) WHERE {pattern} RETURN DISTINCT {variables}", graph, {}
        )
        wanted = set(map(tuple, every.rows))
        found = [tuple(row) for row in once.rows]
        assert Counter(found) == Counter(wanted)
        assert {tuple(row) for row in exists.rows} == wanted


def test_reachability_lists_no_trails() -> None:
    graph = _graph([])
    for _node in range(30):
        graph.add_node([], {})
    for source in range(30):
        for target in range(30):
            graph.add_relationship(source, "T", target, {})
    query = open_query("MATCH (a)-[*]->(b) RETURN DISTINCT a, b", graph, {})
    assert len(list(query.rows)) == 900


def test_a_group_ends_without_a_search_for_longer_paths() -> None:
    graph = _graph([])
    start, end = graph.add_node([], {"name": "s"}), graph.add_node([], {"name": "t"})
    crowd = [graph.add_node([], {}) for _ in range(30)]
    for source in crowd:
        for target in crowd:
            graph.add_relationship(source, "T", target, {})
    graph.add_relationship(start, "T", crowd[0], {})
    link = graph.add_relationship(start, "T", end, {})
    text = (
        "MATCH (s {name: 's'}), (t {name: 't'}) MATCH p = ALL SHORTEST (s)-->+(t) "
        "RETURN nodes(p), relationships(p)"
    )
    few = QuerySettings(limits=QueryLimits(inferences=10_000))
    wanted = ([NodeValue(start), NodeValue(end)], [RelationshipValue(link)])
    assert list(open_query(text, graph, {}, few).rows) == [wanted]


def test_without_a_look_at_nodes_paths_are_not_acyclic(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = _graph([(0, 1), (1, 0)])
    assert len(_found(graph, "ACYCLIC (a)-->+(b)")) == 2
    monkeypatch.setattr(paths.repetition, "has_lawful_nodes", lambda *_: True)
    monkeypatch.setattr(
        "focusmesh.engine.reasoning.query.plans.patterns.has_lawful_nodes", lambda *_: True
    )
    assert len(_found(graph, "ACYCLIC (a)-->+(b)")) == 4


def test_elements_of_selected_paths_are_bound() -> None:
    graph = MemoryGraph()
    for name in "abcd":
        graph.add_node([], {"name": name})
    for source, target in ((0, 1), (1, 2), (2, 3), (0, 2)):
        graph.add_relationship(source, "T", target, {"w": source})
    query = open_query(
        "MATCH p = ALL SHORTEST (a {name: 'a'}) ((x)-[r]->(y) WHERE y.name <> 'c' OR r.w = 1){1,3}"
        " (m)-[s]->(d {name: 'd'})"
        " RETURN [e IN x | e.name] AS x, [e IN r | e.w] AS r, m.name AS m, s.w AS s, length(p) AS n",
        graph,
        {},
    )
    assert list(query.rows) == [(["a", "b"], [0, 1], "c", 2, 3)]
