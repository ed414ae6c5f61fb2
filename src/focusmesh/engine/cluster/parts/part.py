"""One part of a partitioned graph: consecutive particles in solver order, the links either way, and what it reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.links import Names
    from focusmesh.engine.support.arrays import (
        ByteArray,
        FloatArray,
        IndexArray,
        IntArray,
        OffsetArray,
        WeightArray,
    )

READ_INWARD, READ_OUTWARD = 1, 2
"""Bits of ``Part.foreign_side``: which rows read a foreign particle."""


@dataclass(frozen=True)
class Whole:
    """What every part knows of all of them.

    ``particles`` (n) and ``axons`` (m) are those of the graph; positions from ``linking`` on link to nothing.
    ``longest_row`` is Structure.longest_row. ``particles_digest`` is BLAKE3 of the digests of all names in ascending
    order, None where names have none. Part r owns the solver positions from ``bounds[r]`` to ``bounds[r + 1]``.
    """

    particles: int
    axons: int
    linking: int
    longest_row: int
    particles_digest: bytes | None
    bounds: tuple[int, ...]

    @property
    def count(self) -> int:
        """Number of parts."""
        return len(self.bounds) - 1

    def verify(self) -> None:
        """Raises InputError unless the bounds rise from 0 to n and counts fit each other."""
        rising = all(low <= high for low, high in zip(self.bounds, self.bounds[1:], strict=False))
        if self.count < 1 or self.bounds[0] != 0 or self.bounds[-1] != self.particles or not rising:
            raise InputError(f"bounds of parts must rise from 0 to {self.particles} particles")
        if not 0 <= self.linking <= self.particles or min(self.axons, self.longest_row) < 0:
            raise InputError("counts of particles and axons do not fit each other")


@dataclass(frozen=True)
class Part:
    """Part ``rank``: k own particles (solver positions ``first`` to ``stop``) and f foreign ones that its rows read.

    Rows are those of the whole structure, cut out: row i of ``in_start`` (int64, (k+1,)), ``in_column`` (uint32),
    ``in_weight`` (float32 or float64, None where all are 1) lists the links into own particle i, ``out_…`` those out of
    it, both in the order of global positions. Columns are local: below k an own particle, from k on
    ``foreign[column − k]``.

    ``foreign`` (uint32, (f,)) are the positions of foreign particles, rising; ``foreign_side`` (uint8) says by bits
    READ_INWARD and READ_OUTWARD which rows read them. ``send[send_start[s]:send_start[s + 1]]`` (uint32, int64) are the
    own particles that part s reads, in the order of its ``foreign``; ``hubs`` (uint32) those that all other parts read.
    ``out_total`` and ``degree_total`` (float64, (k+f,)) are o and d of own particles, then of foreign ones.
    ``digest_rank`` (uint32, (k,)) is where own particles stand among all by the digests of their names (None where
    names have none), ``particle`` (uint32, (k,)) their index in the graph that the parts come from.
    """

    rank: int
    whole: Whole
    in_start: OffsetArray
    in_column: IndexArray
    in_weight: WeightArray | None
    out_start: OffsetArray
    out_column: IndexArray
    out_weight: WeightArray | None
    out_total: FloatArray
    degree_total: FloatArray
    foreign: IndexArray
    foreign_side: ByteArray
    send: IndexArray
    send_start: OffsetArray
    hubs: IndexArray
    particle: IndexArray
    digest_rank: IndexArray | None
    names: Names

    @property
    def count(self) -> int:
        """Number of parts."""
        return self.whole.count

    @property
    def first(self) -> int:
        """The solver position of the first own particle."""
        return self.whole.bounds[self.rank]

    @property
    def stop(self) -> int:
        """The solver position behind the last own particle."""
        return self.whole.bounds[self.rank + 1]

    @property
    def own(self) -> int:
        """k."""
        return self.stop - self.first

    @property
    def foreign_count(self) -> int:
        """f."""
        return len(self.foreign)

    @cached_property
    def foreign_starts(self) -> OffsetArray:
        """Those of part s among the foreign particles begin at ``received[s]`` and end at ``received[s + 1]``."""
        bounds = np.array(self.whole.bounds, dtype=np.int64)
        return np.searchsorted(self.foreign, bounds).astype(np.int64)

    def sent_to(self, other: int) -> IndexArray:
        """The own particles that part ``other`` reads, rising."""
        return self.send[self.send_start[other] : self.send_start[other + 1]]

    def column_positions(self, columns: IntArray) -> OffsetArray:
        """The solver positions of local columns, int64."""
        places = np.asarray(columns, dtype=np.int64)
        positions = places + self.first
        beyond = places >= self.own
        positions[beyond] = self.foreign[places[beyond] - self.own]
        return positions

    def local_columns(self, positions: IntArray) -> IndexArray:
        """The columns of solver positions, uint32; raises InputError for one that is neither own nor foreign."""
        sought = np.asarray(positions, dtype=np.int64)
        inside = (sought >= self.first) & (sought < self.stop)
        places = np.searchsorted(self.foreign, sought)
        known = np.append(self.foreign.astype(np.int64), -1)[places] == sought
        lost = np.flatnonzero(~(inside | known))
        if len(lost):
            raise InputError(
                f"position {int(sought[lost[0]])} is neither of part {self.rank} nor read by it"
            )
        return np.where(inside, sought - self.first, places + self.own).astype(np.uint32)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, names aside."""
        return sum(
            getattr(value, "nbytes", 0) for key, value in vars(self).items() if key != "names"
        )
