"""What NetworkX shows of the backend in its documentation; read at every ``import networkx``, so it loads nothing."""

from __future__ import annotations

from typing import Any

_BREADTH = "Breadth first over the cached conversion, in the order of NetworkX."
_COMPONENTS = "On the cached conversion, by the first node of each component."
_COUNTED = "On the cached conversion."
_FUNCTIONS = {
    **dict.fromkeys(
        (
            *("connected_components", "strongly_connected_components"),
            *("weakly_connected_components", "node_connected_component"),
            *("is_connected", "is_strongly_connected", "is_weakly_connected"),
            *("number_connected_components", "number_strongly_connected_components"),
            "number_weakly_connected_components",
        ),
        _COMPONENTS,
    ),
    **dict.fromkeys(
        (
            *("ancestors", "bfs_layers", "descendants", "descendants_at_distance", "has_path"),
            *("all_pairs_shortest_path_length", "single_source_shortest_path"),
            *("single_source_shortest_path_length", "single_target_shortest_path_length"),
        ),
        _BREADTH,
    ),
    **dict.fromkeys(
        (
            *("core_number", "degree_centrality", "in_degree_centrality", "out_degree_centrality"),
            "triangles",
        ),
        _COUNTED,
    ),
    **dict.fromkeys(
        ("average_clustering", "clustering", "transitivity"),
        "Of undirected graphs without weights; others are declined.",
    ),
    **dict.fromkeys(
        ("shortest_path", "shortest_path_length"),
        "Between two nodes by number of edges, the path that is met first; other requests are declined.",
    ),
    "single_source_dijkstra_path_length": "By SciPy on the cached conversion; declines weights below 0.",
    "focus": "The focus of every node with a proved bound on its error; NetworkX has no such function of its own.",
    "google_matrix": "Built from the cached conversion.",
    "hits": "The same Lanczos iteration, from a uniform start where NetworkX draws one, on the cached conversion.",
    "pagerank": "The same power iteration, step for step, on the cached conversion and on all cores.",
    "stochastic_graph": "Gives a converted graph, which keeps no other attributes; declines copy=False.",
    "to_numpy_array": "From the cached conversion, all nodes in their order; multigraph weights are summed.",
    "to_scipy_sparse_array": "From the cached conversion, all nodes in their order, as CSR.",
}


def get_info() -> dict[str, Any]:
    """The entry point ``networkx.backend_info``."""
    return {
        "backend_name": "focusmesh",
        "project": "focusmesh",
        "package": "focusmesh",
        "short_summary": "Focus, PageRank, HITS, components, paths, clustering and cores on cached conversions.",
        "functions": {name: {"additional_docs": text} for name, text in _FUNCTIONS.items()},
    }
