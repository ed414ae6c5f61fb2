"""Which shard a particle lives in: by the hash of its digest, so that everybody knows without asking."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.certificate.digests import name_digests
from focusmesh.engine.focus.shards.murmur import murmur3_64
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.axons import IntegerAxons
    from focusmesh.engine.links import Names
    from focusmesh.engine.support.arrays import ByteArray, IndexArray, OffsetArray

SHARDS_MOST = 65_536
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def shard_of(digests: ByteArray, count: int) -> IndexArray:
    """The shard of each digest (uint8, shape (n, 32)) among ``count``: ⌊murmur3-64(digest)·count / 2⁶⁴⌋, uint32.

    With twice as many shards each is halved, and no particle moves between others. Raises ParameterError for a count
    that is not from 1 to 65,536. O(n).
    """
    if not 1 <= count <= SHARDS_MOST:
        raise ParameterError(f"shards need 1 ≤ count ≤ {SHARDS_MOST:,}, count = {count!r}")
    key, factor = murmur3_64(digests), np.uint64(count)
    carried = (key & _LOW) * factor >> _HALF
    shard: IndexArray = (((key >> _HALF) * factor + carried) >> _HALF).astype(np.uint32)
    return shard


def shards_of(names: Names, count: int) -> IndexArray:
    """The shard of each particle by its name, uint32. Raises as ``shard_of``, and CertificateError ("names"). O(n)."""
    return shard_of(name_digests(names), count)


@dataclass(frozen=True)
class Placing:
    """Where each particle lives. ``shard[p]`` (uint32, shape (n,)) is the shard of the particle at solver position p.

    Within a shard particles stand in the order of their solver positions: ``local[p]`` is p's place there. Shard after
    shard, ``members`` are the positions, those of shard s from ``first[s]`` to ``first[s + 1]``.
    """

    shard: IndexArray
    count: int

    def __post_init__(self) -> None:
        if len(self.shard) and int(self.shard.max()) >= self.count:
            raise InputError(f"shard {int(self.shard.max())} is not among {self.count}")

    @classmethod
    def of(cls, axons: IntegerAxons, count: int) -> Placing:
        """By the digests of the names. Raises as ``shard_of``. O(n)."""
        return cls(shards_of(axons.names, count)[axons.structure.order], count)

    @cached_property
    def members(self) -> IndexArray:
        """Solver positions, shard after shard."""
        # The sort of small integers takes O(n).
        return np.argsort(self.shard.astype(np.uint16), kind="stable").astype(np.uint32)

    @cached_property
    def first(self) -> OffsetArray:
        """Where each shard begins among the members, and n."""
        counts = np.bincount(self.shard, minlength=self.count)
        return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts)))

    @cached_property
    def place(self) -> IndexArray:
        """Where each solver position stands among the members."""
        places = np.empty_like(self.members)
        places[self.members] = np.arange(len(places), dtype=np.uint32)
        return places

    @cached_property
    def local(self) -> IndexArray:
        """Where each solver position stands in its shard."""
        local: IndexArray = (self.place - self.first[self.shard]).astype(np.uint32)
        return local

    def positions(self, shard: int) -> IndexArray:
        """The solver positions of one shard, rising."""
        return self.members[self.first[shard] : self.first[shard + 1]]
