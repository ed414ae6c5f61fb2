"""The object that NetworkX calls: functions by NetworkX's names, conversions, and what can be run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.interface.networkx import matrices, ranking
from focusmesh.interface.networkx.converted import ConvertedGraph, converted, is_view, settled
from focusmesh.interface.networkx.focusing import converted_focus

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

_PARAMETERS = {
    "focus": ("params", "tolerance", "seeds", "beta", "weight"),
    "google_matrix": ("alpha", "personalization", "nodelist", "weight", "dangling"),
    "hits": ("max_iter", "tol", "nstart", "normalized"),
    "pagerank": (
        *("alpha", "personalization", "max_iter", "tol", "nstart"),
        *("weight", "dangling"),
    ),
    "stochastic_graph": ("copy", "weight"),
    "to_numpy_array": (
        *("nodelist", "dtype", "order", "multigraph_weight"),
        *("weight", "nonedge"),
    ),
    "to_scipy_sparse_array": ("nodelist", "dtype", "weight", "format"),
}
"""Names of the arguments after the graph, by function."""


class Backend:
    """The entry point ``networkx.backends``."""

    pagerank = staticmethod(ranking.pagerank)
    hits = staticmethod(ranking.hits)
    focus = staticmethod(converted_focus)
    google_matrix = staticmethod(matrices.google_matrix)
    stochastic_graph = staticmethod(matrices.stochastic_graph)
    to_numpy_array = staticmethod(matrices.to_numpy_array)
    to_scipy_sparse_array = staticmethod(matrices.to_scipy_sparse_array)

    @staticmethod
    def convert_from_nx(
        graph: Any,
        *,
        edge_attrs: Mapping[Hashable, Any] | None = None,
        node_attrs: Mapping[Hashable, Any] | None = None,
        preserve_edge_attrs: bool = False,
        preserve_node_attrs: bool = False,
        preserve_graph_attrs: bool = False,
        name: str | None = None,
        graph_name: str | None = None,
    ) -> ConvertedGraph:
        """``graph`` as arrays, with the edge attributes that are named. O(n + m).

        Raises NotImplementedError for attributes that arrays of numbers do not hold.
        """
        if preserve_edge_attrs or node_attrs or preserve_node_attrs:
            raise NotImplementedError("focusmesh keeps only edge attributes that are named")
        if not is_view(graph):
            return converted(graph, edge_attrs)
        # A view's cache outlives changes of the graph that it shows; None is NetworkX's word for "keep nothing".
        graph.__networkx_cache__ = None
        return converted(settled(graph), edge_attrs)

    @staticmethod
    def convert_to_nx(result: Any, *, name: str | None = None) -> Any:
        """A converted graph as a NetworkX graph; anything else as it is."""
        return result.to_networkx() if isinstance(result, ConvertedGraph) else result

    @staticmethod
    def can_run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | str:
        """True, or why these arguments are left to NetworkX. Negative weights are found at the conversion."""
        if name not in _PARAMETERS:
            return f"focusmesh has no {name}"
        given = dict(zip(("G", *_PARAMETERS[name]), args, strict=False)) | kwargs
        weight = given.get("weight")
        if callable(weight) or isinstance(weight, bool):
            return "the weight must be None or the name of an edge attribute"
        return _CHECKS[name](given) if name in _CHECKS else True

    @staticmethod
    def should_run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Always: a conversion costs no more than the one that NetworkX makes at every call, and is kept."""
        return True


def _whole_matrix(given: Mapping[str, Any]) -> bool | str:
    """Whether a matrix of all nodes in their order is asked for, with nothing special."""
    nodes = given.get("nodelist")
    if nodes is not None and list(nodes) != list(given["G"]):
        return "nodelist must be all nodes in their order"
    if np.dtype(given.get("dtype")).names:
        return "structured types are left to NetworkX"
    # The type of ``nonedge`` decides on that of the matrix.
    empty = given.get("nonedge", 0.0)
    if type(empty) is not float or empty != 0 or given.get("multigraph_weight", sum) is not sum:
        return "entries without an edge are 0, and parallel edges add up"
    return True


def _google_matrix(given: Mapping[str, Any]) -> bool | str:
    nodes = given.get("nodelist")
    if nodes is not None and (len(nodes) != len(given["G"]) or set(nodes) != set(given["G"])):
        return "nodelist must hold every node once"
    return True


def _copied(given: Mapping[str, Any]) -> bool | str:
    return True if given.get("copy", True) else "the given graph is not changed in place"


_CHECKS: dict[str, Callable[[Mapping[str, Any]], bool | str]] = {
    "google_matrix": _google_matrix,
    "stochastic_graph": _copied,
    "to_numpy_array": _whole_matrix,
    "to_scipy_sparse_array": _whole_matrix,
}

backend = Backend()
