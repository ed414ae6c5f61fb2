"""A block's changes of links: from merged rows to records, values for the state tree, and changed weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import WEIGHT_MAX
from focusmesh.kernel.state.rows.hashing import Draft, Kept, PageColumns, trees
from focusmesh.kernel.state.rows.merge import FIELDS, axon_starts
from focusmesh.kernel.state.rows.page_cuts import Keys
from focusmesh.kernel.state.rows.proof import ROW_VALUE_BYTES
from focusmesh.kernel.state.rows.records import RowRecords

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.support.arrays import BoolArray, MassArray, OffsetArray
    from focusmesh.kernel.state.rows.hashing import RowTrees
    from focusmesh.kernel.state.rows.merge import Live, Names
    from focusmesh.kernel.state.rows.records import PageRecords


def weights_of(totals: MassArray, weight_unit: int) -> MassArray:
    """clamp(⌊total / unit⌋, 1, 2³² − 1), 0 where nothing is locked."""
    units = np.clip(totals // np.uint64(weight_unit), 1, WEIGHT_MAX)
    return np.where(totals > 0, units, 0).astype(np.uint64)


@dataclass(frozen=True)
class Applied:
    """Rows after a block: records for the store and values for the state tree, None where no link is left, and axons
    whose weight changed: place of the row, target id, weight before and now."""

    records: list[bytes | None]
    values: list[bytes | None]
    axon_row: OffsetArray
    axon_target: npt.NDArray[np.uint32]
    weight_before: MassArray
    weight_now: MassArray


def apply_edits(names: Names, records: RowRecords, live: Live, weight_unit: int) -> Applied:
    """What comes of edited rows, of which ``records`` is how they were.

    O(links of the rows); hashing O(pages touched).
    """
    drafts = (
        partial(_authors, names, records, live),
        partial(_weights, names, records, live, weight_unit),
    )
    authors, weights = trees(drafts, len(live.links))
    before, now = (weights_of(total, weight_unit) for total in (live.moved.before, live.moved.now))
    changed = np.flatnonzero(before != now)
    full = np.diff(live.link_start) > 0
    after = RowRecords(
        live.links,
        np.append(live.link_start[:-1][full], len(live.links)),
        authors.pages,
        authors.page_start,
        weights.pages,
        weights.page_start,
    )
    return Applied(
        _spread(after.pack(), full),
        _spread(_values(live, full, authors, weights), full),
        live.moved.row[changed],
        live.moved.target[changed],
        before[changed],
        now[changed],
    )


def _authors(names: Names, records: RowRecords, live: Live) -> Draft:
    ids = [np.ascontiguousarray(live.links[field]) for field in FIELDS]
    keys = Keys(names.heads[0][ids[0]], tuple(zip(names.digests, ids, strict=True)))
    pages = _first_entries(records.authors, records.authors_start, records.link_start)
    kept = _find_kept(records, records.authors, pages, live.origin)
    numbers = (live.links["amount"], live.links["height"])
    entries = PageColumns(keys, numbers, summed=False)
    return Draft(keys, _of_full_rows(live.link_start), live.touched, kept, entries)


def _weights(names: Names, records: RowRecords, live: Live, weight_unit: int) -> Draft:
    target = live.links["target"][live.axon_first]
    keys = Keys(names.heads[0][target], ((names.digests[0], target),))
    first_link = axon_starts(records.links, records.link_start)
    row_start = np.searchsorted(first_link, records.link_start)
    pages = first_link[_first_entries(records.weights, records.weights_start, row_start)]
    kept = _find_kept(records, records.weights, pages, live.origin[live.axon_first])
    entries = PageColumns(keys, (weights_of(live.axon_total, weight_unit),), summed=True)
    return Draft(keys, _of_full_rows(live.axon_start), live.axon_touched, kept, entries)


def _of_full_rows(start: OffsetArray) -> OffsetArray:
    """Offsets without the rows that are empty."""
    return np.append(start[:-1][np.diff(start) > 0], start[-1])


def _first_entries(
    pages: PageRecords, page_start: OffsetArray, entry_start: OffsetArray
) -> OffsetArray:
    """The first entry of each page, among the entries of all rows."""
    before = np.append(0, np.cumsum(pages["count"], dtype=np.int64))
    row = np.repeat(np.arange(len(page_start) - 1), np.diff(page_start))
    return np.asarray(before[:-1] - before[page_start[row]] + entry_start[row])


def _find_kept(
    records: RowRecords, pages: PageRecords, first: OffsetArray, origin: OffsetArray
) -> Kept:
    # One place more than there were links, which is where an origin of −1 looks.
    begun = np.full(len(records.links) + 1, -1, dtype=np.int64)
    begun[first] = np.arange(len(pages))
    return Kept(pages, begun[origin])


def _values(live: Live, full: BoolArray, authors: RowTrees, weights: RowTrees) -> list[bytes]:
    """Values in the state tree of rows that have links, 88 bytes each."""
    counts = np.stack([np.diff(live.link_start), np.diff(live.axon_start)], axis=1)[full]
    content = np.empty((len(counts), ROW_VALUE_BYTES), dtype=np.uint8)
    content[:, :16] = counts.astype(">u8").view(np.uint8).reshape(len(content), 16)
    content[:, 16:24] = weights.roots[:, 32:]
    content[:, 24:56] = weights.roots[:, :32]
    content[:, 56:] = authors.roots
    joined = content.tobytes()
    return [joined[at : at + ROW_VALUE_BYTES] for at in range(0, len(joined), ROW_VALUE_BYTES)]


def _spread(items: list[bytes], rows: BoolArray) -> list[bytes | None]:
    """Items for the rows that there are, None for the others."""
    left = iter(items)
    return [next(left) if there else None for there in rows.tolist()]
