"""Rows of links on the card: short ones in slices of 32, long ones in pieces (source/rows.cu)."""

from __future__ import annotations

from typing import Any

from focusmesh.engine.focus.cuda.program import THREADS, cupy, current

SHORT = 512
"""Links that a row may have which one lane adds up."""
PIECE = 1024
"""Links of a piece of a longer row, which a warp adds up."""
_WARP = 32
_VALUE_BYTES = {"float": 4, "double": 8, "float2": 8, "u64": 8}


class CardRows:
    """One side of a structure: row ``i`` lists the links of particle ``i`` in that direction.

    Made of compressed rows on the card: ``start`` int64 (n+1,), ``column`` uint32 (m,), ``weight`` float32 or uint32
    (m,). Memory: 8 bytes an axon and 4 to 8 a particle that has any; no more, as slices of rows of equal length have
    hardly any padding.
    """

    def __init__(self, start: Any, column: Any, weight: Any) -> None:
        np = cupy()
        self._program = current()
        length = np.diff(start)
        order = np.argsort(-length, kind="stable").astype(np.uint32)
        sorted_length = length[order]
        long_count, filled = (int((sorted_length > least).sum()) for least in (SHORT, 0))
        rows = order[:long_count].copy(), order[long_count:filled].copy()
        slices = self._slices(rows[1], sorted_length[long_count:filled], start, column, weight)
        pieces = self._pieces(rows[0], sorted_length[:long_count], start, column, weight)
        self._arguments = (*slices, *pieces)
        self._piece_count = int(pieces[1])
        warps = self._piece_count + int(slices[-1])
        self._blocks = max(-(-warps * _WARP // THREADS), 1)

    def _slices(self, row: Any, length: Any, start: Any, column: Any, weight: Any) -> tuple[Any, ...]:
        np, count = cupy(), len(row)
        width = length[::_WARP]
        slice_start = np.zeros(len(width) + 1, np.uint32)
        slice_start[1:] = np.cumsum(width * _WARP)
        size = int(slice_start[-1])
        columns, weights = np.zeros(size, np.uint32), np.zeros(size, weight.dtype)
        if count:
            self._program.kernel("fill_slices")(
                (-(-count // THREADS),),
                (THREADS,),
                (slice_start, row, np.int32(count), start, column, weight, columns, weights),
            )
        return slice_start, columns, weights, row, np.int32(count), np.int32(len(width))

    def _pieces(self, row: Any, length: Any, start: Any, column: Any, weight: Any) -> tuple[Any, ...]:
        np, count = cupy(), len(row)
        pieces = -(-length // PIECE)
        first = np.zeros(count + 1, np.int64)
        first[1:] = np.cumsum(pieces)
        to_start = np.zeros(count + 1, np.int64)
        to_start[1:] = np.cumsum(length)
        size, total = int(to_start[-1]), int(first[-1])
        columns, weights = np.empty(size, np.uint32), np.empty(size, weight.dtype)
        if count:
            self._program.kernel("fill_pieces")(
                (count,), (THREADS,), (row, start, to_start, column, weight, columns, weights)
            )
        at = np.searchsorted(first[1:], np.arange(total), side="right")
        piece_start = np.full(total + 1, size, np.uint32)
        piece_start[:-1] = to_start[at] + (np.arange(total) - first[at]) * PIECE
        self._fold = first.astype(np.uint32), np.int32(count), row
        return piece_start, np.int32(total), columns, weights

    def sums(self, value: str, x: Any, y: Any, *term: Any) -> None:
        """Sums of the rows in ``y``, which keeps what it has where a row has no links.

        ``value`` is the type of ``x`` and ``y``: ``"float"``, ``"double"``, ``"float2"`` (shape (n, 2)); ``"u64"``
        with the tables of its term (source/rows.cu, ``Whole``).
        """
        np, program = cupy(), self._program
        partial = np.empty(max(self._piece_count, 1) * _VALUE_BYTES[value], np.uint8)
        name = "whole_sums" if value == "u64" else f"sums<{value}>"
        program.kernel(name)((self._blocks,), (THREADS,), (*self._arguments, x, *term, partial, y))
        long_count = int(self._fold[1])
        if long_count:
            blocks = -(-long_count * _WARP // THREADS)
            program.kernel(f"fold<{value}>")((blocks,), (THREADS,), (*self._fold, partial, y))
