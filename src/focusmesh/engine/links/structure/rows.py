"""One side of a structure, prepared for sums: long rows where they lie, short ones packed eight by eight.

Eight short rows of one length are copied so that they advance in step, one in each lane of a vector: no row then ends
in the middle of a vector, and no jump has to be guessed. M. Kreutzer et al., SIAM J. Sci. Comput. 36 (2014) C401
(SELL-C-σ; here without padding, since what does not make eight stays where it lies).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from focusmesh.engine.support.mapped_pages import let_go
from focusmesh.engine.support.parallel import run

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import IndexArray, OffsetArray, RealArray, WeightArray

SHORT = 64
"""Rows of fewer links are packed."""
LANES = 8
_CHUNK_LINKS = 1 << 18
_ROW_WORK = 4
_ROW_BYTES = 5
"""Where a row stands among the long or the short ones, and where slices begin."""

Span: TypeAlias = tuple[int, int]
Real = TypeVar("Real", bound="RealArray")


@dataclass(frozen=True)
class Rows:
    """The rows of one side of a graph of ``n`` particles and ``m`` axons, empty rows left out.

    Beside the arrays it is made from, which stay where they are: 4 bytes a particle, and 8 bytes for each link in a
    short row (12 with float64 weights, 4 without weights).
    """

    start: OffsetArray
    column: IndexArray
    weight: WeightArray | None
    long: IndexArray
    short: IndexArray
    slice_start: OffsetArray
    packed_column: IndexArray
    packed_weight: WeightArray | None

    @classmethod
    def of(cls, start: OffsetArray, column: IndexArray, weight: WeightArray | None) -> Rows:
        """Packs the short rows. O(n + m), without sorting."""
        return cls.select(start, column, weight, *_order_rows(start))

    @classmethod
    def select(
        cls,
        start: OffsetArray,
        column: IndexArray,
        weight: WeightArray | None,
        long: IndexArray,
        short: IndexArray,
        slice_start: OffsetArray,
    ) -> Rows:
        """Some of the rows: ``long`` stay where they lie, ``short`` are packed, eight of one length after another.

        A row may stand in a slice twice. ``slice_start`` counts the entries before each slice, and all.
        """
        arrays = [column] if weight is None else [column, weight]
        packed = [_pack(start, values, short, slice_start) for values in arrays]
        let_go(*arrays)
        return cls(
            *(start, column, weight, long, short, slice_start),
            packed_column=packed[0],
            packed_weight=None if weight is None else packed[1],
        )

    @cached_property
    def _chunks(self) -> list[tuple[bool, Span]]:
        """Ranges of long rows (True) and of slices (False) with about equal work, independent of the threads."""
        ends = np.cumsum(self.start[self.long.astype(np.int64) + 1] - self.start[self.long])
        work = np.append(0, ends)
        return [
            *((True, span) for span in _even_work(work)),
            *((False, span) for span in _even_work(self.slice_start)),
        ]

    def sums(self, gathered: RealArray, total: Real) -> Real:
        """Writes Σ weight·gathered[column] of each row to ``total``, shape (n,); empty rows are not touched."""
        from focusmesh.engine.links.structure.rows_compiled import long_rows, short_rows

        def part(chunk: tuple[bool, Span]) -> None:
            whole, span = chunk
            if whole:
                long_rows(self.long, self.start, self.column, self.weight, gathered, span, total)
            else:
                short_rows(
                    *(self.short, self.slice_start, self.packed_column, self.packed_weight),
                    *(gathered, span, total, None),
                )

        run(part, self._chunks)
        return total

    def pair_sums(self, pairs: RealArray, total: RealArray, other: RealArray) -> None:
        """``sums`` for two vectors at once, of float32: ``pairs`` has shape (n, 2) and lies row by row."""
        from focusmesh.engine.links.structure.rows_compiled import long_row_pairs, short_rows

        gathered = pairs.reshape(-1).view(np.float64)

        def part(chunk: tuple[bool, Span]) -> None:
            whole, span = chunk
            if whole:
                long_row_pairs(
                    *(self.long, self.start, self.column, self.weight),
                    *(gathered, span, total, other),
                )
            else:
                short_rows(
                    *(self.short, self.slice_start, self.packed_column, self.packed_weight),
                    *(gathered, span, total, other),
                )

        run(part, self._chunks)


def packed_bytes(start: OffsetArray, entry_bytes: int) -> int:
    """What ``Rows.of`` adds to rows whose entries take so many bytes. O(n)."""
    length = np.diff(start)
    return int(length[length < SHORT].sum()) * entry_bytes + _ROW_BYTES * len(length)


def _order_rows(start: OffsetArray) -> tuple[IndexArray, IndexArray, OffsetArray]:
    """Long rows, packed rows by falling length, and where the slices of eight start."""
    from focusmesh.engine.links.structure.rows_compiled import order_by_length

    length = np.diff(start)
    filled = int(np.count_nonzero(length))
    counts = np.bincount(length[length < SHORT], minlength=SHORT)
    counts[0] = 0
    counts -= counts % LANES
    limit = np.cumsum(counts[::-1])[::-1]
    short = np.empty(int(limit[0]), dtype=np.uint32)
    long = np.empty(filled - len(short), dtype=np.uint32)
    order_by_length(start, limit - counts, limit, short, long)
    deep = np.repeat(np.arange(SHORT)[::-1], counts[::-1] // LANES)
    return long, short, np.append(0, np.cumsum(LANES * deep))


def _pack(start: OffsetArray, values: Any, short: IndexArray, slice_start: OffsetArray) -> Any:
    from focusmesh.engine.links.structure.rows_compiled import pack

    packed = np.empty(int(slice_start[-1]), dtype=values.dtype)
    run(lambda span: pack(start, values, short, slice_start, span, packed), _even_work(slice_start))
    return packed


def _even_work(ends: OffsetArray) -> list[Span]:
    """Ranges of entries with about equal work, where ``ends`` counts the links before each."""
    work = ends + _ROW_WORK * np.arange(len(ends))
    marks = np.arange(_CHUNK_LINKS, int(work[-1]), _CHUNK_LINKS)
    cuts = sorted({0, len(ends) - 1, *np.searchsorted(work, marks).tolist()})
    return list(pairwise(cuts))
