"""From rows of a whole graph to the rows of one part: bounds, local columns, who sends what to whom."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.cluster.parts.part import READ_INWARD, READ_OUTWARD
from focusmesh.engine.focus import chunk_starts
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, OffsetArray

PARTS_MOST = 65_536
ROW_WORK = 16
"""What a particle weighs beside its links when parts are balanced: what its vectors cost a solve, measured."""


def verify_count(count: int) -> int:
    """``count``; raises ParameterError unless it is from 1 to 65,536."""
    if type(count) is not int or not 1 <= count <= PARTS_MOST:
        raise ParameterError(f"parts need 1 ≤ count ≤ {PARTS_MOST:,}, count = {count!r}")
    return count


def balanced_bounds(ends: OffsetArray, count: int, *, align: bool = True) -> tuple[int, ...]:
    """Where ``count`` parts begin, and n, so that all have about equal work.

    ``ends[p]`` (int64, (n,)) is the number of links either way of positions 0 … p. With ``align`` parts begin where the
    engine's sums over particles do (``chunk_starts``), so that ranks come to the bits of one machine; few particles
    then stay together. O(n).
    """
    n = len(ends)
    work = np.concatenate(([0], ends + ROW_WORK * np.arange(1, n + 1)))
    starts = chunk_starts(n) if align else np.arange(n + 1)
    before = work[starts]
    marks = np.array([int(work[-1]) * part // count for part in range(1, count)], dtype=np.int64)
    above = np.clip(np.searchsorted(before, marks), 1, max(len(starts) - 1, 1))
    above = np.minimum(above, len(starts) - 1)
    below = np.maximum(above - 1, 0)
    nearer = np.where(before[above] - marks < marks - before[below], above, below)
    return (0, *starts[nearer].tolist(), n)


class Localizer:
    """Columns of one part: marks which positions it reads, then turns positions into local columns.

    ``span`` are its own positions among ``particle_count``. Memory: a byte a particle of the whole, then four more.
    """

    def __init__(self, span: tuple[int, int], particle_count: int) -> None:
        self.first, self.stop = span
        self._side = np.zeros(particle_count, dtype=np.uint8)
        self._local: IndexArray | None = None

    def mark(self, columns: IndexArray, side: int) -> None:
        """These positions are read by rows of ``side`` (READ_INWARD or READ_OUTWARD)."""
        # Two passes, as an in-place or would add one bit twice where a column repeats.
        other = READ_INWARD + READ_OUTWARD - side
        known = self._side[columns] & other
        self._side[columns] = known | side

    def foreign(self) -> tuple[IndexArray, ByteArray]:
        """The foreign positions that were marked, rising, and by which sides."""
        self._side[self.first : self.stop] = 0
        positions = np.flatnonzero(self._side).astype(np.uint32)
        return positions, self._side[positions]

    def localize(self, columns: IndexArray, foreign: IndexArray) -> IndexArray:
        """Local columns of global ones, uint32."""
        own = self.stop - self.first
        if self._local is None:
            self._local = np.empty(len(self._side), dtype=np.uint32)
            self._local[self.first : self.stop] = np.arange(own, dtype=np.uint32)
            self._local[foreign] = own + np.arange(len(foreign), dtype=np.uint32)
        return self._local[columns]


def sends(
    span: tuple[int, int], foreigns: Iterable[IndexArray], count: int
) -> tuple[IndexArray, OffsetArray, IndexArray]:
    """``send``, ``send_start`` and ``hubs`` of the part that owns ``span``, from what each part reads.

    O(what it sends + own).
    """
    first, stop = span
    lists: list[IndexArray] = []
    readers = np.zeros(stop - first, dtype=np.uint32)
    for foreign in foreigns:
        low, high = np.searchsorted(foreign, (first, stop)).tolist()
        mine = (foreign[low:high] - np.uint32(first)).astype(np.uint32)
        readers[mine] += np.uint32(1)
        lists.append(mine)
    start = np.concatenate(([0], np.cumsum([len(each) for each in lists]))).astype(np.int64)
    send = np.concatenate(lists) if lists else np.empty(0, dtype=np.uint32)
    hubs = np.flatnonzero(readers == count - 1) if count > 1 else np.empty(0)
    return send, start, hubs.astype(np.uint32)


def slice_start(start: OffsetArray, span: tuple[int, int]) -> OffsetArray:
    """Row starts of the rows of ``span``, from 0 on."""
    cut: OffsetArray = start[span[0] : span[1] + 1] - start[span[0]]
    return cut


def spans_of(bounds: Sequence[int]) -> list[tuple[int, int]]:
    """The positions of each part."""
    return list(pairwise(bounds))
