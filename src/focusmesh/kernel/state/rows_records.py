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

    from focusmesh.engine.arrays import OffsetArray

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
    def unpacked(cls, records: Sequence[bytes | None]) -> RowRecords:
        """Of records; None is a row without links."""
        heads = [_head(record) for record in records]
        authors = [PAGE.itemsize * head[0] for head in heads]
        weights = [PAGE.itemsize * head[1] for head in heads]
        present = [(r, a, w) for r, a, w in zip(records, authors, weights, strict=True) if r]
        links = b"".join([r[_HEAD_BYTES + a + w :] for r, a, w in present])
        byte_counts = [
            0 if r is None else len(r) - _HEAD_BYTES - a - w
            for r, a, w in zip(records, authors, weights, strict=True)
        ]
        return cls(
            np.frombuffer(links, dtype=LINK),
            _offsets(byte_counts) // LINK.itemsize,
            np.frombuffer(b"".join([r[_HEAD_BYTES:][:a] for r, a, _ in present if a]), dtype=PAGE),
            _offsets(authors) // PAGE.itemsize,
            np.frombuffer(
                b"".join([r[_HEAD_BYTES + a :][:w] for r, a, w in present if w]), dtype=PAGE
            ),
            _offsets(weights) // PAGE.itemsize,
        )

    def packed(self) -> list[bytes]:
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


def _head(record: bytes | None) -> tuple[int, int]:
    if record is None:
        return 0, 0
    return int.from_bytes(record[:4], "little"), int.from_bytes(record[4:8], "little")


def _offsets(counts: Sequence[int]) -> OffsetArray:
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def _spans(items: npt.NDArray[np.void], start: OffsetArray) -> list[memoryview]:
    content = items.view(np.uint8).data if len(items) else memoryview(b"")
    ends = (start * items.dtype.itemsize).tolist()
    return [content[first:stop] for first, stop in pairwise(ends)]
