"""A block's changes of links: from merged rows to records, values for the state tree, and changed weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.state.rows_cut import Keys
from focusmesh.kernel.state.rows_hashing import Entries, Kept, trees
from focusmesh.kernel.state.rows_records import RowRecords

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.arrays import BoolArray, MassArray, OffsetArray
    from focusmesh.kernel.state.links_merge import Merged, Names
    from focusmesh.kernel.state.rows_hashing import Tree
    from focusmesh.kernel.state.rows_records import Links, PageRecords

WEIGHT_MAX = 2**32 - 1
ROW_VALUE_BYTES = 88


def weights_of(totals: MassArray, weight_unit: int) -> MassArray:
    """clamp(⌊total / unit⌋, 1, 2³² − 1), 0 where nothing is locked."""
    units = np.clip(totals // np.uint64(weight_unit), 1, WEIGHT_MAX)
    return np.where(totals > 0, units, 0).astype(np.uint64)


def axon_starts(links: Links, row_start: OffsetArray) -> OffsetArray:
    """Links whose target is not that of the link before them in the row: where axons begin."""
    begins = np.ones(len(links), dtype=np.bool_)
    begins[1:] = links["target"][1:] != links["target"][:-1]
    begins[row_start[:-1][np.diff(row_start) > 0]] = True
    return np.flatnonzero(begins)


@dataclass(frozen=True)
class Axons:
    """Runs of links with one target: their first link, the weight that they have and had, whether any was touched."""

    start: OffsetArray
    now: MassArray
    before: MassArray
    touched: BoolArray

    @classmethod
    def of(cls, rows: Merged, weight_unit: int) -> Axons:
        """Of merged rows, axons that came to nothing included."""
        start = axon_starts(rows.links, rows.start)
        now, before = (
            np.add.reduceat(rows.links["amount"], start),
            np.add.reduceat(rows.before, start),
        )
        touched = np.logical_or.reduceat(rows.touched, start)
        return cls(start, weights_of(now, weight_unit), weights_of(before, weight_unit), touched)


@dataclass(frozen=True)
class Live:
    """What is left of merged rows: links, with where each was before (−1: new) and whether it was touched; axons
    likewise, with their first link. Offsets of rows, those without links left out, which ``rows`` tells apart."""

    links: Links
    link_start: OffsetArray
    origin: OffsetArray
    touched: BoolArray
    axon_start: OffsetArray
    axon_first: OffsetArray
    axon_touched: BoolArray
    weights: MassArray
    rows: BoolArray

    @classmethod
    def of(cls, rows: Merged, axons: Axons) -> Live:
        """Of merged rows and their axons."""
        linked, weighted = rows.links["amount"] > 0, axons.now > 0
        links = rows.links[linked]
        link_start = _counted(linked, rows.start)
        full = np.diff(link_start) > 0
        link_start = np.append(link_start[:-1][full], len(links))
        first = axon_starts(links, link_start)
        return cls(
            links,
            link_start,
            rows.origin[linked],
            rows.touched[linked],
            np.append(np.searchsorted(first, link_start[:-1]), len(first)),
            first,
            axons.touched[weighted],
            axons.now[weighted],
            full,
        )


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


def applied(names: Names, records: RowRecords, rows: Merged, weight_unit: int) -> Applied:
    """What comes of rows, of which ``records`` is how they were. O(links of the rows); hashing O(pages touched)."""
    axons = Axons.of(rows, weight_unit)
    live = Live.of(rows, axons)
    authors, weights = _authors(names, records, live), _weights(names, records, live)
    changed = np.flatnonzero(axons.now != axons.before)
    return Applied(
        _spread(
            RowRecords(
                live.links,
                live.link_start,
                authors.pages,
                authors.page_start,
                weights.pages,
                weights.page_start,
            ).packed(),
            live.rows,
        ),
        _spread(_values(live, authors, weights), live.rows),
        np.searchsorted(rows.start, axons.start[changed], side="right") - 1,
        rows.links["target"][axons.start[changed]],
        axons.before[changed],
        axons.now[changed],
    )


def _authors(names: Names, records: RowRecords, live: Live) -> Tree:
    links = live.links
    ids = (links["target"], links["relation"], links["neuron"])
    keys = Keys(names.heads[0][ids[0]], tuple(zip(names.digests, ids, strict=True)))
    pages = _first_entries(records.authors, records.authors_start, records.link_start)
    kept = _kept(records, records.authors, pages, live.origin)
    numbers = (links["amount"], links["height"])
    return trees(keys, live.link_start, live.touched, kept, Entries(keys, numbers, summed=False))


def _weights(names: Names, records: RowRecords, live: Live) -> Tree:
    target = live.links["target"][live.axon_first]
    keys = Keys(names.heads[0][target], ((names.digests[0], target),))
    first_link = axon_starts(records.links, records.link_start)
    row_start = np.searchsorted(first_link, records.link_start)
    pages = first_link[_first_entries(records.weights, records.weights_start, row_start)]
    kept = _kept(records, records.weights, pages, live.origin[live.axon_first])
    entries = Entries(keys, (live.weights,), summed=True)
    return trees(keys, live.axon_start, live.axon_touched, kept, entries)


def _first_entries(
    pages: PageRecords, page_start: OffsetArray, entry_start: OffsetArray
) -> OffsetArray:
    """The first entry of each page, among the entries of all rows."""
    before = np.append(0, np.cumsum(pages["count"], dtype=np.int64))
    row = np.repeat(np.arange(len(page_start) - 1), np.diff(page_start))
    return before[:-1] - before[page_start[row]] + entry_start[row]


def _kept(records: RowRecords, pages: PageRecords, first: OffsetArray, origin: OffsetArray) -> Kept:
    # One place more than there were links, which is where an origin of −1 looks.
    begun = np.full(len(records.links) + 1, -1, dtype=np.int64)
    begun[first] = np.arange(len(pages))
    return Kept(pages, begun[origin])


def _values(live: Live, authors: Tree, weights: Tree) -> list[bytes]:
    """Rows' values in the state tree, 88 bytes each."""
    content = np.empty((len(live.link_start) - 1, ROW_VALUE_BYTES), dtype=np.uint8)
    counts = np.stack([np.diff(live.link_start), np.diff(live.axon_start)], axis=1).astype(">u8")
    content[:, :16] = counts.view(np.uint8).reshape(len(content), 16)
    content[:, 16:24] = weights.roots[:, 32:]
    content[:, 24:56] = weights.roots[:, :32]
    content[:, 56:] = authors.roots
    joined = content.tobytes()
    return [joined[at : at + ROW_VALUE_BYTES] for at in range(0, len(joined), ROW_VALUE_BYTES)]


def _spread(items: list[bytes], rows: BoolArray) -> list[bytes | None]:
    """Items for the rows that there are, None for the others."""
    left = iter(items)
    return [next(left) if there else None for there in rows.tolist()]


def _counted(chosen: BoolArray, start: OffsetArray) -> OffsetArray:
    """Offsets once only the chosen are left."""
    before = np.append(0, np.cumsum(chosen))
    return np.asarray(before[start])
