"""Row sums of one side without compiled kernels: by SciPy's loop, or by NumPy where that is not to be had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.engine.support.sparse_loops import sparse_loop

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray, IndexArray, OffsetArray, WeightArray

PIECE = 48
"""Links that are added one by one; what pieces of a row give is added pairwise."""
_INDEX_MAX = 2**31 - 1


class PlainRows(Protocol):
    """The rows of one side."""

    def sums(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        """The sum of w·g over each row; in ``total``, zeros or earlier sums, if there is one."""


def plain_rows(start: OffsetArray, column: IndexArray, weight: WeightArray | None) -> PlainRows:
    """The faster of the two for these rows."""
    fits = max(len(column), len(start), int(column.max(initial=0))) <= _INDEX_MAX
    if fits and sparse_loop() is not None:
        return LoopRows(start, column, weight)
    return SegmentRows(start, column, weight)


class SegmentRows:
    """By ``np.add.reduceat`` over the non-empty rows, which adds pairwise."""

    def __init__(self, start: OffsetArray, column: IndexArray, weight: WeightArray | None) -> None:
        self._filled = np.flatnonzero(np.diff(start))
        self._first = start[self._filled]
        self._count = len(start) - 1
        self._column = column
        self._weight = None if weight is None else weight.astype(np.float64)

    def sums(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        terms = gathered[self._column].astype(np.float64, copy=False)
        if self._weight is not None:
            terms *= self._weight
        if total is None:
            total = np.zeros(self._count)
        if len(self._filled):
            total[self._filled] = np.add.reduceat(terms, self._first)
        return total


class LoopRows:
    """By the loop over compressed rows, which adds one by one: long rows are cut into pieces."""

    def __init__(self, start: OffsetArray, column: IndexArray, weight: WeightArray | None) -> None:
        pieces = np.maximum(-(-np.diff(start) // PIECE), 1)
        first = np.cumsum(pieces) - pieces
        within = np.arange(int(pieces.sum())) - np.repeat(first, pieces)
        cuts = np.append(np.repeat(start[:-1], pieces) + PIECE * within, start[-1:])
        self._start = cuts.astype(np.int32)
        self._column = column.astype(np.uint32, copy=False).view(np.int32)
        self._weight = np.ones(len(column)) if weight is None else weight.astype(np.float64)
        self._long = np.flatnonzero(pieces > 1)
        if len(self._long):
            self._first = first
            self._pieces = np.flatnonzero(np.repeat(pieces > 1, pieces))
            counts = pieces[self._long]
            self._heads = np.cumsum(counts) - counts

    def sums(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        loop, count = sparse_loop(), len(self._start) - 1
        given = np.ascontiguousarray(gathered, dtype=np.float64)
        parts = np.zeros(count)
        assert loop is not None, "plain_rows takes other rows where there is no loop"
        loop(count, len(given), self._start, self._column, self._weight, given, parts)
        if not len(self._long):
            if total is None:
                return parts
            total[:] = parts
            return total
        if total is None:
            total = np.empty(len(self._first))
        parts.take(self._first, out=total, mode="clip")
        total[self._long] = np.add.reduceat(parts.take(self._pieces), self._heads)
        return total
