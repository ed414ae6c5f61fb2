"""Changes put into sorted rows: where each belongs, and what is left of the rows and their axons.

NumPy here, machine code (rows_compiled.py) where many links are touched; both give the same, and one test body runs
over both.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS
from focusmesh.kernel.state.rows.records import LINK

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import (
        BoolArray,
        ByteArray,
        IndexArray,
        MassArray,
        OffsetArray,
    )
    from focusmesh.kernel.state.rows.records import Links

FIELDS = ("target", "relation", "neuron")
_COMPILED = "focusmesh.kernel.state.rows.rows_compiled"
_LOADED_FROM_LINKS = 20_000


def is_worth_compiling(link_count: int) -> bool:
    """Whether so many links are worth machine code: fewer do once it is in memory."""
    return link_count >= (_LOADED_FROM_LINKS if _COMPILED in sys.modules else COMPILED_FROM_LINKS)


@dataclass(frozen=True)
class Names:
    """What the ids of links stand for: digests and their first eight bytes, for each of ``FIELDS``."""

    digests: Sequence[ByteArray]
    heads: Sequence[MassArray]

    def keys(self, links: Links) -> ByteArray:
        """Keys of links: target ‖ relation ‖ neuron, uint8 (k, 96)."""
        parts = zip(FIELDS, self.digests, strict=True)
        return np.concatenate([digests[links[field]] for field, digests in parts], axis=1)

    def order(self, links: Links) -> OffsetArray:
        """The order in which keys ascend."""
        return np.argsort(self.keys(links).view("S96").reshape(-1))

    def compare(self, rows: Links, at: OffsetArray, wanted: Links) -> npt.NDArray[np.int8]:
        """−1, 0 or 1 as the key of ``rows[at[i]]`` is less than, equal to or greater than ``wanted[i]``'s."""
        result = np.zeros(len(at), dtype=np.int8)
        left = np.arange(len(at))
        for field, digests, heads in zip(FIELDS, self.digests, self.heads, strict=True):
            if not len(left):
                break
            mine, theirs = rows[field][at[left]], wanted[field][left]
            head, other = heads[mine], heads[theirs]
            result[left] = np.where(head < other, -1, np.where(head > other, 1, 0))
            for tie in np.flatnonzero((head == other) & (mine != theirs)).tolist():
                one, two = digests[mine[tie]].tobytes(), digests[theirs[tie]].tobytes()
                result[left[tie]] = -1 if one < two else 1
            left = left[result[left] == 0]
        return result


@dataclass(frozen=True)
class Place:
    """Changes of rows: the row and link of each, ascending, where it is or would be, and whether it is there."""

    row: OffsetArray
    link: Links
    at: OffsetArray
    found: BoolArray

    @classmethod
    def of(
        cls, names: Names, rows: Links, start: OffsetArray, row: OffsetArray, link: Links
    ) -> Place:
        """O(k · log of the longest row)."""
        find = (
            _located_compiled if is_worth_compiling(len(rows) + len(link)) else _located_by_arrays
        )
        return cls(row, link, *find(names, rows, start, row, link))


def _located_compiled(
    names: Names, rows: Links, start: OffsetArray, row: OffsetArray, link: Links
) -> tuple[OffsetArray, BoolArray]:
    from focusmesh.kernel.state.rows.rows_compiled import locate

    at, found = np.empty(len(link), dtype=np.int64), np.empty(len(link), dtype=np.bool_)
    heads, digests = tuple(names.heads), tuple(names.digests)
    locate(_words(rows), start, _words(link), row, heads, digests, at, found)
    return at, found


def _located_by_arrays(
    names: Names, rows: Links, start: OffsetArray, row: OffsetArray, link: Links
) -> tuple[OffsetArray, BoolArray]:
    low, high = start[row], start[row + 1]
    while True:
        searched = np.flatnonzero(low < high)
        if not len(searched):
            break
        middle = (low[searched] + high[searched]) // 2
        less = names.compare(rows, middle, link[searched]) < 0
        low[searched[less]] = middle[less] + 1
        high[searched[~less]] = middle[~less]
    found = low < start[row + 1]
    inside = np.flatnonzero(found)
    found[inside] = names.compare(rows, low[inside], link[inside]) == 0
    return low, found


@dataclass(frozen=True)
class MovedAxons:
    """Axons of which a link was touched: place of the row, target id, what was locked in them and what is now."""

    row: OffsetArray
    target: IndexArray
    before: MassArray
    now: MassArray


@dataclass(frozen=True)
class Live:
    """What is left of rows: links, where each was before (−1: new), whether it was touched; axons with their first
    link, what is locked in them, whether a link of theirs was touched; offsets of rows, also of empty ones."""

    links: Links
    origin: OffsetArray
    touched: BoolArray
    link_start: OffsetArray
    axon_first: OffsetArray
    axon_total: MassArray
    axon_touched: BoolArray
    axon_start: OffsetArray
    moved: MovedAxons


def edit_rows(rows: Links, start: OffsetArray, place: Place) -> Live:
    """Rows with changes put in; a link whose amount is 0 is gone. O(links of the rows)."""
    edit = edited_compiled if is_worth_compiling(len(rows) + len(place.link)) else edited_by_arrays
    return edit(rows, start, place)


def edited_compiled(rows: Links, start: OffsetArray, place: Place) -> Live:
    """``edit_rows`` in machine code."""
    from focusmesh.kernel.state.rows.rows_compiled import edit

    most, row_count = len(rows) + len(place.link), len(start) - 1
    words = np.empty((most, 3), dtype=np.uint64)
    origin, first = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    touched, axon_touched = np.empty(most, dtype=np.bool_), np.empty(most, dtype=np.bool_)
    total = np.empty(most, dtype=np.uint64)
    link_start, axon_start = (np.zeros(row_count + 1, dtype=np.int64) for _ in range(2))
    moved_row = np.empty(len(place.link), dtype=np.int64)
    moved = np.empty((len(place.link), 3), dtype=np.uint64)
    links, axons, moves = edit(
        *(_words(rows), start),
        *(_words(place.link), np.searchsorted(place.row, np.arange(row_count + 1))),
        (place.at, place.found),
        (words, origin, touched, link_start),
        (first, total, axon_touched, axon_start),
        (moved_row, moved),
    )
    target = moved[:moves, 0].astype(np.uint32)
    return Live(
        *(words[:links].reshape(-1).view(LINK), origin[:links], touched[:links], link_start),
        *(first[:axons], total[:axons], axon_touched[:axons], axon_start),
        MovedAxons(moved_row[:moves], target, moved[:moves, 1], moved[:moves, 2]),
    )


def _words(links: Links) -> MassArray:
    return np.ascontiguousarray(links).view(np.uint64).reshape(-1, 3)


def edited_by_arrays(rows: Links, start: OffsetArray, place: Place) -> Live:
    """``edit_rows`` in NumPy."""
    merged = _Merged.of(rows, start, place)
    links, begins = merged.links, axon_starts(merged.links, merged.start)
    now, before = (np.add.reduceat(of, begins) for of in (links["amount"], merged.before))
    touched = np.logical_or.reduceat(merged.touched, begins)
    row = np.searchsorted(merged.start, begins[touched], side="right") - 1
    moved = MovedAxons(row, links["target"][begins[touched]], before[touched], now[touched])
    linked, weighted = links["amount"] > 0, now > 0
    link_start = _count(linked, merged.start)
    left = links[linked]
    first = axon_starts(left, link_start)
    return Live(
        *(left, merged.origin[linked], merged.touched[linked], link_start),
        *(first, now[weighted], touched[weighted], np.searchsorted(first, link_start)),
        moved,
    )


@dataclass(frozen=True)
class _Merged:
    """Rows with changes in them, links that came to nothing included, and the amounts that they had."""

    links: Links
    start: OffsetArray
    origin: OffsetArray
    before: MassArray
    touched: BoolArray

    @classmethod
    def of(cls, rows: Links, start: OffsetArray, place: Place) -> _Merged:
        fresh = np.flatnonzero(~place.found)
        inserted = np.bincount(place.row[fresh] + 1, minlength=len(start))
        is_old = np.ones(len(rows) + len(fresh), dtype=np.bool_)
        new_at = place.at[fresh] + np.arange(len(fresh))
        is_old[new_at] = False
        old_at = np.flatnonzero(is_old)
        links = np.empty(len(is_old), dtype=LINK)
        links[old_at] = rows
        links[new_at] = place.link[fresh]
        before = links["amount"].copy()
        before[new_at] = 0
        replaced = old_at[place.at[place.found]]
        links[replaced] = place.link[place.found]
        touched = ~is_old
        touched[replaced] = True
        origin = np.full(len(is_old), -1, dtype=np.int64)
        origin[old_at] = np.arange(len(rows))
        return cls(links, start + np.cumsum(inserted), origin, before, touched)


def axon_starts(links: Links, row_start: OffsetArray) -> OffsetArray:
    """Links whose target is not that of the link before them in the row: where axons begin."""
    begins = np.ones(len(links), dtype=np.bool_)
    begins[1:] = links["target"][1:] != links["target"][:-1]
    begins[row_start[:-1][np.diff(row_start) > 0]] = True
    return np.flatnonzero(begins)


def _count(chosen: BoolArray, start: OffsetArray) -> OffsetArray:
    """Offsets once only the chosen are left."""
    before = np.append(0, np.cumsum(chosen))
    return np.asarray(before[start])
