"""From scores to short differences: as coarse as the residual allows, so that the bytes of a block follow the edit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import ONE
from focusmesh.kernel.focus.delta import SHIFT_MAX, Delta

if TYPE_CHECKING:
    from focusmesh.engine.arrays import FloatArray, MassArray, OffsetArray

_SAFE = 1.2
"""Share of what is allowed that rounding uses: the residual of an error may be a little larger than the error."""


def rounded(
    base: MassArray, scores: FloatArray, floor: MassArray, allowed: float, start: int
) -> Delta:
    """Differences from ``base`` to ``scores`` (a distribution, same order) in steps of 2^shift that add up to 0.

    The shift is the largest with which Σ|error| stays within ``_SAFE``·``allowed``: entries that moved less than half a
    step do not move at all. No entry falls below its ``floor``. O(n).
    """
    wanted = np.maximum((scores * float(ONE)).astype(np.uint64), floor).astype(np.int64)
    change = wanted - base.astype(np.int64)
    room = base.astype(np.int64) - floor.astype(np.int64)
    budget = _SAFE * allowed * ONE
    least = max(0, min(SHIFT_MAX - 2, int(math.log2(max(1.0, 2 * budget / len(base))))))
    best = _stepped(change, room, least)
    for shift in range(least + 1, SHIFT_MAX - 1):
        coarser = _stepped(change, room, shift)
        if _error(change, coarser, shift) > budget:
            break
        least, best = shift, coarser
    return Delta(least, start, best)


def _stepped(change: OffsetArray, room: OffsetArray, shift: int) -> OffsetArray:
    """Whole steps nearest to ``change``, none below what there is ``room`` for, that add up to 0."""
    lowest = -(room >> shift)
    steps: OffsetArray = np.maximum((change + (1 << shift >> 1)) >> shift, lowest)
    while excess := int(steps.sum()):
        sign = 1 if excess > 0 else -1
        free = np.flatnonzero(steps > lowest) if excess > 0 else np.arange(len(steps))
        # Those go the other way that were rounded furthest this way.
        lead = sign * ((steps[free] << shift) - change[free])
        many = min(abs(excess), len(free))
        chosen = free[np.argpartition(-lead, many - 1)[:many]]
        steps[chosen] -= sign
    return steps


def _error(change: OffsetArray, steps: OffsetArray, shift: int) -> float:
    return float(np.abs((steps << shift) - change).astype(np.float64).sum())
