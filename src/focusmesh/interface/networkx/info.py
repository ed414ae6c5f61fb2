"""What NetworkX shows of the backend in its documentation; read at every ``import networkx``, so it loads nothing."""

from __future__ import annotations

from typing import Any

_FUNCTIONS = {
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
        "short_summary": "Focus, PageRank and HITS on cached conversions.",
        "functions": {name: {"additional_docs": text} for name, text in _FUNCTIONS.items()},
    }
