"""What rows commit to: their pages' entries, hashed anew only where they changed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine import parallel
from focusmesh.kernel.state.rows_cut import Keys, cut, fold
from focusmesh.kernel.state.rows_records import PAGE

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.arrays import ByteArray, OffsetArray
    from focusmesh.kernel.state.rows_cut import Pages
    from focusmesh.kernel.state.rows_records import PageRecords

_PAGE = b"\0"
_PAGES_AT_ONCE = 1_024
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
    touched: npt.NDArray[np.bool_],
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


def _unchanged(
    pages: Pages, records: PageRecords, touched: npt.NDArray[np.bool_], kept: Kept
) -> npt.NDArray[np.bool_]:
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

    def bytes_of(self, entry: OffsetArray) -> ByteArray:
        """Entries as they are hashed: uint8 (k, entry bytes): digests of the key, then numbers in big-endian."""
        key_bytes = DIGEST_BYTES * len(self._keys.parts)
        content = np.empty((len(entry), key_bytes + 8 * len(self._numbers)), dtype=np.uint8)
        for at, (digests, ids) in enumerate(self._keys.parts):
            content[:, DIGEST_BYTES * at : DIGEST_BYTES * (at + 1)] = digests[ids[entry]]
        numbers = np.stack([number[entry] for number in self._numbers], axis=1).astype(">u8")
        content[:, key_bytes:] = numbers.view(np.uint8).reshape(len(entry), -1)
        return content

    def hashed(self, pages: Pages, chosen: npt.NDArray[np.bool_]) -> ByteArray:
        """Nodes of the chosen pages: uint8 (k, node bytes)."""
        counts = np.diff(pages.start)
        which = np.flatnonzero(chosen)
        nodes = np.zeros((len(which), self.node_bytes), dtype=np.uint8)
        offset = np.zeros(len(which) + 1, dtype=np.int64)
        np.cumsum(counts[which], out=offset[1:])
        entry = np.flatnonzero(np.repeat(chosen, counts)) + pages.start[0]

        def fill(span: tuple[int, int]) -> None:
            first, stop = span
            own = entry[offset[first] : offset[stop]]
            content = self.bytes_of(own)
            ends = (offset[first : stop + 1] - offset[first]) * content.shape[1]
            nodes[first:stop, :DIGEST_BYTES] = _page_hashes(content, ends)

        parallel.run(fill, parallel.even_chunks(len(which), _PAGES_AT_ONCE))
        if self._summed and len(which):
            sums = np.add.reduceat(self._numbers[0][entry], offset[:-1]).astype(">u8")
            nodes[:, DIGEST_BYTES:] = sums.view(np.uint8).reshape(-1, 8)
        return nodes


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
