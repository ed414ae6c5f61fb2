"""One side of the axons, patched: what changed is cut into the sorted rows, the rest is copied once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.support.parallel import COMPILED_FROM_EDITED_LINKS, even_chunks, run
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import IndexArray, OffsetArray

_CHUNK_EDITS = 512
_ROW = np.int64(32)


class Side(NamedTuple):
    """Rows one after the other: row i lies in ``start[i]`` … ``start[i + 1]``; ``column`` ascends within a row.

    ``start`` int64 (n + 1,), ``column`` and ``weight`` uint32 (m,).
    """

    start: OffsetArray
    column: IndexArray
    weight: IndexArray

    def with_rows(self, count: int) -> Side:
        """With empty rows after the last, ``count`` in all."""
        more = count + 1 - len(self.start)
        start = np.append(self.start, np.full(more, len(self.column), dtype=np.int64))
        return self._replace(start=start) if more else self


def patch_side(
    side: Side, row: OffsetArray, column: OffsetArray, weight: OffsetArray
) -> tuple[Side, IndexArray]:
    """``side`` with the weights of distinct pairs set (0: no longer there), and what they weighed (0: not there).

    Raises InputError for a pair that comes twice. O(n + m), which is one copy, and O(k log k).
    """
    compiled = len(side.column) >= COMPILED_FROM_EDITED_LINKS
    keys = row << _ROW | column
    order = np.argsort(keys)
    if np.any(np.diff(keys[order]) == 0):
        raise InputError("two of the edits are of the same pair of particles")
    rows, columns, weights = row[order], column[order], weight[order].astype(np.uint32)
    place, before = (_located_large if compiled else _locate)(side, rows, columns)
    growth = (weights > 0).astype(np.int64) - (before > 0)
    cut = _Cut(place, before > 0, np.cumsum(growth) - growth, columns.astype(np.uint32), weights)
    lengths = np.zeros(len(side.start), dtype=np.int64)
    np.add.at(lengths, rows + 1, growth)
    room = len(side.column) + int(growth.sum())
    made = Side(
        side.start + np.cumsum(lengths),
        np.empty(room, dtype=np.uint32),
        np.empty(room, dtype=np.uint32),
    )
    (_fill_large if compiled else _fill)(side, cut, made)
    was = np.empty_like(before)
    was[order] = before
    return made, was


class _Cut(NamedTuple):
    """Sorted changes: where in the old entries, whether one is there, by how much what follows has moved, and what."""

    place: OffsetArray
    present: np.ndarray[tuple[int], np.dtype[np.bool_]]
    moved: OffsetArray
    column: IndexArray
    weight: IndexArray


def _locate(side: Side, row: OffsetArray, column: OffsetArray) -> tuple[OffsetArray, IndexArray]:
    """Where each pair is among the entries, or would be, and its weight, 0 where it is not."""
    rows = np.repeat(np.arange(len(side.start) - 1), np.diff(side.start))
    keys, wanted = rows << _ROW | side.column, row << _ROW | column
    place = np.searchsorted(keys, wanted)
    before = np.zeros(len(row), dtype=np.uint32)
    inside = np.flatnonzero(place < len(keys))
    found = inside[keys[place[inside]] == wanted[inside]]
    before[found] = side.weight[place[found]]
    return place.astype(np.int64), before


def _fill(side: Side, cut: _Cut, made: Side) -> None:
    kept = cut.weight > 0
    at = (cut.place + cut.moved)[kept]
    fresh, old = np.ones(len(made.column), dtype=bool), np.ones(len(side.column), dtype=bool)
    fresh[at], old[cut.place[cut.present]] = False, False
    for new, values, changed in (
        (made.column, side.column, cut.column),
        (made.weight, side.weight, cut.weight),
    ):
        new[at], new[fresh] = changed[kept], values[old]


def _located_large(
    side: Side, row: OffsetArray, column: OffsetArray
) -> tuple[OffsetArray, IndexArray]:
    from focusmesh.engine.focus.certificate.patch_compiled import locate

    place, before = np.empty(len(row), dtype=np.int64), np.empty(len(row), dtype=np.uint32)
    run(
        lambda span: locate(*side, row, column, span, place, before),
        even_chunks(len(row), _CHUNK_EDITS),
    )
    return place, before


def _fill_large(side: Side, cut: _Cut, made: Side) -> None:
    from focusmesh.engine.focus.certificate.patch_compiled import fill_between

    def fill(span: tuple[int, int]) -> None:
        fill_between(side.column, side.weight, *cut, span, made.column, made.weight)

    run(fill, even_chunks(len(cut.place) + 1, _CHUNK_EDITS))
