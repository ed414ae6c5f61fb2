"""From scores to short differences: as coarse as the residual allows, so that the bytes of a block follow the edit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import ONE
from focusmesh.kernel.focus.delta import Delta

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray, MassArray, OffsetArray

_SHIFT_MOST = 60
"""Steps stay within 64 bits."""


def round_scores(
    base: MassArray, scores: FloatArray, floor: MassArray, allowed: float, start: int
) -> Delta:
    """Differences from ``base`` to ``scores`` (a distribution, same order) in steps of 2^shift that add up to 0.

    The shift is the largest with which Σ|error| stays within ``allowed``: entries that moved less than half a step do
    not move at all. No entry falls below its ``floor``. O(n).
    """
    wanted = np.maximum((scores * float(ONE)).astype(np.uint64), floor).astype(np.int64)
    change = wanted - base.astype(np.int64)
    room = base.astype(np.int64) - floor.astype(np.int64)
    budget = allowed * ONE
    shift = max(0, min(_SHIFT_MOST, int(math.log2(max(1.0, 2 * budget / len(base))))))
    while (
        shift < _SHIFT_MOST
        and _error(change, _nearest(change, room, shift + 1), shift + 1) <= budget
    ):
        shift += 1
    while True:
        steps = _balance(_nearest(change, room, shift), change, room, shift)
        if not shift or _error(change, steps, shift) <= budget:
            return Delta(shift, start, steps)
        shift -= 1


def _nearest(change: OffsetArray, room: OffsetArray, shift: int) -> OffsetArray:
    """Whole steps nearest to ``change``, none below what there is ``room`` for."""
    steps: OffsetArray = np.maximum((change + (1 << shift >> 1)) >> shift, -(room >> shift))
    return steps


def _balance(steps: OffsetArray, change: OffsetArray, room: OffsetArray, shift: int) -> OffsetArray:
    """Steps that add up to 0: those go one further the other way that were rounded furthest this way."""
    lowest = -(room >> shift)
    while excess := int(steps.sum()):
        sign = 1 if excess > 0 else -1
        free = np.flatnonzero(steps > lowest) if excess > 0 else np.arange(len(steps))
        lead = sign * ((steps[free] << shift) - change[free])
        many = min(abs(excess), len(free))
        steps[free[np.argpartition(-lead, many - 1)[:many]]] -= sign
    return steps


def _error(change: OffsetArray, steps: OffsetArray, shift: int) -> float:
    return float(np.abs((steps << shift) - change).astype(np.float64).sum())
