"""Focus of a NetworkX graph, dispatched and cached as NetworkX's own functions are."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from focusmesh.errors import MissingExtraError
from focusmesh.interface.networkx.conversion import convert_graph

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from focusmesh.engine.focus import Focus, FocusParams
    from focusmesh.interface.networkx.conversion import ConvertedGraph

_ONE_AT_A_TIME = Lock()
"""NetworkX takes a name once, so no two threads may register it."""


def focus(
    G: Any,
    params: FocusParams | None = None,
    tolerance: float = 1e-6,
    seeds: Iterable[Hashable] | Mapping[Any, float] | None = None,
    beta: float = 0.5,
    weight: Hashable | None = "weight",
    *,
    backend: str = "focusmesh",
) -> Focus:
    """The focus of a NetworkX graph, or of one converted before, as ``Graph.focus`` gives it.

    An undirected edge is a link each way, parallel edges add up, self-loops do not rank. The conversion, and with it
    the global focus that contexts start from, stays in the graph's cache until the graph is changed.
    """
    with _ONE_AT_A_TIME:
        dispatched = _dispatcher()
    answer = dispatched(G, params, tolerance, seeds, beta, weight, backend=backend)
    return cast("Focus", answer)


def converted_focus(
    G: ConvertedGraph,
    params: FocusParams | None = None,
    tolerance: float = 1e-6,
    seeds: Iterable[Hashable] | Mapping[Any, float] | None = None,
    beta: float = 0.5,
    weight: Hashable | None = "weight",
) -> Focus:
    """Focus of every node with a proved bound on its error."""
    return G.shared_graph(weight).focus(params, tolerance, seeds, beta=beta)


def _plain_focus(
    G: Any,
    params: FocusParams | None = None,
    tolerance: float = 1e-6,
    seeds: Iterable[Hashable] | Mapping[Any, float] | None = None,
    beta: float = 0.5,
    weight: Hashable | None = "weight",
) -> Focus:
    """Focus of every node with a proved bound on its error."""
    made = convert_graph(G, None if weight is None else {weight: 1})
    return converted_focus(made, params, tolerance, seeds, beta, weight)


@cache
def _dispatcher() -> Any:
    """NetworkX has no ``focus``, but it lends its dispatcher, which converts, caches and calls the backend.

    For ``backend="networkx"`` it calls ``_plain_focus``.
    """
    try:
        import networkx as nx
    except ImportError as error:
        raise MissingExtraError("networkx", "the focus of a NetworkX graph") from error
    return nx._dispatchable(_plain_focus, name="focus", edge_attrs="weight")
