"""Links that come to a structure on the card: weights change in place, new pairs stand in rows of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from focusmesh.engine.focus.cuda.program import THREADS, cupy, current

_HALF = np.uint64(32)
_LOW = np.uint64(2**32 - 1)
_WARP = 32


class EditedRows:
    """One side of a structure under edit: the rows it was laid out with, and those of pairs that are new.

    New pairs are sorted on the host, where a few thousand of them take less time than a launch for each step would.
    """

    def __init__(self, rows: Any) -> None:
        """``rows``: CardRows."""
        self._rows = rows
        self._program = current()
        self._key, self._weight = np.zeros(0, np.uint64), np.zeros(0)
        self._apart: tuple[Any, ...] = ()

    def sums(self, value: str, x: Any, y: Any, *term: Any) -> None:
        """As those of CardRows."""
        if not self._apart:
            self._rows.sums(value, x, y, *term)
            return
        y.fill(0)
        self._rows.sums(value, x, y, *term)
        count = int(self._apart[2])
        blocks = -(-count * _WARP // THREADS)
        self._program.kernel(f"apart_sums<{value}>")((blocks,), (THREADS,), (*self._apart, x, y))

    def add(self, row: Any, column: Any, change: Any) -> None:
        """Adds to the weights of pairs (host arrays), each of which comes once. O(log m) a pair."""
        cp = cupy()
        links = cp.asarray(row), cp.asarray(column), cp.asarray(change)
        left = ~self._rows.add_weights(*links).get()
        if left.any():
            keys, weights = pair_keys(row[left], column[left]), change[left]
            made = np.append(self._key, keys), np.append(self._weight, weights)
            self._key, total = summed(*made)
            self._weight = np.maximum(total, 0.0)
            self._lay_out()

    def _lay_out(self) -> None:
        cp = cupy()
        row, column = (self._key >> _HALF).astype(np.uint32), (self._key & _LOW).astype(np.uint32)
        first = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
        start = np.append(first, len(row)).astype(np.uint32)
        rows = cp.asarray(row[first]), cp.int32(len(first))
        self._apart = cp.asarray(start), *rows, cp.asarray(column), cp.asarray(self._weight)


def aggregated_changes(source: Any, target: Any, change: Any) -> tuple[Any, Any, Any]:
    """Changes with each pair once, self-loops dropped: uint32 (k,), uint32 (k,), float64 (k,), on the host."""
    kept = np.asarray(source) != np.asarray(target)
    source, target = (np.asarray(ends)[kept].astype(np.uint32) for ends in (source, target))
    key, total = summed(pair_keys(source, target), np.asarray(change, np.float64)[kept])
    return (key >> _HALF).astype(np.uint32), (key & _LOW).astype(np.uint32), total


def pair_keys(high: Any, low: Any) -> Any:
    """Pairs as one number each."""
    return (high.astype(np.uint64) << _HALF) | low


def summed(key: Any, amount: Any) -> tuple[Any, Any]:
    """Each key once, rising, and the sum of its amounts."""
    keys, inverse = np.unique(key, return_inverse=True)
    return keys, np.bincount(inverse, weights=amount, minlength=len(keys))
