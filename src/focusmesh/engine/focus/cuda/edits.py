"""Links that come to a structure on the card: weights change in place, new pairs stand in rows of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.cuda.program import THREADS, cupy, current, struct

if TYPE_CHECKING:
    from focusmesh.engine.focus.cuda.rows import CardRows

_HALF = np.uint64(32)
_LOW = np.uint64(2**32 - 1)
_WARP = 32
_POINTER = np.uint64
_APART = [
    *((name, _POINTER) for name in ("start", "row", "column", "weight")),
    ("rows", np.int32),
]


class EditedRows:
    """One side of a structure under edit: the rows it was laid out with, and those of pairs that are new.

    New pairs are sorted on the host, where a few thousand of them take less time than a launch for each step would.
    """

    def __init__(self, rows: CardRows) -> None:
        self._rows = rows
        self._program = current()
        self._key, self._weight = np.zeros(0, np.uint64), np.zeros(0)
        self._count = 0
        self._apart = [cupy().zeros(1, kind) for kind in ("u4", "u4", "u4", "f8")]

    @property
    def weight_type(self) -> str:
        """The type of the weights that were laid out, as kernels name it."""
        return self._rows.weight_type

    def sums(self, value: str, x: Any, y: Any, *term: Any) -> None:
        """As those of CardRows."""
        if not self._count:
            self._rows.sums(value, x, y, *term)
            return
        y.fill(0)
        self._rows.sums(value, x, y, *term)
        start, row, column, weight = self._apart
        apart = start, row, np.int32(self._count), column, weight
        blocks = -(-self._count * _WARP // THREADS)
        self._program.kernel(f"apart_sums<{value}>")((blocks,), (THREADS,), (*apart, x, y))

    def tables(self) -> tuple[Any, Any]:
        """Its rows and the new ones, as kernels find single ones of them (source/edits.cu)."""
        names = ("start", "row", "column", "weight")
        apart = dict(zip(names, self._apart, strict=True))
        return self._rows.table(), struct(_APART, **apart, rows=self._count)

    def add_weights(self, row: Any, column: Any, change: Any) -> Any:
        """Adds to pairs that were laid out (arrays of the card); which were, bool (k,) on the card."""
        return self._rows.add_weights(row, column, change)

    def add_pairs(self, key: Any, change: Any) -> None:
        """Adds to the weights of other pairs: rising keys ``row·2³² + column``, each once, on the host."""
        self._key, self._weight = merge_weights(self._key, self._weight, key, change)
        row, column = (self._key >> _HALF).astype(np.uint32), (self._key & _LOW).astype(np.uint32)
        first = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
        start = np.append(first, len(row)).astype(np.uint32)
        self._count = len(first)
        weight, *columns = _upload(self._weight, start, row[first], column)
        self._apart = [*columns, weight]


def _upload(*arrays: Any) -> list[Any]:
    """Arrays of the host on the card, in one transfer; those of wider entries first."""
    whole = cupy().asarray(np.concatenate([array.view(np.uint8) for array in arrays]))
    ends = np.cumsum([array.nbytes for array in arrays])
    return [
        whole[end - array.nbytes : end].view(array.dtype)
        for array, end in zip(arrays, ends, strict=True)
    ]


def merge_weights(key: Any, weight: Any, others: Any, change: Any) -> tuple[Any, Any]:
    """Weights by rising key, with ``change`` added at ``others``; none falls below 0. O(n + k log n)."""
    at, known = np.searchsorted(key, others), np.zeros(len(others), bool)
    if len(key):
        known = key[np.minimum(at, len(key) - 1)] == others
    if known.any():
        weight = weight.copy()
        weight[at[known]] = np.maximum(weight[at[known]] + change[known], 0.0)
        at, others, change = at[~known], others[~known], change[~known]
    place = at + np.arange(len(others))
    is_old = np.ones(len(key) + len(others), bool)
    is_old[place] = False
    keys, weights = np.empty(len(is_old), np.uint64), np.empty(len(is_old))
    keys[place], weights[place] = others, np.maximum(change, 0.0)
    keys[is_old], weights[is_old] = key, weight
    return keys, weights


def aggregated_changes(source: Any, target: Any, change: Any) -> tuple[Any, Any]:
    """Changes with each pair once, self-loops dropped: rising keys ``source·2³² + target`` and float64, on the host."""
    source, target = (np.asarray(ends).astype(np.uint32, copy=False) for ends in (source, target))
    kept = source != target
    key = pair_keys(source[kept], target[kept])
    order = np.argsort(key)
    key, amount = key[order], np.asarray(change, np.float64)[kept][order]
    first = np.flatnonzero(np.append(np.ones(min(len(key), 1), bool), key[1:] != key[:-1]))
    return key[first], np.add.reduceat(amount, first) if len(first) else amount


def pair_keys(high: Any, low: Any) -> Any:
    """Pairs as one number each."""
    return (high.astype(np.uint64) << _HALF) | low


def transpose(key: Any, amount: Any) -> tuple[Any, Any]:
    """The same pairs the other way around, rising, with their amounts."""
    key = (key << _HALF) | (key >> _HALF)
    order = np.argsort(key)
    return key[order], amount[order]


def ends_of(key: Any) -> tuple[Any, Any]:
    """Both ends of each pair: uint32."""
    return (key >> _HALF).astype(np.uint32), (key & _LOW).astype(np.uint32)
