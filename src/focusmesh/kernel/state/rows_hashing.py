"""What rows commit to: their pages' entries, hashed anew only where they changed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine import parallel
from focusmesh.kernel.state.hashing import by_lanes
from focusmesh.kernel.state.links_merge import compiled
from focusmesh.kernel.state.rows_cut import Keys, cut, fold
from focusmesh.kernel.state.rows_records import PAGE

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.arrays import BoolArray, ByteArray, MassArray, OffsetArray
    from focusmesh.kernel.state.rows_cut import Pages
    from focusmesh.kernel.state.rows_records import PageRecords

_PAGE = b"\0"
_PAGES_AT_ONCE = 512
DIGEST_BYTES = 32


@dataclass(frozen=True)
class Kept:
    """Pages as they were: their records, and for each entry which page began there before (−1: none)."""

    pages: PageRecords
    begun: OffsetArray


@dataclass(frozen=True)
class Tree:
    """One tree of each of many rows: its root node, and the records of its pages with where each row's begin."""

    roots: ByteArray
    pages: PageRecords
    page_start: OffsetArray


def trees(
    keys: Keys,
    row_start: OffsetArray,
    touched: BoolArray,
    kept: Kept,
    entries: Entries,
) -> Tree:
    """Roots of rows that each have entries; only pages with a touched entry, or that were none before, are hashed."""
    pages = cut(keys, row_start)
    records = np.zeros(len(pages.depth), dtype=PAGE)
    records["count"] = np.diff(pages.start)
    records["depth"] = pages.depth
    same = _unchanged(pages, records, touched, kept)
    before = kept.begun[pages.start[:-1]]
    records["node"][same] = kept.pages["node"][before[same]]
    records["node"][~same, : entries.node_bytes] = entries.hashed(pages, ~same)
    roots = fold(keys, pages, records["node"][:, : entries.node_bytes])
    per_row = np.bincount(pages.row, minlength=len(row_start) - 1)
    return Tree(roots, *_worth_keeping(records, per_row))


def _unchanged(pages: Pages, records: PageRecords, touched: BoolArray, kept: Kept) -> BoolArray:
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


class Entries:
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

    def hashed(self, pages: Pages, chosen: BoolArray) -> ByteArray:
        """Nodes of the chosen pages: uint8 (k, node bytes)."""
        if not chosen.any():
            return np.empty((0, self.node_bytes), dtype=np.uint8)
        counts = np.diff(pages.start)
        entry = np.flatnonzero(np.repeat(chosen, counts))
        numbers = np.stack([number[entry] for number in self._numbers], axis=1).astype(np.uint64)
        offset = np.append(0, np.cumsum(counts[chosen]))
        way = self._hashed_compiled if compiled(len(entry)) else self._hashed_by_library
        nodes = way(entry, numbers, offset)
        if not self._summed:
            return nodes
        sums = np.add.reduceat(numbers[:, 0], offset[:-1]).astype(">u8")
        return np.concatenate([nodes, sums.view(np.uint8).reshape(-1, 8)], axis=1)

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
        from focusmesh.kernel.state.rows_compiled import lay_out

        parts = tuple(self._keys.parts)
        entry_bytes = DIGEST_BYTES * len(parts) + 8 * numbers.shape[1]

        def hashes(span: tuple[int, int]) -> ByteArray:
            first, stop = span
            own = slice(offset[first], offset[stop])
            byte_count = stop - first + entry_bytes * (offset[stop] - offset[first])
            content = np.empty(byte_count, dtype=np.uint8)
            start = np.empty(stop - first + 1, dtype=np.int64)
            lay_out(parts, entry[own], numbers[own], offset[first : stop + 1], content, start)
            return by_lanes(content, start)

        spans = parallel.even_chunks(len(offset) - 1, _PAGES_AT_ONCE)
        return np.concatenate(parallel.run(hashes, spans))


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
