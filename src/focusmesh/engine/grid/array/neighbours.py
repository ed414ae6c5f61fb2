"""Blocks beside blocks: 6 share a face, 26 a face, an edge or a corner."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.array.blocks import find_any
from focusmesh.engine.grid.array.morton import neighbour_keys, spread_one
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from focusmesh.engine.grid.array.box import Shape
    from focusmesh.engine.support.arrays import MassArray, OffsetArray

REACHES = {6: 1, 26: 3}
"""How many coordinates a neighbour may differ in, by how many neighbours there are."""


def near(at: tuple[int, int, int], shape: Shape, reach: int) -> MassArray:
    """The keys of the neighbours of one block that the array has, rising. Raises GridError ``neighbours``."""
    if reach not in REACHES:
        raise GridError("neighbours", f"a block has 6 or 26 neighbours, not {reach!r}")
    axes = [
        [
            (abs(step), spread_one(number + step) << axis)
            for step in (-1, 0, 1)
            if 0 <= number + step < side
        ]
        for axis, (number, side) in enumerate(zip(at, shape, strict=True))
    ]
    keys = [
        x | y | z for (i, x), (j, y), (k, z) in product(*axes) if 0 < i + j + k <= REACHES[reach]
    ]
    return np.array(sorted(keys), dtype=np.uint64)


def pairs(keys: MassArray) -> OffsetArray:
    """The pairs of active blocks that share a face, each once: places in ``keys`` (rising), shape (pairs, 2).

    Axis after axis, by rising first place. O(n·log n).
    """
    found = []
    for axis in range(3):
        # A block that has no successor on the axis would go round to 0: its key falls.
        after = neighbour_keys(keys, axis, forward=True)
        at = np.where(after > keys, find_any(keys, after), -1)
        first = np.flatnonzero(at >= 0)
        found.append(np.stack((first, at[first]), axis=1))
    return np.concatenate(found)
