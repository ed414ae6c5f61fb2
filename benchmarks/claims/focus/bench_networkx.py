"""The NetworkX backend: the same calls on the same NetworkX graphs, with ``backend="focusmesh"`` and without.

A first call converts the graph, later ones find the conversion in the graph's cache; NetworkX converts at every call.
Both run in this process and take turns; ``largest_difference`` says how far their scores are apart.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import networkx as nx

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, interleaved, ratio, summary

if TYPE_CHECKING:
    from collections.abc import Callable

_FUNCTIONS = ("pagerank", "hits")
_OF_UNDIRECTED: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("number_connected_components", ()),
    ("single_source_shortest_path_length", (0,)),
    ("triangles", ()),
    ("core_number", ()),
)
_BACKEND = "focusmesh"


def measure(quick: bool) -> Result:
    """R-MAT at scales 14 and 16, weighted, as a DiGraph; components, paths, triangles and cores of it as a Graph."""
    result = Result("networkx")
    for scale in (14,) if quick else (14, 16):
        inputs = Inputs.tiny() if scale == 14 else Inputs.named(f"rmat{scale}")
        graph = _graph(inputs)
        title = f"R-MAT {scale}: {inputs.particle_count:,} nodes, {len(inputs):,} edges"
        with nx.config(warnings_to_ignore={"cache"}):
            rows = [row for name in _FUNCTIONS for row in _rows(name, (graph,))]
            both_ways = graph.to_undirected()
            both_ways.remove_edges_from(list(nx.selfloop_edges(both_ways)))
            for name, words in _OF_UNDIRECTED:
                rows += _rows(name, (both_ways, *words))
            result.add(title, rows)
    return result


def _graph(inputs: Inputs) -> Any:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(inputs.particle_count))
    ends = (inputs.source.tolist(), inputs.target.tolist(), inputs.weight.tolist())
    graph.add_weighted_edges_from(zip(*ends, strict=True))
    return graph


def _rows(name: str, words: tuple[Any, ...]) -> list[Row]:
    function, graph = getattr(nx, name), words[0]

    def first() -> float:
        graph.__networkx_cache__.clear()
        return _seconds(lambda: function(*words, backend=_BACKEND))

    turns = {
        f"{name}, NetworkX": lambda: _seconds(lambda: function(*words, backend="networkx")),
        f"{name}, {_BACKEND}, first call": first,
        f"{name}, {_BACKEND}, later calls": lambda: _seconds(
            lambda: function(*words, backend=_BACKEND)
        ),
    }
    difference = _difference(
        function(*words, backend="networkx"), function(*words, backend=_BACKEND)
    )
    times = interleaved(turns, rounds=5, seconds_each=10.0)
    peer, _ = summary(times[f"{name}, NetworkX"])
    return [
        {
            "call": what,
            "best_s": summary(taken)[0],
            "median_s": summary(taken)[1],
            "NetworkX_is_longer": ratio(peer, summary(taken)[0]),
            "largest_difference": difference,
            "runs": len(taken),
        }
        for what, taken in times.items()
    ]


def _seconds(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _difference(theirs: Any, ours: Any) -> float:
    """The largest between two scores of a node, or between two numbers."""
    if isinstance(theirs, int):
        return float(abs(theirs - ours))
    pairs = zip(theirs, ours, strict=True) if isinstance(theirs, tuple) else [(theirs, ours)]
    largest: float = max(abs(peer[node] - own[node]) for peer, own in pairs for node in peer)
    return largest
