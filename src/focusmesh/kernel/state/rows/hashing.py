"""What rows commit to: their pages' entries, hashed anew only where they changed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from focusmesh.engine.support import parallel
from focusmesh.kernel.state.hashing import DIGEST_BYTES, by_lanes
from focusmesh.kernel.state.rows.merge import is_worth_compiling
from focusmesh.kernel.state.rows.page_cuts import Keys, cut, fold
from focusmesh.kernel.state.rows.records import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import BoolArray, ByteArray, MassArray, OffsetArray
    from focusmesh.kernel.state.rows.page_cuts import Pages
    from focusmesh.kernel.state.rows.records import PageRecords

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")

_PAGE = b"\0"
_PAGES_AT_ONCE = 512


@dataclass(frozen=True)
class Kept:
    """Pages as they were: their records, and for each entry which page began there before (−1: none)."""

    pages: PageRecords
    begun: OffsetArray


@dataclass(frozen=True)
class RowTrees:
    """One tree of each of many rows: its root node, and the records of its pages with where each row's begin."""

    roots: ByteArray
    pages: PageRecords
    page_start: OffsetArray


def trees(drafts: Sequence[Callable[[], Draft]], entry_count: int) -> list[RowTrees]:
    """Trees of drafts, of so many entries together; where they are many, the pages of all are hashed side by side."""
    run = parallel.run if is_worth_compiling(entry_count) else _one_by_one
    made = run(lambda draft: draft(), drafts)
    jobs = [(draft, span) for draft in made for span in draft.spans()]
    run(lambda job: job[0].hash(job[1]), jobs)
    return run(lambda draft: draft.tree(), made)


def _one_by_one(function: Callable[[Chunk], Result], chunks: Sequence[Chunk]) -> list[Result]:
    return [function(chunk) for chunk in chunks]


class Draft:
    """Rows' pages before they are hashed: which have to be, and what the others hash to."""

    def __init__(
        self,
        keys: Keys,
        row_start: OffsetArray,
        touched: BoolArray,
        kept: Kept,
        entries: PageColumns,
    ) -> None:
        """Every row has entries. Only pages with a touched entry, or that were none before, are hashed."""
        self._keys, self._row_count, self._entries = keys, len(row_start) - 1, entries
        self._pages = cut(keys, row_start)
        self._records = np.zeros(len(self._pages.depth), dtype=PAGE)
        self._records["count"] = np.diff(self._pages.start)
        self._records["depth"] = self._pages.depth
        same = _unchanged_pages(self._pages, self._records, touched, kept)
        before = kept.begun[self._pages.start[:-1]]
        self._records["node"][same] = kept.pages["node"][before[same]]
        self._fresh = np.flatnonzero(~same)
        counts = np.diff(self._pages.start)
        self._entry = np.flatnonzero(np.repeat(~same, counts))
        self._offset = np.append(0, np.cumsum(counts[self._fresh]))

    def spans(self) -> list[tuple[int, int]]:
        """Pages to be hashed, in parts."""
        return parallel.even_chunks(len(self._fresh), _PAGES_AT_ONCE)

    def hash(self, span: tuple[int, int]) -> None:
        """Hashes a part of the pages."""
        offset = self._offset[span[0] : span[1] + 1]
        entry = self._entry[offset[0] : offset[-1]]
        nodes = self._entries.nodes(entry, offset - offset[0])
        self._records["node"][self._fresh[span[0] : span[1]], : nodes.shape[1]] = nodes

    def tree(self) -> RowTrees:
        """The trees, once all pages are hashed."""
        width = self._entries.node_bytes
        roots = fold(self._keys, self._pages, self._records["node"][:, :width])
        per_row = np.bincount(self._pages.row, minlength=self._row_count)
        return RowTrees(roots, *_worth_keeping(self._records, per_row))


def _unchanged_pages(
    pages: Pages, records: PageRecords, touched: BoolArray, kept: Kept
) -> BoolArray:
    """Pages that began at the same entry, with the same prefix and count, and of which no entry was touched.

    What left such a page must have been made up for by something new, and that is touched.
    """
    before = kept.begun[pages.start[:-1]]
    same = (before >= 0) & ~np.logical_or.reduceat(touched, pages.start[:-1])
    at = np.flatnonzero(same)
    old = kept.pages[before[at]]
    same[at] = (old["depth"] == records["depth"][at]) & (old["count"] == records["count"][at])
    return same


def _worth_keeping(
    records: PageRecords, per_row: npt.NDArray[np.int64]
) -> tuple[PageRecords, OffsetArray]:
    """Without the pages of rows that have only one."""
    kept = np.where(per_row > 1, per_row, 0)
    start = np.zeros(len(per_row) + 1, dtype=np.int64)
    np.cumsum(kept, out=start[1:])
    return records[np.repeat(per_row > 1, per_row)], start


class PageColumns:
    """What the entries of pages are: columns of bytes side by side, each by entry."""

    def __init__(
        self,
        keys: Keys,
        numbers: tuple[npt.NDArray[np.uint64], ...],
        summed: bool,
    ) -> None:
        self._keys = keys
        self._numbers = numbers
        self._summed = summed
        self.node_bytes = DIGEST_BYTES + 8 * summed

    def nodes(self, entry: OffsetArray, offset: OffsetArray) -> ByteArray:
        """Nodes of pages of these entries, which begin where ``offset`` says: uint8 (k, node bytes)."""
        numbers = np.stack([number[entry] for number in self._numbers], axis=1).astype(np.uint64)
        way = (
            self._hashed_compiled
            if is_worth_compiling(len(self._keys.head))
            else self._hashed_by_library
        )
        hashes = way(entry, numbers, offset)
        if not self._summed:
            return hashes
        sums = np.add.reduceat(numbers[:, 0], offset[:-1]).astype(">u8")
        return np.concatenate([hashes, sums.view(np.uint8).reshape(-1, 8)], axis=1)

    def _hashed_by_library(
        self, entry: OffsetArray, numbers: MassArray, offset: OffsetArray
    ) -> ByteArray:
        digests = [digests[ids[entry]] for digests, ids in self._keys.parts]
        columns = numbers.astype(">u8").view(np.uint8).reshape(len(entry), 8 * numbers.shape[1])
        content = np.concatenate([*digests, columns], axis=1)
        return _page_hashes(content, offset * content.shape[1])

    def _hashed_compiled(
        self, entry: OffsetArray, numbers: MassArray, offset: OffsetArray
    ) -> ByteArray:
        from focusmesh.kernel.state.rows.rows_compiled import lay_out

        parts, pages = tuple(self._keys.parts), len(offset) - 1
        entry_bytes = DIGEST_BYTES * len(parts) + 8 * numbers.shape[1]
        content = np.empty(pages + entry_bytes * len(entry), dtype=np.uint8)
        start = np.empty(pages + 1, dtype=np.int64)
        lay_out(parts, entry, numbers, offset, content, start)
        return by_lanes(content, start)


def _page_hashes(content: ByteArray, ends: OffsetArray) -> ByteArray:
    """SHA-256 of each page behind its tag byte; pages are long, so that the call itself hardly counts."""
    view, begun, joined = content.reshape(-1).data, sha256(_PAGE), bytearray()
    first = 0
    for stop in ends.tolist()[1:]:
        page = begun.copy()
        page.update(view[first:stop])
        joined += page.digest()
        first = stop
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_BYTES)
