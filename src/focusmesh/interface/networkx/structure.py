"""Degrees, triangles, clustering and cores with the arguments, results and exceptions of NetworkX."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.reasoning import core_numbers, neighbour_links

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.support.arrays import OffsetArray
    from focusmesh.interface.networkx.conversion import ConvertedGraph


def degree_centrality(G: ConvertedGraph) -> dict[Hashable, float]:
    """``networkx.degree_centrality``. O(n + m)."""
    loops = G.source[G.source == G.target]
    # The adjacency of an undirected graph has a self-loop once, where its degree counts it twice.
    return _centrality(G, (G.source, G.target) if G.is_directed() else (G.source, loops))


def in_degree_centrality(G: ConvertedGraph) -> dict[Hashable, float]:
    """``networkx.in_degree_centrality``. O(n + m)."""
    return _centrality(G, (G.target,))


def out_degree_centrality(G: ConvertedGraph) -> dict[Hashable, float]:
    """``networkx.out_degree_centrality``. O(n + m)."""
    return _centrality(G, (G.source,))


def triangles(G: ConvertedGraph, nodes: Any = None) -> Any:
    """``networkx.triangles`` of all nodes, of some, or of one. O(m^1.5) at most; self-loops do not count."""
    found = _triangles(G)
    if nodes is None:
        return dict(zip(G.nodes, found.tolist(), strict=True))
    return _of_nodes(G, nodes, found.tolist())


def clustering(G: ConvertedGraph, nodes: Any = None, weight: None = None) -> Any:
    """``networkx.clustering`` of an undirected graph without weights. O(m^1.5) at most."""
    degree, found = _degrees(G), _triangles(G)
    pairs = degree * (degree - 1)
    shares = [2 * t / p if t else 0 for t, p in zip(found.tolist(), pairs.tolist(), strict=True)]
    if nodes is None:
        return dict(zip(G.nodes, shares, strict=True))
    return _of_nodes(G, nodes, shares)


def average_clustering(
    G: ConvertedGraph, nodes: Any = None, weight: None = None, count_zeros: bool = True
) -> float:
    """``networkx.average_clustering`` of an undirected graph without weights; raises ZeroDivisionError for no node."""
    shares = list(clustering(G, nodes).values())
    counted = shares if count_zeros else [share for share in shares if share > 0]
    return float(sum(counted) / len(counted))


def transitivity(G: ConvertedGraph) -> float:
    """``networkx.transitivity`` of an undirected graph: triangles among the pairs of edges at a node."""
    degree = _degrees(G)
    closed = 2 * int(_triangles(G).sum())
    return closed / int((degree * (degree - 1)).sum()) if closed else 0


def core_number(G: ConvertedGraph) -> dict[Hashable, int]:
    """``networkx.core_number``: nodes of least degree are peeled off. O(n + m).

    Raises NetworkXNotImplemented for a graph with self-loops.
    """
    import networkx as nx

    if (G.source == G.target).any():
        raise nx.NetworkXNotImplemented(
            "Input graph has self loops which is not permitted; "
            "Consider using G.remove_edges_from(nx.selfloop_edges(G))."
        )
    return dict(zip(G.nodes, core_numbers(*_both_ways(G)).tolist(), strict=True))


def _both_ways(G: ConvertedGraph) -> tuple[OffsetArray, OffsetArray]:
    """Rows of all neighbours: of a directed graph, those of edges in and out, one that is both twice."""
    source, target = (np.asarray(ends, dtype=np.int64) for ends in (G.source, G.target))
    if G.is_directed():
        source, target = np.concatenate((source, target)), np.concatenate((target, source))
    order = np.argsort(source, kind="stable")
    counts = np.bincount(source, minlength=len(G))
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64), target[order]


def _centrality(G: ConvertedGraph, ends: Iterable[Any]) -> dict[Hashable, float]:
    if len(G) <= 1:
        return dict.fromkeys(G, 1)
    degree = sum(np.bincount(each, minlength=len(G)) for each in ends)
    scale = 1.0 / (len(G) - 1.0)
    return dict(zip(G.nodes, (np.asarray(degree) * scale).tolist(), strict=True))


def _degrees(G: ConvertedGraph) -> OffsetArray:
    """Number of distinct neighbours of each node, itself not counted."""
    rows = G.neighbours()
    apart = rows.source != rows.target
    return np.bincount(rows.source[apart], minlength=len(G)).astype(np.int64)


def _triangles(G: ConvertedGraph) -> OffsetArray:
    """Triangles at each node. O(m^1.5) at most."""
    from scipy import sparse

    rows = G.neighbours()
    apart = rows.source != rows.target
    ends = rows.source[apart], rows.target[apart]
    ones = np.ones(len(ends[0]), dtype=np.int64)
    return neighbour_links(sparse.csr_array((ones, ends), shape=(len(G), len(G))))


def _of_nodes(G: ConvertedGraph, nodes: Any, values: list[Any]) -> Any:
    """The value of one node, or a dict of those of several that are there."""
    one = G.number_of(nodes)
    if one is not None:
        return values[one]
    if not isinstance(nodes, Iterable):
        import networkx as nx

        raise nx.NetworkXError(f"Node {nodes} is not in the graph.")
    numbers = ((node, G.number_of(node)) for node in nodes)
    return {node: values[at] for node, at in numbers if at is not None}
