"""How much a link to a particle counts: g of a committed focus, in sixteenths, on a log scale from median to leader.

g is 0 up to the median of a focus, 1 from its leader on. Between them it rises by a sixteenth wherever the focus has
grown by a sixteenth of the way in logarithms: by whole roots of whole numbers, so that every node finds the same.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import MassArray, OffsetArray

SHARE_ONE = 16
"""The g of a leader. Weights are counted in so many parts of a base unit, and then no sum is rounded."""
_SQUARE_ROOTS = 4
"""2⁴ = SHARE_ONE: so many square roots make a sixteenth root."""


def share_steps(median: int, leader: int) -> list[int]:
    """The least focus for g = 1/16, 2/16, …, 1: ⌊(median^(16−k) · leader^k)^(1/16)⌋ + 1, and ``leader`` for 1.

    Nothing where the leader is not above the median: then no particle stands out.
    """
    if leader <= median:
        return []
    least = max(median, 1)
    inner = [_root(least ** (SHARE_ONE - k) * leader**k) + 1 for k in range(1, SHARE_ONE)]
    return [*inner, leader]


def focus_shares(vector: MassArray) -> OffsetArray:
    """g of each particle, in sixteenths, in the order of ``vector``. O(n).

    The median is the lower one of an even number.
    """
    if not len(vector):
        return np.zeros(0, dtype=np.int64)
    middle = (len(vector) - 1) // 2
    median, leader = int(np.partition(vector, middle)[middle]), int(vector.max())
    steps = np.array(share_steps(median, leader), dtype=np.uint64)
    shares: OffsetArray = np.searchsorted(steps, vector, side="right").astype(np.int64)
    return shares


def smaller_shares(shares: Sequence[OffsetArray], count: int) -> OffsetArray:
    """For each of ``count`` particles, by id, the smallest of its shares; 0 where one of them does not have it."""
    found = np.full(count, SHARE_ONE, dtype=np.int64)
    for each in shares:
        known = min(len(each), count)
        found[:known] = np.minimum(found[:known], each[:known])
        found[known:] = 0
    return found if shares else np.zeros(count, dtype=np.int64)


def _root(number: int) -> int:
    for _ in range(_SQUARE_ROOTS):
        number = isqrt(number)
    return number
