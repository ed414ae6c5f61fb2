"""Connected components with the arguments, results and exceptions of NetworkX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.interface.networkx.paths import reach

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from focusmesh.engine.support.arrays import OffsetArray
    from focusmesh.interface.networkx.conversion import ConvertedGraph


def connected_components(G: ConvertedGraph) -> Iterator[set[Hashable]]:
    """``networkx.connected_components``, by the first node of each. O(n + m)."""
    return _components(G, "weak")


def weakly_connected_components(G: ConvertedGraph) -> Iterator[set[Hashable]]:
    """``networkx.weakly_connected_components``, by the first node of each. O(n + m)."""
    return _components(G, "weak")


def strongly_connected_components(G: ConvertedGraph) -> Iterator[set[Hashable]]:
    """``networkx.strongly_connected_components``: each before those that lead to it, as in NetworkX. O(n + m)."""
    return _components(G, "strong")


def number_connected_components(G: ConvertedGraph) -> int:
    """``networkx.number_connected_components``. O(n + m)."""
    return _label(G, "weak")[0]


def number_weakly_connected_components(G: ConvertedGraph) -> int:
    """``networkx.number_weakly_connected_components``. O(n + m)."""
    return _label(G, "weak")[0]


def number_strongly_connected_components(G: ConvertedGraph) -> int:
    """``networkx.number_strongly_connected_components``. O(n + m)."""
    return _label(G, "strong")[0]


def is_connected(G: ConvertedGraph) -> bool:
    """``networkx.is_connected``; raises NetworkXPointlessConcept for the graph without nodes. O(n + m)."""
    return _is_one(G, "weak")


def is_weakly_connected(G: ConvertedGraph) -> bool:
    """``networkx.is_weakly_connected``; raises NetworkXPointlessConcept for the graph without nodes. O(n + m)."""
    return _is_one(G, "weak")


def is_strongly_connected(G: ConvertedGraph) -> bool:
    """``networkx.is_strongly_connected``; raises NetworkXPointlessConcept for the graph without nodes. O(n + m)."""
    return _is_one(G, "strong")


def node_connected_component(G: ConvertedGraph, n: Hashable) -> set[Hashable]:
    """``networkx.node_connected_component``; raises KeyError for another node. O(n + m)."""
    if G.number_of(n) is None:
        raise KeyError(n)
    return reach(G, n) | {n}


def _components(G: ConvertedGraph, kind: str) -> Iterator[set[Hashable]]:
    count, labels = _label(G, kind)
    if not count:
        return
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    if kind == "weak":
        groups.sort(key=lambda group: int(group[0]))
    # SciPy (D. J. Pearce, Inf. Process. Lett. 116 (2016) 47) numbers strong ones from where nothing leads on.
    for group in groups:
        yield {G.nodes[at] for at in group.tolist()}


def _label(G: ConvertedGraph, kind: str) -> tuple[int, OffsetArray]:
    from scipy.sparse.csgraph import connected_components as label

    if not len(G):
        return 0, np.zeros(0, dtype=np.int64)
    count, labels = label(G.pattern(), directed=kind == "strong", connection=kind)
    return int(count), labels


def _is_one(G: ConvertedGraph, kind: str) -> bool:
    if not len(G):
        raise _pointless()
    return _label(G, kind)[0] == 1


def _pointless() -> Any:
    import networkx as nx

    return nx.NetworkXPointlessConcept("Connectivity is undefined for the null graph.")
