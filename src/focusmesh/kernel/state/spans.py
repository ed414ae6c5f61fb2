"""Pieces of one run of bytes copied to where they belong in another, many at a time."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import ByteArray, OffsetArray

_LOADED_FROM = 50_000
_WORTHWHILE_FROM = 256
"""Pieces from which the compiled loop is worth it, before and after it is in memory."""
_MODULE = "focusmesh.kernel.state.spans_compiled"


def starts_of(length: OffsetArray) -> OffsetArray:
    """Where each piece begins if they lie one after the other, and behind them where the last one ends."""
    start = np.zeros(len(length) + 1, dtype=np.int64)
    np.cumsum(length, out=start[1:])
    return start


def lengths_of(pieces: Sequence[bytes]) -> OffsetArray:
    """The length of each piece."""
    return np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))


@dataclass(frozen=True)
class Pieces:
    """Pieces of one run of bytes, piece i at ``data[start[i]:stop[i]]``."""

    data: ByteArray
    start: OffsetArray
    stop: OffsetArray

    @classmethod
    def of(cls, pieces: Sequence[bytes]) -> Pieces:
        """Pieces laid one after the other."""
        ends = starts_of(lengths_of(pieces))
        return cls(np.frombuffer(b"".join(pieces), dtype=np.uint8), ends[:-1], ends[1:])

    @property
    def length(self) -> OffsetArray:
        """Bytes of each piece."""
        return self.stop - self.start

    def take(self, chosen: OffsetArray) -> Pieces:
        """Those with these numbers, where they lie."""
        return Pieces(self.data, self.start[chosen], self.stop[chosen])

    def followed_by(self, other: Pieces) -> Pieces:
        """These, then the others."""
        if not len(self.start):
            return other
        ahead = len(self.data)
        return Pieces(
            np.concatenate([self.data, other.data]),
            np.concatenate([self.start, other.start + ahead]),
            np.concatenate([self.stop, other.stop + ahead]),
        )

    def write(self, target: ByteArray, at: OffsetArray) -> None:
        """Copies each piece into ``target`` from its ``at`` on. O(bytes)."""
        copy_spans(self.data, self.start, self.stop, target, at)


def copy_spans(
    source: ByteArray, start: OffsetArray, stop: OffsetArray, target: ByteArray, at: OffsetArray
) -> None:
    """Copies each ``source[start[i]:stop[i]]`` into ``target`` from ``at[i]`` on. O(bytes)."""
    if len(at) >= (_WORTHWHILE_FROM if _MODULE in sys.modules else _LOADED_FROM):
        by_kernel(source, start, stop, target, at)
    else:
        by_slices(source, start, stop, target, at)


def by_slices(
    source: ByteArray, start: OffsetArray, stop: OffsetArray, target: ByteArray, at: OffsetArray
) -> None:
    """One slice of memory a piece."""
    into, out_of = memoryview(target.data), memoryview(source.data)
    for a, b, to in zip(start.tolist(), stop.tolist(), at.tolist(), strict=True):
        into[to : to + b - a] = out_of[a:b]


def by_kernel(
    source: ByteArray, start: OffsetArray, stop: OffsetArray, target: ByteArray, at: OffsetArray
) -> None:
    """One compiled loop."""
    from focusmesh.kernel.state.spans_compiled import copy

    copy(source, start, stop, target, at)
