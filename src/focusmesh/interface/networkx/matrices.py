"""Matrices of a converted graph, in node order, with the arguments and results of NetworkX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.interface.networkx.conversion import ConvertedGraph
from focusmesh.interface.networkx.ranking import personal_shares, shares

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import FloatArray


def to_scipy_sparse_array(
    G: ConvertedGraph,
    nodelist: list[Hashable] | None = None,
    dtype: Any = None,
    weight: Hashable | None = "weight",
    format: str = "csr",
) -> Any:
    """``networkx.to_scipy_sparse_array`` for all nodes in their order. O(n + m)."""
    import networkx as nx
    from scipy import sparse

    if not len(G):
        raise nx.NetworkXError("Graph has no nodes or edges")
    entries = (G.column(weight), (G.source, G.target))
    matrix = sparse.coo_array(entries, shape=(len(G), len(G)), dtype=dtype)
    matrix.sum_duplicates()
    try:
        return matrix.asformat(format)
    except ValueError as error:
        raise nx.NetworkXError(f"Unknown sparse matrix format: {format}") from error


def to_numpy_array(
    G: ConvertedGraph,
    nodelist: list[Hashable] | None = None,
    dtype: Any = None,
    order: Any = None,
    multigraph_weight: Any = sum,
    weight: Hashable | None = "weight",
    nonedge: float = 0.0,
) -> npt.NDArray[Any]:
    """``networkx.to_numpy_array`` for all nodes in their order, 0 where there is no edge. O(n²)."""
    column = G.column(weight)
    dense = np.zeros((len(G), len(G)), dtype=column.dtype)
    np.add.at(dense, (G.source, G.target), column)
    return dense.astype(np.dtype(dtype), order=order or "C")


def google_matrix(
    G: ConvertedGraph,
    alpha: float = 0.85,
    personalization: Mapping[Hashable, float] | None = None,
    nodelist: list[Hashable] | None = None,
    weight: Hashable | None = "weight",
    dangling: Mapping[Hashable, float] | None = None,
) -> FloatArray:
    """``networkx.google_matrix`` for the nodes in the order of ``nodelist``. O(n²)."""
    nodes = G.nodes if nodelist is None else nodelist
    dense: FloatArray = to_numpy_array(G, weight=weight)
    if nodelist is not None:
        number = {node: i for i, node in enumerate(G.nodes)}
        chosen = [number[node] for node in nodelist]
        dense = dense[np.ix_(chosen, chosen)]
    if not len(nodes):
        return dense
    teleport = personal_shares(nodes, personalization)
    landing = teleport if dangling is None else shares(nodes, dangling)
    dense[dense.sum(axis=1) == 0] = landing
    dense /= dense.sum(axis=1)[:, np.newaxis]
    matrix: FloatArray = alpha * dense + (1 - alpha) * teleport
    return matrix


def stochastic_graph(
    G: ConvertedGraph, copy: bool = True, weight: Hashable = "weight"
) -> ConvertedGraph:
    """``networkx.stochastic_graph``: each weight divided by its source's total. O(n + m)."""
    if not G.is_directed():
        import networkx as nx

        raise nx.NetworkXNotImplemented("not implemented for undirected type")
    amounts = G.column(weight).astype(np.float64)
    total = np.bincount(G.source, amounts, minlength=len(G))[G.source]
    divided = np.divide(amounts, total, out=np.zeros_like(amounts), where=total != 0)
    return ConvertedGraph(
        *(G.nodes, G.source, G.target, {**G.attributes, weight: divided}),
        directed=True,
        keys=G.keys,
        graph=G.graph,
    )
