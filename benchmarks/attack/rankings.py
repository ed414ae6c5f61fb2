"""The rankings under attack: with every particle alike, or from seeds that are known to be honest."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from focusmesh import Focus, FocusParams, Graph, eigentrust

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    Ranking: TypeAlias = Callable[[Graph, Sequence[Hashable]], Focus]

TOLERANCE = 1e-9


def focus(graph: Graph, seeds: Sequence[Hashable]) -> Focus:
    """The default: teleport to every particle alike."""
    del seeds
    return graph.focus(tolerance=TOLERANCE)


def pagerank(graph: Graph, seeds: Sequence[Hashable]) -> Focus:
    """Damping 0.85, teleport to every particle alike."""
    del seeds
    return graph.focus(FocusParams.pagerank(), TOLERANCE)


def focus_from_seeds(graph: Graph, seeds: Sequence[Hashable]) -> Focus:
    """The default operator; all teleport and all dangling mass go to the seeds."""
    shares = dict.fromkeys(seeds, 1.0)
    return graph.focus(tolerance=TOLERANCE, u=shares, u0=shares)


def eigentrust_from_seeds(graph: Graph, seeds: Sequence[Hashable]) -> Focus:
    """EigenTrust, the seeds pre-trusted."""
    return eigentrust(graph, seeds, tolerance=TOLERANCE)


RANKINGS: dict[str, Ranking] = {
    "focus": focus,
    "PageRank": pagerank,
    "focus from seeds": focus_from_seeds,
    "EigenTrust": eigentrust_from_seeds,
}
