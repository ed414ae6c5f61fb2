"""Distances from particles, and one shortest path between two.

The length of a link is 1 (``by="hops"``), its axon's weight (``"weight"``), or one over it (``"inverse"``: what is
linked more strongly is nearer). Sources: breadth-first search layer by layer; E. W. Dijkstra, Numer. Math. 1 (1959)
269, by SciPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.operators.adjacency import DIRECTIONS, adjacency_of, hops
from focusmesh.engine.reasoning.registry import PARTICLES, Argument, Column, OperatorAtom
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.reasoning.operators.adjacency import Csr
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

HOPS, WEIGHT, INVERSE = LENGTHS = "hops", "weight", "inverse"

_BACKWARD = {"out": "in", "in": "out", "any": "any"}


def distances(
    snapshot: Snapshot,
    starts: OffsetArray,
    by: str = HOPS,
    direction: str = "out",
    tick: Callable[[], None] = lambda: None,
) -> FloatArray:
    """The least distance from any of ``starts`` (particle indices), float64 (n,), ∞ where no way leads.

    O(n + m) by hops, else O(m log n). Raises InputError for another ``by`` or ``direction``.
    """
    links = _lengths(snapshot, by, direction)
    if by == HOPS:
        found = hops(links, starts, tick)
        return np.where(found < 0, np.inf, found)
    from scipy.sparse.csgraph import dijkstra

    far: FloatArray = dijkstra(links, indices=np.unique(starts), min_only=True)
    return far


def shortest_path(
    snapshot: Snapshot,
    source: int,
    target: int,
    by: str = HOPS,
    direction: str = "out",
    tick: Callable[[], None] = lambda: None,
) -> list[int]:
    """Particle indices of one shortest path, both ends included, [] where no way leads. Costs as ``distances``.

    By hops each step goes to the first particle that lies on a shortest path.
    """
    links = _lengths(snapshot, by, direction)
    if by == HOPS:
        return _way_by_hops(
            links, _lengths(snapshot, by, _BACKWARD[direction]), source, target, tick
        )
    from scipy.sparse.csgraph import dijkstra

    far, before = dijkstra(links, indices=source, return_predecessors=True)
    if not np.isfinite(far[target]):
        return []
    way = [target]
    while way[-1] != source:
        way.append(int(before[way[-1]]))
    return way[::-1]


def _way_by_hops(
    links: Csr, backward: Csr, source: int, target: int, tick: Callable[[], None]
) -> list[int]:
    left = hops(backward, np.array([target]), tick, source)
    if left[source] < 0:
        return []
    way = [source]
    while way[-1] != target:
        there = links.indices[links.indptr[way[-1]] : links.indptr[way[-1] + 1]]
        way.append(int(there[left[there] == left[way[-1]] - 1][0]))
    return way


def _lengths(snapshot: Snapshot, by: str, direction: str) -> Csr:
    """The axons with their lengths as values."""
    if by not in LENGTHS:
        raise InputError(f"by is one of {', '.join(LENGTHS)}, not {by!r}")
    links = adjacency_of(snapshot).weights(direction)
    if by != INVERSE:
        return links
    inverse = links.copy()
    inverse.data = 1 / links.data
    return inverse


def _distances(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[OffsetArray | FloatArray, ...]:
    starts = snapshot.particles.indices(arguments["seeds"]).astype(np.int64)
    far = distances(snapshot, starts, arguments["by"], arguments["direction"], tick)
    reached = np.flatnonzero(np.isfinite(far) & (far <= arguments["within"]))
    nearest = reached[np.argsort(far[reached], kind="stable")]
    return nearest, far[nearest]


def _shortest_path(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[OffsetArray, ...]:
    source, target = (snapshot.particles.index(arguments[name]) for name in ("source", "target"))
    way = shortest_path(snapshot, source, target, arguments["by"], arguments["direction"], tick)
    return np.arange(len(way)), np.array(way, dtype=np.int64)


_HOW = (
    Argument("by", "symbol", HOPS, choices=LENGTHS),
    Argument("direction", "symbol", "out", choices=DIRECTIONS),
)

DISTANCES = OperatorAtom(
    "distances",
    (Column("p", "particle"), Column("distance", "float")),
    _distances,
    (
        Argument("seeds", PARTICLES, required=True),
        *_HOW,
        Argument("within", "float", float("inf"), least=0),
    ),
)
SHORTEST_PATH = OperatorAtom(
    "shortest_path",
    (Column("step", "number"), Column("p", "particle")),
    _shortest_path,
    (
        Argument("source", "particle", required=True),
        Argument("target", "particle", required=True),
        *_HOW,
    ),
)
