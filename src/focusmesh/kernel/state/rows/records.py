"""A row in the store: the links of one source in the order of their keys, and what its pages hash to.

A record is two counts (pages of the authors tree, pages of the weights tree; uint32 little-endian), the pages and
the links. A row of one page carries no pages: whoever changes it hashes it whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import OffsetArray

LINK = np.dtype(
    [
        ("target", "<u4"),
        ("relation", "<u4"),
        ("neuron", "<u4"),
        ("height", "<u4"),
        ("amount", "<u8"),
    ]
)
"""24 bytes: ids, the height at which it last changed, and what is locked in it."""

PAGE = np.dtype([("count", "<u2"), ("depth", "<u2"), ("node", "u1", 40)])
"""Entries of a page, the bits of its prefix, its hash and, in a weights tree, its sum."""

Links = npt.NDArray[np.void]
PageRecords = npt.NDArray[np.void]
_HEAD = np.dtype([("authors", "<u4"), ("weights", "<u4")])
_HEAD_BYTES = _HEAD.itemsize
_EMPTY = bytes(_HEAD_BYTES)


@dataclass(frozen=True)
class RowRecords:
    """Rows side by side: links and pages of both trees, and where those of each row begin (rows + 1 offsets)."""

    links: Links
    link_start: OffsetArray
    authors: PageRecords
    authors_start: OffsetArray
    weights: PageRecords
    weights_start: OffsetArray

    @classmethod
    def unpack(cls, records: Sequence[bytes | None]) -> RowRecords:
        """Of records; None is a row without links."""
        there = [record or _EMPTY for record in records]
        heads = np.frombuffer(b"".join([record[:_HEAD_BYTES] for record in there]), dtype=_HEAD)
        authors, weights = (heads[name].astype(np.int64) for name in ("authors", "weights"))
        byte_counts = np.fromiter(map(len, there), dtype=np.int64, count=len(there))
        begin = _HEAD_BYTES + PAGE.itemsize * (authors + weights)
        links = b"".join([record[at:] for record, at in zip(there, begin.tolist(), strict=True)])
        return cls(
            np.frombuffer(links, dtype=LINK),
            _offsets((byte_counts - begin) // LINK.itemsize),
            _pages(there, np.zeros_like(authors), authors),
            _offsets(authors),
            _pages(there, authors, weights),
            _offsets(weights),
        )

    @staticmethod
    def of_one(links: Links) -> bytes:
        """The record of a row as it is without pages."""
        return _EMPTY + links.tobytes()

    def pack(self) -> list[bytes]:
        """A record for each row."""
        heads = np.empty(len(self.link_start) - 1, dtype=_HEAD)
        heads["authors"], heads["weights"] = (
            np.diff(self.authors_start),
            np.diff(self.weights_start),
        )
        spans = zip(
            _spans(self.links, self.link_start),
            _spans(self.authors, self.authors_start),
            _spans(self.weights, self.weights_start),
            _spans(heads, np.arange(len(heads) + 1)),
            strict=True,
        )
        return [b"".join((head, a, w, row)) for row, a, w, head in spans]


def _offsets(counts: OffsetArray) -> OffsetArray:
    return np.append(0, np.cumsum(counts))


def _pages(records: Sequence[bytes], skipped: OffsetArray, counts: OffsetArray) -> PageRecords:
    rows = np.flatnonzero(counts)
    begin = _HEAD_BYTES + PAGE.itemsize * skipped[rows]
    ends = begin + PAGE.itemsize * counts[rows]
    spans = zip(rows.tolist(), begin.tolist(), ends.tolist(), strict=True)
    return np.frombuffer(b"".join([records[r][first:stop] for r, first, stop in spans]), dtype=PAGE)


def _spans(items: npt.NDArray[np.void], start: OffsetArray) -> list[bytes]:
    # Bytes, not views: thousands of views would set the garbage collector to work.
    content = items.view(np.uint8).data if len(items) else memoryview(b"")
    ends = (start * items.dtype.itemsize).tolist()
    return [content[first:stop].tobytes() for first, stop in pairwise(ends)]
