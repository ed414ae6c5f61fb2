"""Breadth-first search and shortest paths with the arguments, results and exceptions of NetworkX."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from focusmesh.interface.networkx.conversion import ConvertedGraph
    from focusmesh.interface.networkx.neighbours import Layer


def bfs_layers(
    G: ConvertedGraph, sources: Hashable | Iterable[Hashable]
) -> Iterator[list[Hashable]]:
    """``networkx.bfs_layers``: nodes by their distance from one or several. O(n + m)."""
    several: Any = [sources] if G.number_of(sources) is not None else sources
    starts = [
        _require(G, node, "The node {} is not in the graph.") for node in dict.fromkeys(several)
    ]
    for layer in G.neighbours().layers(np.array(starts, dtype=np.int64)):
        yield _names(G, layer)


def descendants(G: ConvertedGraph, source: Hashable) -> set[Hashable]:
    """``networkx.descendants``: what can be reached from a node, without that. O(n + m)."""
    _require(G, source, _unknown(G))
    return reach(G, source)


def ancestors(G: ConvertedGraph, source: Hashable) -> set[Hashable]:
    """``networkx.ancestors``: what a node can be reached from, without that. O(n + m)."""
    _require(G, source, _unknown(G))
    return reach(G, source, backward=True)


def descendants_at_distance(G: ConvertedGraph, source: Hashable, distance: int) -> set[Hashable]:
    """``networkx.descendants_at_distance``. O(n + m)."""
    _require(G, source, "The node {} is not in the graph.")
    for at, layer in enumerate(_layers(G, source)):
        if at == distance:
            return set(_names(G, layer))
    return set()


def has_path(G: ConvertedGraph, source: Hashable, target: Hashable) -> bool:
    """``networkx.has_path``. O(n + m)."""
    end = _ends(G, source, target)
    return any(end in layer.nodes for layer in _layers(G, source))


def shortest_path(
    G: ConvertedGraph,
    source: Hashable,
    target: Hashable,
    weight: None = None,
    method: str = "dijkstra",
) -> list[Hashable]:
    """``networkx.shortest_path`` between two nodes by number of edges: the one that is met first. O(n + m)."""
    end, met = _ends(G, source, target), dict[int, int]()
    for layer in _layers(G, source):
        met.update(zip(layer.nodes.tolist(), layer.parents.tolist(), strict=True))
        if end in met:
            return [G.nodes[at] for at in _way(met, end)]
    raise _no_path(source, target)


def shortest_path_length(
    G: ConvertedGraph,
    source: Hashable,
    target: Hashable,
    weight: None = None,
    method: str = "dijkstra",
) -> int:
    """``networkx.shortest_path_length`` between two nodes, in edges. O(n + m)."""
    end = _ends(G, source, target)
    for distance, layer in enumerate(_layers(G, source)):
        if end in layer.nodes:
            return distance
    raise _no_path(source, target)


def single_source_shortest_path(
    G: ConvertedGraph, source: Hashable, cutoff: float | None = None
) -> dict[Hashable, list[Hashable]]:
    """``networkx.single_source_shortest_path``: the way that is met first to each node. O(n + m + length of paths)."""
    _require(G, source, "Source {} not in G", missing=True)
    paths: dict[int, list[Hashable]] = {}
    for layer in _within(_layers(G, source), cutoff):
        for node, parent in zip(layer.nodes.tolist(), layer.parents.tolist(), strict=True):
            paths[node] = [*paths.get(parent, ()), G.nodes[node]]
    return {G.nodes[node]: path for node, path in paths.items()}


def single_source_shortest_path_length(
    G: ConvertedGraph, source: Hashable, cutoff: float | None = None
) -> dict[Hashable, int]:
    """``networkx.single_source_shortest_path_length``, nearest first. O(n + m)."""
    _require(G, source, "Source {} is not in G", missing=True)
    return _distances(G, _within(_layers(G, source), cutoff))


def single_target_shortest_path_length(
    G: ConvertedGraph, target: Hashable, cutoff: float | None = None
) -> dict[Hashable, int]:
    """``networkx.single_target_shortest_path_length``, nearest first. O(n + m)."""
    _require(G, target, "Target {} is not in G", missing=True)
    return _distances(G, _within(_layers(G, target, backward=True), cutoff))


def all_pairs_shortest_path_length(
    G: ConvertedGraph, cutoff: float | None = None
) -> Iterator[tuple[Hashable, dict[Hashable, int]]]:
    """``networkx.all_pairs_shortest_path_length``, node by node. O(n · (n + m))."""
    for node in G:
        yield node, _distances(G, _within(_layers(G, node), cutoff))


def single_source_dijkstra_path_length(
    G: ConvertedGraph,
    source: Hashable,
    cutoff: float | None = None,
    weight: Hashable | None = "weight",
) -> dict[Hashable, float]:
    """``networkx.single_source_dijkstra_path_length``, nearest first; of parallel edges the shortest counts.

    Integer weights give integers. Raises NotImplementedError for weights below 0. O(m log n).
    """
    from scipy.sparse.csgraph import dijkstra

    start = _require(G, source, "Node {} not found in graph", missing=True)
    lengths, is_whole = G.lengths(weight)
    limit = math.inf if cutoff is None else cutoff
    found = dijkstra(lengths, indices=start, limit=limit) if limit >= 0 else np.full(len(G), np.inf)
    found[start] = 0
    order = np.argsort(found, kind="stable")
    reached = order[np.isfinite(found[order])].tolist()
    number = int if is_whole else float
    return {G.nodes[at]: number(found[at]) for at in reached}


def reach(G: ConvertedGraph, source: Hashable, *, backward: bool = False) -> set[Hashable]:
    """Every node that can be reached from ``source``, without that. O(n + m)."""
    layers = iter(_layers(G, source, backward=backward))
    next(layers)
    return {name for layer in layers for name in _names(G, layer)}


def _layers(G: ConvertedGraph, source: Hashable, *, backward: bool = False) -> Iterator[Layer]:
    start = np.array([G.number_of(source)], dtype=np.int64)
    return G.neighbours(backward=backward).layers(start)


def _within(layers: Iterator[Layer], cutoff: float | None) -> Iterator[Layer]:
    """Layers to a distance, half ones rounded up as NetworkX does; that of 0 is always there."""
    if cutoff is None or cutoff == math.inf:
        return layers
    return islice(layers, max(math.ceil(cutoff), 0) + 1)


def _distances(G: ConvertedGraph, layers: Iterator[Layer]) -> dict[Hashable, int]:
    return {name: far for far, layer in enumerate(layers) for name in _names(G, layer)}


def _names(G: ConvertedGraph, layer: Layer) -> list[Hashable]:
    return [G.nodes[at] for at in layer.nodes.tolist()]


def _unknown(G: ConvertedGraph) -> str:
    return f"The node {{}} is not in the {'digraph' if G.is_directed() else 'graph'}."


def _way(met: dict[int, int], end: int) -> list[int]:
    way = [end]
    while met[way[-1]] != way[-1]:
        way.append(met[way[-1]])
    return way[::-1]


def _ends(G: ConvertedGraph, source: Hashable, target: Hashable) -> int:
    """The number of the target; raises NodeNotFound where either is not there."""
    import networkx as nx

    end = G.number_of(target)
    if G.number_of(source) is None:
        raise nx.NodeNotFound(f"Source {source} is not in G")
    if end is None:
        raise nx.NodeNotFound(f"Target {target} is not in G")
    return end


def _require(G: ConvertedGraph, node: Hashable, message: str, *, missing: bool = False) -> int:
    """The number of a node that must be there."""
    import networkx as nx

    found = G.number_of(node)
    if found is None:
        raise (nx.NodeNotFound if missing else nx.NetworkXError)(message.format(node))
    return found


def _no_path(source: Hashable, target: Hashable) -> Any:
    import networkx as nx

    return nx.NetworkXNoPath(f"No path between {source} and {target}.")
