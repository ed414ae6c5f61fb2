"""Links that come to a structure on the card: weights change in place, new pairs stand in rows of their own."""

from __future__ import annotations

from typing import Any

from focusmesh.engine.focus.cuda.program import cupy
from focusmesh.engine.focus.cuda.rows import CardRows

_HALF = 32
_LOW = 2**_HALF - 1


class EditedRows:
    """One side of a structure under edit: the rows it was laid out with, and those of pairs that are new."""

    def __init__(self, rows: Any) -> None:
        """``rows``: CardRows."""
        cp = cupy()
        self._rows = rows
        self._new: CardRows | None = None
        self._key, self._weight = cp.zeros(0, cp.uint64), cp.zeros(0)

    def sums(self, value: str, x: Any, y: Any, *term: Any, more: bool = False) -> None:
        """As those of CardRows."""
        if self._new is None:
            self._rows.sums(value, x, y, *term, more=more)
            return
        if not more:
            y.fill(0)
        self._rows.sums(value, x, y, *term, more=True)
        self._new.sums(value, x, y, *term, more=True)

    def add(self, row: Any, column: Any, change: Any) -> None:
        """Adds to the weights of pairs, each of which comes once. O(log m) a pair, and O(k log k) for k new ones."""
        cp = cupy()
        left = cp.flatnonzero(~self._rows.add_weights(row, column, change))
        if not len(left):
            return
        key = (row[left].astype(cp.uint64) << cp.uint64(_HALF)) | column[left]
        keys, weights = cp.append(self._key, key), cp.append(self._weight, change[left])
        self._key, inverse = cp.unique(keys, return_inverse=True)
        total = cp.zeros(len(self._key))
        cp.add.at(total, inverse, weights)
        self._weight = cp.maximum(total, 0.0)
        self._new = self._laid_out()

    def _laid_out(self) -> CardRows:
        """The rows of the new pairs alone."""
        cp = cupy()
        row = (self._key >> cp.uint64(_HALF)).astype(cp.uint32)
        particle, first = cp.unique(row, return_index=True)
        start = cp.append(first, len(row)).astype(cp.int64)
        column = (self._key & cp.uint64(_LOW)).astype(cp.uint32)
        return CardRows(start, column, self._weight, particle)


def aggregated_changes(source: Any, target: Any, change: Any) -> tuple[Any, Any, Any]:
    """Changes on the card with each pair once, self-loops dropped: uint32 (k,), uint32 (k,), float64 (k,)."""
    cp = cupy()
    source, target = (cp.asarray(ends, cp.uint32) for ends in (source, target))
    amounts = cp.asarray(change, cp.float64)
    kept = cp.flatnonzero(source != target)
    key = (source[kept].astype(cp.uint64) << cp.uint64(_HALF)) | target[kept]
    key, inverse = cp.unique(key, return_inverse=True)
    total = cp.zeros(len(key))
    cp.add.at(total, inverse, amounts[kept])
    return (
        (key >> cp.uint64(_HALF)).astype(cp.uint32),
        (key & cp.uint64(_LOW)).astype(cp.uint32),
        total,
    )
