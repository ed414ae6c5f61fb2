"""Single look-ups in WordNet beside NetworkX: one shortest path, and the particles that have a value of a property."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from benchmarks.harness import Result, Row
    from focusmesh import Graph

KEY = "number"


def lookup_rows(graph: Graph, chance: random.Random, count: int, result: Result) -> list[Row]:
    """The p50 of questions that differ; both sides find paths of one length, and the same particles."""
    names = list(graph.particles)
    graph.set_properties({name: {KEY: f"n{at}"} for at, name in enumerate(names)})
    graph.snapshot()
    pairs = [(chance.choice(names), chance.choice(names)) for _ in range(count)]
    values = [f"n{chance.randrange(len(names))}" for _ in range(count)]
    graph.compute("shortest_path", source=names[0], target=names[1])
    graph.find(**{KEY: values[0]})
    ways, path = _timed(lambda pair: _hops(graph, *pair), pairs)
    owners, find = _timed(lambda value: graph.find(**{KEY: value}), values)
    rule, derived = _timed(lambda value: _derived(graph, value), values)
    assert rule == owners, "a rule finds what the index does"
    rows: list[Row] = [
        {"of": "a shortest path", "focusmesh": path},
        {"of": "a value of a property", "focusmesh": find},
        {"of": "the same by a rule", "focusmesh": derived},
    ]
    peer = _networkx(graph, pairs, values, (ways, owners), result)
    return [row | {"NetworkX": taken} for row, taken in zip(rows, peer, strict=True)]


def _hops(graph: Graph, source: Any, target: Any) -> int:
    """How many links a path has; -1 where no way leads."""
    return len(graph.compute("shortest_path", source=source, target=target)) - 1


def _derived(graph: Graph, value: str) -> list[Any]:
    return [name for (name,) in graph.rules(f'p(x) :- property(x, "{KEY}", "{value}").')["p"]]


def _networkx(
    graph: Graph,
    pairs: Sequence[Any],
    values: Sequence[str],
    found: tuple[list[Any], list[Any]],
    result: Result,
) -> list[float | None]:
    try:
        import networkx as nx
    except ImportError:
        result.not_run["NetworkX"] = "not installed"
        return [None, None, None]
    links = graph.snapshot().links()
    names = list(graph.particles)
    other = nx.DiGraph()
    other.add_nodes_from((name, {KEY: f"n{at}"}) for at, name in enumerate(names))
    other.add_edges_from(
        (names[source], names[target])
        for source, target in zip(links.source.tolist(), links.target.tolist(), strict=True)
    )

    def path(pair: Any) -> int:
        try:
            return len(nx.shortest_path(other, *pair)) - 1
        except nx.NetworkXNoPath:
            return -1

    ways, taken = _timed(path, pairs)
    assert ways == found[0], "paths of one length"
    few = values[:5]
    owners, scanned = _timed(
        lambda value: [node for node, kept in other.nodes(data=KEY) if kept == value], few
    )
    assert owners == found[1][:5], "the same particles"
    return [taken, scanned, scanned]


def _timed(ask: Callable[[Any], Any], questions: Sequence[Any]) -> tuple[list[Any], float]:
    """The answers, and the p50 in milliseconds."""
    answers, taken = list[Any](), list[float]()
    for question in questions:
        begun = time.perf_counter()
        answers.append(ask(question))
        taken.append(time.perf_counter() - begun)
    return answers, statistics.median(taken) * 1e3
