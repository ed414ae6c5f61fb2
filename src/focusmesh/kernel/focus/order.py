"""The committed order of particles: ascending digests. New ones enter in between, none ever leaves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import InputError
from focusmesh.ids import DIGEST_BYTES

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, IndexArray, MassArray


@dataclass(frozen=True)
class ParticleOrder:
    """``digests`` (uint8, (n, 32)) in ascending order; ``ids[rank]`` is the dense id of the particle at a rank.

    Ids count particles in the order in which they came.
    """

    digests: ByteArray
    ids: IndexArray

    @classmethod
    def empty(cls) -> ParticleOrder:
        return cls(np.zeros((0, DIGEST_BYTES), dtype=np.uint8), np.zeros(0, dtype=np.uint32))

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def ranks(self) -> IndexArray:
        """Where each id stands, the inverse of ``ids``."""
        ranks = np.empty_like(self.ids)
        ranks[self.ids] = np.arange(len(self.ids), dtype=np.uint32)
        return ranks

    @cached_property
    def _keys(self) -> MassArray:
        """The first eight bytes of each digest as a number: they alone tell nearly all apart."""
        return _leading(self.digests)

    def with_new(self, digests: ByteArray) -> tuple[ParticleOrder, IndexArray]:
        """The order with new particles, whose ids follow, and the ranks at which they stand in it.

        Raises InputError where a digest is in the order already. O(n + k log n).
        """
        if not len(digests):
            return self, np.zeros(0, dtype=np.uint32)
        by_digest = np.lexsort(_words(digests).T[::-1])
        sorted_new = digests[by_digest]
        before = self._before(sorted_new)
        self._verify_new(sorted_new, before)
        places = before + np.arange(len(sorted_new))
        ids = np.insert(self.ids, before, (len(self) + by_digest).astype(np.uint32))
        joined = np.insert(self.digests, before, sorted_new, axis=0)
        return ParticleOrder(joined, ids), places.astype(np.uint32)

    def rank(self, digest: bytes) -> int | None:
        """Where a particle stands; None where it is not among these. O(log n)."""
        row = np.frombuffer(digest, dtype=np.uint8).reshape(1, DIGEST_BYTES)
        at = int(self._before(row)[0])
        found = at < len(self) and self.digests[at].tobytes() == digest
        return at if found else None

    def _before(self, digests: ByteArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """How many of these stand before each of ``digests``."""
        keys = _leading(digests)
        first = np.searchsorted(self._keys, keys, side="left")
        stop = np.searchsorted(self._keys, keys, side="right")
        for at in np.flatnonzero(first < stop).tolist():
            wanted, low, high = digests[at].tobytes(), int(first[at]), int(stop[at])
            # By halves: digests are whatever links name, and somebody may make many that begin alike.
            while low < high:
                middle = (low + high) // 2
                if self.digests[middle].tobytes() < wanted:
                    low = middle + 1
                else:
                    high = middle
            first[at] = low
        return first.astype(np.int64)

    def _verify_new(
        self, digests: ByteArray, before: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> None:
        inside = np.flatnonzero(before < len(self))
        same = (self.digests[before[inside]] == digests[inside]).all(axis=1)
        twice = (digests[1:] == digests[:-1]).all(axis=1)
        for known in (digests[inside][same], digests[1:][twice]):
            if len(known):
                raise InputError(f"particle {known[0].tobytes().hex()} is in the order already")


def _words(digests: ByteArray) -> MassArray:
    return np.ascontiguousarray(digests).view(">u8").astype(np.uint64)


def _leading(digests: ByteArray) -> MassArray:
    leading: MassArray = np.ascontiguousarray(digests[:, :8]).view(">u8")[:, 0].astype(np.uint64)
    return leading
