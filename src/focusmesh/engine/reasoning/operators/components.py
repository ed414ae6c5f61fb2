"""Connected components: particles between which links lead, in whatever direction.

Each component is named by its first particle. ``strong_components`` asks for links that lead there and back. SciPy
finds both; strong ones by D. J. Pearce, Inf. Process. Lett. 116 (2016) 47.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.reasoning.operators.adjacency import adjacency_of
from focusmesh.engine.reasoning.registry import Column, OperatorAtom

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.support.arrays import OffsetArray


def first_members(snapshot: Snapshot, connection: str) -> OffsetArray:
    """For each particle the first one of its component, int64 (n,); ``"weak"`` or ``"strong"``. O(n + m)."""
    from scipy.sparse.csgraph import connected_components

    links = adjacency_of(snapshot).weights("out")
    if not links.shape[0]:
        return np.zeros(0, dtype=np.int64)
    _, labels = connected_components(links, directed=True, connection=connection)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    members: OffsetArray = first.astype(np.int64)[inverse]
    return members


def _components(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[OffsetArray, ...]:
    first = first_members(snapshot, "weak")
    return np.arange(len(first)), first


def _strong_components(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[OffsetArray, ...]:
    first = first_members(snapshot, "strong")
    return np.arange(len(first)), first


_COLUMNS = (Column("p", "particle"), Column("component", "particle"))

COMPONENTS = OperatorAtom(
    "components",
    _COLUMNS,
    _components,
)
STRONG_COMPONENTS = OperatorAtom(
    "strong_components",
    _COLUMNS,
    _strong_components,
)
