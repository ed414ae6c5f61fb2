"""The object that NetworkX calls: functions by NetworkX's names, conversions, and what can be run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.interface.networkx import components, matrices, paths, ranking, structure
from focusmesh.interface.networkx.conversion import (
    ConvertedGraph,
    convert_graph,
    copy_view,
    is_view,
)
from focusmesh.interface.networkx.focus_backend import converted_focus

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

_PARAMETERS: dict[str, tuple[str, ...]] = {
    "all_pairs_shortest_path_length": ("cutoff",),
    "ancestors": ("source",),
    "average_clustering": ("nodes", "weight", "count_zeros"),
    "bfs_layers": ("sources",),
    "clustering": ("nodes", "weight"),
    "connected_components": (),
    "core_number": (),
    "degree_centrality": (),
    "descendants": ("source",),
    "descendants_at_distance": ("source", "distance"),
    "focus": ("params", "tolerance", "seeds", "beta", "weight"),
    "google_matrix": ("alpha", "personalization", "nodelist", "weight", "dangling"),
    "has_path": ("source", "target"),
    "hits": ("max_iter", "tol", "nstart", "normalized"),
    "in_degree_centrality": (),
    "is_connected": (),
    "is_strongly_connected": (),
    "is_weakly_connected": (),
    "node_connected_component": ("n",),
    "number_connected_components": (),
    "number_strongly_connected_components": (),
    "number_weakly_connected_components": (),
    "out_degree_centrality": (),
    "pagerank": (
        *("alpha", "personalization", "max_iter", "tol", "nstart"),
        *("weight", "dangling"),
    ),
    "shortest_path": ("source", "target", "weight", "method"),
    "shortest_path_length": ("source", "target", "weight", "method"),
    "single_source_dijkstra_path_length": ("source", "cutoff", "weight"),
    "single_source_shortest_path": ("source", "cutoff"),
    "single_source_shortest_path_length": ("source", "cutoff"),
    "single_target_shortest_path_length": ("target", "cutoff"),
    "stochastic_graph": ("copy", "weight"),
    "strongly_connected_components": (),
    "to_numpy_array": (
        *("nodelist", "dtype", "order", "multigraph_weight"),
        *("weight", "nonedge"),
    ),
    "to_scipy_sparse_array": ("nodelist", "dtype", "weight", "format"),
    "transitivity": (),
    "triangles": ("nodes",),
    "weakly_connected_components": (),
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
    connected_components = staticmethod(components.connected_components)
    is_connected = staticmethod(components.is_connected)
    is_strongly_connected = staticmethod(components.is_strongly_connected)
    is_weakly_connected = staticmethod(components.is_weakly_connected)
    node_connected_component = staticmethod(components.node_connected_component)
    number_connected_components = staticmethod(components.number_connected_components)
    number_strongly_connected_components = staticmethod(
        components.number_strongly_connected_components
    )
    number_weakly_connected_components = staticmethod(components.number_weakly_connected_components)
    strongly_connected_components = staticmethod(components.strongly_connected_components)
    weakly_connected_components = staticmethod(components.weakly_connected_components)
    all_pairs_shortest_path_length = staticmethod(paths.all_pairs_shortest_path_length)
    ancestors = staticmethod(paths.ancestors)
    bfs_layers = staticmethod(paths.bfs_layers)
    descendants = staticmethod(paths.descendants)
    descendants_at_distance = staticmethod(paths.descendants_at_distance)
    has_path = staticmethod(paths.has_path)
    shortest_path = staticmethod(paths.shortest_path)
    shortest_path_length = staticmethod(paths.shortest_path_length)
    single_source_dijkstra_path_length = staticmethod(paths.single_source_dijkstra_path_length)
    single_source_shortest_path = staticmethod(paths.single_source_shortest_path)
    single_source_shortest_path_length = staticmethod(paths.single_source_shortest_path_length)
    single_target_shortest_path_length = staticmethod(paths.single_target_shortest_path_length)
    average_clustering = staticmethod(structure.average_clustering)
    clustering = staticmethod(structure.clustering)
    core_number = staticmethod(structure.core_number)
    degree_centrality = staticmethod(structure.degree_centrality)
    in_degree_centrality = staticmethod(structure.in_degree_centrality)
    out_degree_centrality = staticmethod(structure.out_degree_centrality)
    transitivity = staticmethod(structure.transitivity)
    triangles = staticmethod(structure.triangles)

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
            return convert_graph(graph, edge_attrs)
        # A view's cache outlives changes of the graph that it shows; None is NetworkX's word for "keep nothing".
        graph.__networkx_cache__ = None
        return convert_graph(copy_view(graph), edge_attrs)

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


def _can_copy(given: Mapping[str, Any]) -> bool | str:
    return True if given.get("copy", True) else "the given graph is not changed in place"


def _between_two(given: Mapping[str, Any]) -> bool | str:
    if given.get("method", "dijkstra") not in ("dijkstra", "bellman-ford"):
        return "no such method"
    has_ends = given.get("source") is not None and given.get("target") is not None
    if has_ends and given.get("weight") is None:
        return True
    return "shortest paths are between two nodes, in edges; see single_source_dijkstra_path_length"


def _can_cluster(given: Mapping[str, Any]) -> bool | str:
    graph = given["G"]
    if graph.is_directed() or graph.is_multigraph() or given.get("weight") is not None:
        return "clustering is of undirected graphs without parallel edges and without weights"
    return True


_CHECKS: dict[str, Callable[[Mapping[str, Any]], bool | str]] = {
    "average_clustering": _can_cluster,
    "clustering": _can_cluster,
    "google_matrix": _google_matrix,
    "shortest_path": _between_two,
    "shortest_path_length": _between_two,
    "transitivity": _can_cluster,
    "triangles": _can_cluster,
    "stochastic_graph": _can_copy,
    "to_numpy_array": _whole_matrix,
    "to_scipy_sparse_array": _whole_matrix,
}

backend = Backend()
