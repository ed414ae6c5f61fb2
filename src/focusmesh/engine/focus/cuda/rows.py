"""Rows of links on the card: short ones in slices of 32, long ones in pieces (source/rows.cu)."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from focusmesh.engine.focus.cuda.program import THREADS, cupy, current, struct

SHORT = 512
"""Links that a row may have which one lane adds up."""
PIECE = 1024
"""Links of a piece of a longer row, which a warp adds up."""
_WARP = 32
_SIDE = [
    (name, np.uint64)
    for name in (
        *("place", "length", "slice_start", "slice_column", "slice_weight"),
        *("first_piece", "piece_start", "piece_column", "piece_weight"),
    )
]
_WEIGHTS = {"f": "float", "d": "double", "I": "unsigned"}
_VALUE_BYTES = {"float": 4, "double": 8, "float2": 8, "u64": 8}


class CardRows:
    """One side of a structure: row ``i`` lists the links of particle ``i`` in that direction.

    Made of compressed rows on the card: ``start`` int64 (n+1,), ``column`` uint32 (m,), rising within a row,
    ``weight`` float32, float64 or uint32 (m,). Memory: 8 bytes an axon (12 with float64) and 4 to 8 a particle that has
    any; no more, as slices of rows of equal length have hardly any padding.
    """

    def __init__(self, start: Any, column: Any, weight: Any) -> None:
        cp = cupy()
        self._places: Any = None
        self._program = current()
        self._weight = _WEIGHTS[weight.dtype.char]
        length = cp.diff(start)
        order = cp.argsort(-length, kind="stable").astype(cp.uint32)
        sorted_length = length[order]
        long_count, filled = (int((sorted_length > least).sum()) for least in (SHORT, 0))
        long, short = order[:long_count].copy(), order[long_count:filled].copy()
        links = start, column, weight
        slices = self._slices(short, sorted_length[long_count:filled], links)
        pieces = self._pieces(long, sorted_length[:long_count], links)
        counts = cp.int32(len(short)), cp.int32(len(slices[0]) - 1)
        self._arguments = (*slices, short, *counts, *pieces)
        self._long = long
        self._blocks = max(-(-(int(pieces[1]) + int(counts[1])) * _WARP // THREADS), 1)
        self._order, self._length = order[:filled], length.astype(cp.uint32)

    def _slices(self, row: Any, length: Any, links: tuple[Any, Any, Any]) -> tuple[Any, ...]:
        cp, count, weight = cupy(), len(row), links[2]
        width = length[::_WARP]
        start = cp.zeros(len(width) + 1, cp.uint32)
        start[1:] = cp.cumsum(width * _WARP)
        size = int(start[-1])
        columns, weights = cp.zeros(size, cp.uint32), cp.zeros(size, weight.dtype)
        if count:
            fill = self._program.kernel(f"fill_slices<{self._weight}>")
            blocks = -(-count // THREADS)
            fill((blocks,), (THREADS,), (start, row, cp.int32(count), *links, columns, weights))
        return start, columns, weights

    def _pieces(self, row: Any, length: Any, links: tuple[Any, Any, Any]) -> tuple[Any, ...]:
        cp, count, weight = cupy(), len(row), links[2]
        first, to_start = (cp.zeros(count + 1, cp.int64) for _ in range(2))
        first[1:] = cp.cumsum(-(-length // PIECE))
        to_start[1:] = cp.cumsum(length)
        size, total = int(to_start[-1]), int(first[-1])
        columns, weights = cp.empty(size, cp.uint32), cp.empty(size, weight.dtype)
        if count:
            fill = self._program.kernel(f"fill_pieces<{self._weight}>")
            fill((count,), (THREADS,), (row, links[0], to_start, *links[1:], columns, weights))
        at = cp.searchsorted(first[1:], cp.arange(total), side="right")
        start = cp.full(total + 1, size, cp.uint32)
        start[:-1] = to_start[at] + (cp.arange(total) - first[at]) * PIECE
        self._first_piece = first.astype(cp.uint32)
        return start, cp.int32(total), columns, weights

    def sums(self, value: str, x: Any, y: Any, *term: Any) -> None:
        """Sums of the rows in ``y``; what has no links keeps what it has there.

        ``value`` is the type of ``x`` and ``y``: ``"float"``, ``"double"``, ``"float2"`` (shape (n, 2)); ``"u64"``
        with the tables of its term (source/rows.cu, ``Whole``).
        """
        cp, program = cupy(), self._program
        partial = cp.empty(max(int(self._arguments[7]), 1) * _VALUE_BYTES[value], cp.uint8)
        name = "whole_sums" if value == "u64" else f"sums<{value}, {self._weight}>"
        program.kernel(name)((self._blocks,), (THREADS,), (*self._arguments, x, *term, partial, y))
        count = len(self._long)
        if count:
            blocks = -(-count * _WARP // THREADS)
            folded = self._first_piece, cp.int32(count), self._long, partial, y
            program.kernel(f"fold<{value}>")((blocks,), (THREADS,), folded)

    def add_weights(self, row: Any, column: Any, change: Any) -> Any:
        """Adds to the weights of links that are there, none below 0; which were, bool (k,). Each pair comes once.

        ``row``, ``column`` uint32 (k,), ``change`` float64 (k,). O(log of the row) each.
        """
        cp, count = cupy(), len(row)
        found = cp.zeros(count, cp.uint8)
        slices, pieces = self._arguments[:3], self._arguments[6:]
        if count:
            kernel = self._program.kernel(f"add_weights<{self._weight}>")
            links = row, column, change, cp.int32(count), self._place(), self._length
            within = *slices, self._first_piece, pieces[0], *pieces[2:]
            kernel((-(-count // THREADS),), (THREADS,), (*links, *within, found))
        return found.astype(bool)

    @property
    def weight_type(self) -> str:
        """The type of its weights, as kernels name it."""
        return self._weight

    def table(self) -> Any:
        """A struct by which a kernel finds single rows (source/rows.cu, ``Side``)."""
        slice_start, slice_column, slice_weight = self._arguments[:3]
        piece_start, _, piece_column, piece_weight = self._arguments[6:]
        return struct(
            _SIDE,
            place=self._place(),
            length=self._length,
            slice_start=slice_start,
            slice_column=slice_column,
            slice_weight=slice_weight,
            first_piece=self._first_piece,
            piece_start=piece_start,
            piece_column=piece_column,
            piece_weight=piece_weight,
        )

    def copy(self) -> CardRows:
        """Rows whose weights change by themselves."""
        made = copy.copy(self)
        slices, pieces = (self._arguments[at].copy() for at in (2, 9))
        made._arguments = (*self._arguments[:2], slices, *self._arguments[3:9], pieces)
        return made

    def _place(self) -> Any:
        """Where each row stands among the short ones, or −1 − that among the long ones."""
        cp = cupy()
        if self._places is None:
            long_count = len(self._long)
            self._places = cp.zeros(len(self._length), cp.int32)
            at = cp.arange(len(self._order), dtype=cp.int32)
            self._places[self._order] = cp.where(at < long_count, -1 - at, at - long_count)
        return self._places
