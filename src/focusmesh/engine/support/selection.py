"""Entries of arrays by their places: the largest, those within a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray


def largest(scores: FloatArray, count: int) -> OffsetArray:
    """Places of the ``count`` largest, largest first, ties by place. O(n + count log count)."""
    if count >= len(scores):
        return np.argsort(-scores, kind="stable")
    least = np.partition(scores, len(scores) - count)[len(scores) - count]
    found = np.flatnonzero(scores >= least)
    return found[np.argsort(-scores[found], kind="stable")][:count]


def places_within(places: OffsetArray, part: slice) -> OffsetArray:
    """Of rising ``places`` those within a part, counted from its begin. O(log n)."""
    first, stop = np.searchsorted(places, (part.start, part.stop))
    within: OffsetArray = places[first:stop] - part.start
    return within


def row_places(start: OffsetArray, rows: OffsetArray) -> tuple[OffsetArray, OffsetArray]:
    """Where the entries of some rows stand, and how many each row has; that of row i begin at ``start[i]``."""
    first = start[rows].astype(np.int64)
    counts = start[rows + 1] - first
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    places: OffsetArray = np.arange(total) + np.repeat(first - (ends - counts), counts)
    return places, counts
