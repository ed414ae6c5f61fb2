"""Blocks beside blocks: 6 share a face, 26 a face, an edge or a corner."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.array.blocks import find_any
from focusmesh.engine.grid.array.morton import moved
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from focusmesh.engine.arrays import MassArray, OffsetArray
    from focusmesh.engine.grid.array.faces import Shape

_STEPS = np.array([step for step in product((-1, 0, 1), repeat=3) if any(step)])
OFFSETS = {6: _STEPS[np.abs(_STEPS).sum(axis=1) == 1], 26: _STEPS}
"""The steps to the neighbours, by how many there are."""


def near(at: OffsetArray, shape: Shape, reach: int) -> OffsetArray:
    """The coordinates of the neighbours of one block that the array has. Raises GridError ``neighbours``."""
    if reach not in OFFSETS:
        raise GridError("neighbours", f"a block has 6 or 26 neighbours, not {reach!r}")
    around = at + OFFSETS[reach]
    inside = np.all((around >= 0) & (around < np.array(shape)), axis=1)
    found: OffsetArray = around[inside]
    return found


def pairs(keys: MassArray) -> OffsetArray:
    """The pairs of active blocks that share a face, each once: places in ``keys`` (rising), shape (pairs, 2).

    Axis after axis, by rising first place. O(n·log n).
    """
    found = []
    for axis in range(3):
        # A block that has no successor on the axis would go round to 0: its key falls.
        after = moved(keys, axis, forward=True)
        at = np.where(after > keys, find_any(keys, after), -1)
        first = np.flatnonzero(at >= 0)
        found.append(np.stack((first, at[first]), axis=1))
    return np.concatenate(found)
