"""Degrees, triangles, clustering and cores with the arguments, results and exceptions of NetworkX."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.interface.networkx.neighbours import expand_rows

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.support.arrays import OffsetArray
    from focusmesh.interface.networkx.conversion import ConvertedGraph

_BLOCK = 1 << 23
"""So many products of entries are worked out at once."""


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
    """``networkx.core_number``: nodes of least degree are peeled off, round by round. O(n + m), and rounds.

    Raises NetworkXNotImplemented for a graph with self-loops.
    """
    import networkx as nx

    if (G.source == G.target).any():
        raise nx.NetworkXNotImplemented(
            "Input graph has self loops which is not permitted; "
            "Consider using G.remove_edges_from(nx.selfloop_edges(G))."
        )
    start, target = _both_ways(G)
    degree = np.diff(start)
    core = np.zeros(len(G), dtype=np.int64)
    is_left = np.ones(len(G), dtype=np.bool_)
    while is_left.any():
        least = int(degree[is_left].min())
        peeled = np.flatnonzero(is_left & (degree <= least))
        while len(peeled):
            core[peeled], is_left[peeled] = least, False
            _, ends = expand_rows(start, target, peeled)
            met = ends[is_left[ends]]
            np.subtract.at(degree, met, 1)
            peeled = np.unique(met[degree[met] <= least])
    return dict(zip(G.nodes, core.tolist(), strict=True))


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
    """Triangles at each node: edges go up by degree, so that each triangle has one lowest, middle and highest node.

    N. Chiba, T. Nishizeki, SIAM J. Comput. 14 (1985) 210: O(m^1.5) at most.
    """
    from scipy import sparse

    count, rows = len(G), G.neighbours()
    place = np.empty(count, dtype=np.int64)
    place[np.lexsort((np.arange(count), _degrees(G)))] = np.arange(count)
    source, target = place[rows.source], place[rows.target]
    up = source < target
    ones = np.ones(int(up.sum()), dtype=np.int64)
    ahead = sparse.csr_array((ones, (source[up], target[up])), shape=(count, count))
    lowest, highest = _masked_sums(ahead, ahead)
    middle, _ = _masked_sums(ahead.T.tocsr(), ahead)
    return (lowest + middle + highest)[place]


def _masked_sums(left: Any, ahead: Any) -> tuple[OffsetArray, OffsetArray]:
    """Sums of rows and of columns of ``left @ ahead`` where ``ahead`` has entries, a block of rows at a time."""
    count = ahead.shape[0]
    of_rows, of_columns = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    work = np.cumsum(left @ np.diff(ahead.indptr))
    begin = 0
    while begin < count:
        done = int(work[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(work, done + _BLOCK, side="right")))
        found = (left[begin:end] @ ahead).multiply(ahead[begin:end])
        of_rows[begin:end] += np.asarray(found.sum(axis=1)).ravel()
        of_columns += np.asarray(found.sum(axis=0)).ravel()
        begin = end
    return of_rows, of_columns


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
