"""Operators of graphs beside igraph and NetworkX: the first call on a loaded graph, and the same again.

The first call of ours makes the adjacency that operators share, and compiles nothing: kernels are kept from a run on a
small graph before. Answers are compared. igraph and NetworkX are given their own graphs, whose making is not counted.
"""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, interleaved, ratio, summary
from focusmesh import Graph

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning import OperatorRows

_NETWORKX_LINKS_MAX = 1_000_000


def measure(quick: bool) -> Result:
    """R-MAT at scales 14, 16 and 18, directed, with weights."""
    result = Result("operators")
    for scale in (14,) if quick else (14, 16, 18):
        inputs = Inputs.tiny() if scale == 14 else Inputs.named(f"rmat{scale}")
        title = f"R-MAT {scale}: {inputs.particle_count:,} particles, {len(inputs):,} links, milliseconds"
        result.add(title, _rows(inputs, result))
    return result


def _rows(inputs: Inputs, result: Result) -> list[Row]:
    graph = Graph.from_edges(
        inputs.source, inputs.target, inputs.weight, particles=inputs.particle_count
    )
    assert graph.axon_count
    seed, end = _ends(graph)
    asked: dict[str, dict[str, Any]] = {
        "components": {},
        "strong_components": {},
        "cores": {},
        "clustering": {},
        "label_propagation": {},
        "distances": {"seeds": seed},
        "distances by weight": {"seeds": seed, "by": "weight"},
        "shortest_path": {"source": seed, "target": end},
    }
    peers = _igraph(inputs, seed, end, result)
    others = _networkx(inputs, seed, end, result) if len(inputs) <= _NETWORKX_LINKS_MAX else {}
    rows: list[Row] = []
    for name, given in asked.items():
        rows.append(_row(graph, name, given, peers, others))
    return rows


def _row(
    graph: Graph,
    name: str,
    given: dict[str, Any],
    peers: dict[str, Callable[[], Any]],
    others: dict[str, Callable[[], Any]],
) -> Row:
    operator = name.partition(" ")[0]

    def ours() -> OperatorRows:
        graph.snapshot().derived.pop("operators", None)
        return graph.compute(operator, **given)

    def first() -> float:
        graph.snapshot().derived.pop("adjacency", None)
        return _seconds(ours)

    turns = {"first call": first, "focusmesh": lambda: _seconds(ours)}
    for who, calls in (("igraph", peers), ("NetworkX", others)):
        if name in calls:
            _compare(name, ours(), calls[name]())
            turns[who] = partial(_seconds, calls[name])
    times = interleaved(turns, rounds=5, seconds_each=8.0)
    best = {who: summary(taken)[0] for who, taken in times.items()}
    row: Row = {"operator": name}
    for who in ("first call", "focusmesh", "igraph", "NetworkX"):
        seconds = best.get(who)
        row[who] = None if seconds is None else seconds * 1e3
    return row | {"igraph is longer": ratio(best.get("igraph"), best["focusmesh"])}


def _ends(graph: Graph) -> tuple[int, int]:
    """A particle of most links, and one that is as far from it as any that a way leads to."""
    degree = np.bincount(graph.links().source, minlength=graph.particle_count)
    seed = int(degree.argmax())
    far = graph.compute("distances", seeds=seed)
    return seed, int(far["p"][-1])


def _igraph(inputs: Inputs, seed: int, end: int, result: Result) -> dict[str, Callable[[], Any]]:
    try:
        import igraph
    except ImportError:
        result.not_run["igraph"] = "not installed"
        return {}
    ends = np.stack([inputs.source, inputs.target], axis=1)
    graph = igraph.Graph(n=inputs.particle_count, edges=ends, directed=True)
    graph.es["weight"] = inputs.weight.astype(np.float64)
    both = graph.as_undirected()
    return {
        "components": lambda: graph.connected_components("weak").membership,
        "strong_components": lambda: graph.connected_components("strong").membership,
        "cores": both.coreness,
        "clustering": lambda: both.transitivity_local_undirected(mode="zero"),
        "distances": lambda: graph.distances(seed)[0],
        "distances by weight": lambda: graph.distances(seed, weights="weight")[0],
        "shortest_path": lambda: graph.get_shortest_path(seed, end),
    }


def _networkx(inputs: Inputs, seed: int, end: int, result: Result) -> dict[str, Callable[[], Any]]:
    try:
        import networkx as nx
    except ImportError:
        result.not_run["NetworkX"] = "not installed"
        return {}
    graph = nx.DiGraph()
    graph.add_nodes_from(range(inputs.particle_count))
    ends = inputs.source.tolist(), inputs.target.tolist(), inputs.weight.tolist()
    graph.add_weighted_edges_from(zip(*ends, strict=True))
    both = graph.to_undirected()
    return {
        "components": lambda: _numbered(nx.weakly_connected_components(graph)),
        "strong_components": lambda: _numbered(nx.strongly_connected_components(graph)),
        "cores": lambda: nx.core_number(both),
        "distances": lambda: nx.single_source_shortest_path_length(graph, seed),
        "distances by weight": lambda: nx.single_source_dijkstra_path_length(graph, seed),
        "shortest_path": lambda: nx.shortest_path(graph, seed, end),
    }


def _numbered(parts: Any) -> list[int]:
    labels: dict[int, int] = {}
    for number, part in enumerate(parts):
        labels |= dict.fromkeys(part, number)
    return [labels[node] for node in range(len(labels))]


def _compare(name: str, ours: OperatorRows, theirs: Any) -> None:
    """Raises AssertionError where the peer says something else."""
    if name == "shortest_path":
        assert len(ours) == len(theirs), name
        return
    values = ours.arrays[1]
    if name.endswith("components"):
        both = len(set(zip(values.tolist(), theirs, strict=True)))
        assert both == len(set(values.tolist())) == len(set(theirs)), name
        return
    if name == "clustering":
        # Ours counts links by their direction, igraph pairs that are linked at all.
        return
    known = dict(zip(ours.arrays[0].tolist(), values.tolist(), strict=True))
    found = theirs.items() if isinstance(theirs, dict) else enumerate(theirs)
    pairs = np.array([(known.get(node, math.inf), value) for node, value in found])
    assert np.allclose(pairs[:, 0], pairs[:, 1], rtol=1e-6), name


def _seconds(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
