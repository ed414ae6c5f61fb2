"""Which worker holds which blocks: contiguous ranges of Morton keys, placed by rendezvous hashing.

A range goes to the worker whose name and the range's first key have the highest hash together (D. G. Thaler, C. V.
Ravishankar, 1998): a worker that leaves takes nothing along but its own ranges, and one that joins takes from all
alike. Blocks near each other are mostly in one range, so that few neighbours are elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.array.morton import TILE_BITS
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import MassArray, OffsetArray

RANGES_A_WORKER = 16
"""Ranges for each worker, unless another number is asked for: more are more even, and have more border."""


@dataclass(frozen=True)
class Ranges:
    """Ranges of keys by their first keys (rising, the first is 0), and the names of the workers that hold them."""

    firsts: tuple[int, ...]
    workers: tuple[str, ...]

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.firsts, self.firsts[1:], strict=False))
        if not self.firsts or self.firsts[0] != 0 or not rising:
            raise GridError("ranges", "the first keys of ranges rise from 0")
        if not self.workers or len({*self.workers}) != len(self.workers):
            raise GridError(
                "ranges", f"workers need different names, at least one: {self.workers!r}"
            )

    @classmethod
    def even(cls, keys: MassArray, workers: Sequence[str], count: int | None = None) -> Ranges:
        """``count`` ranges with about as many of ``keys`` (rising) each, cut between tiles. O(count)."""
        wanted = count or RANGES_A_WORKER * max(len(workers), 1)
        places = np.linspace(0, len(keys), wanted + 1)[1:-1].astype(np.int64)
        cuts = keys[places[places < len(keys)]] >> np.uint64(TILE_BITS) << np.uint64(TILE_BITS)
        return cls(tuple(sorted({0, *cuts.tolist()})), tuple(workers))

    @cached_property
    def holders(self) -> OffsetArray:
        """The worker of each range, by place among ``workers``."""
        return np.array(
            [
                max(range(len(self.workers)), key=lambda at: _weight(self.workers[at], first))
                for first in self.firsts
            ],
            dtype=np.int64,
        )

    def worker_of(self, keys: MassArray) -> OffsetArray:
        """The worker of each key, by place among ``workers``. O(n·log ranges)."""
        firsts = np.array(self.firsts, dtype=np.uint64)
        return self.holders[np.searchsorted(firsts, keys, side="right") - 1]

    def with_workers(self, workers: Sequence[str]) -> Ranges:
        """The same ranges among other workers."""
        return Ranges(self.firsts, tuple(workers))


def _weight(worker: str, first: int) -> bytes:
    return blake2b(worker.encode() + b"\0" + first.to_bytes(8, "little"), digest_size=16).digest()


def hashed_worker(keys: MassArray, count: int) -> OffsetArray:
    """What the ranges are measured against: a hash of each key by itself, modulo the workers."""
    mixed = keys
    # The finish of MurmurHash3 (A. Appleby, public domain): every bit of a key changes half of the bits.
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(factor)
    mixed = mixed ^ (mixed >> np.uint64(33))
    found: OffsetArray = (mixed % np.uint64(count)).astype(np.int64)
    return found


def locality(worker: OffsetArray, pairs: OffsetArray) -> float:
    """The share of pairs of neighbours (places, shape (pairs, 2)) that one worker holds; 1 where there are none."""
    if not len(pairs):
        return 1.0
    return float(np.mean(worker[pairs[:, 0]] == worker[pairs[:, 1]]))
