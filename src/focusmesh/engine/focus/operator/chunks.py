"""Chunks of a vector of particles: sums are made over each and then added up in order, on any cores and ranks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.support.parallel import even_chunks

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import OffsetArray

CHUNK = 1 << 15
"""Entries that stay in cache while they are worked on."""
_FINE = 1 << 10
_FINE_FROM = 8 * CHUNK
"""Above, the first chunk is cut up: few particles there may have so many links that ranks have to share them out."""


@lru_cache(maxsize=8)
def chunk_spans(count: int) -> list[tuple[int, int]]:
    """The chunks of a vector of ``count`` entries."""
    spans = even_chunks(count, CHUNK)
    return spans if count <= _FINE_FROM else [*even_chunks(CHUNK, _FINE), *spans[1:]]


def chunk_starts(count: int) -> OffsetArray:
    """Where chunks begin, and ``count``, int64: parts that begin there make the sums of one machine."""
    return np.array([*(start for start, _ in chunk_spans(count)), count], dtype=np.int64)
