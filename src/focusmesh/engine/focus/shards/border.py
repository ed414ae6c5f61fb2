"""What the particles of one shard send over their links: sums for each particle that receives, grouped by its shard."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.certificate.large import CompiledRows, CompiledShares
from focusmesh.engine.focus.certificate.steps import NumpyRows, NumpyShares
from focusmesh.engine.support.parallel import even_chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.certificate.axons import Totals
    from focusmesh.engine.focus.shards.exchange import Parcel
    from focusmesh.engine.support.arrays import IndexArray, MassArray, OffsetArray

_CHUNK_LINKS = 1 << 19


@dataclass(frozen=True)
class Links:
    """The links that carry mass away from one shard, as rows of those who receive.

    Row i is what the particle ``receivers[i]`` (its place in its own shard, uint32) gets; the rows of shard t are those
    from ``bounds[t]`` to ``bounds[t + 1]``, each receiver once. ``start`` (int64), ``sender`` (uint32: the place in
    this shard) and ``weight`` (uint32, or None where all are 1) are compressed rows.
    """

    start: OffsetArray
    sender: IndexArray
    weight: IndexArray | None
    receivers: IndexArray
    bounds: OffsetArray

    @property
    def receivers_by_shard(self) -> list[IndexArray]:
        """Who receives in each shard: the order of every parcel to it."""
        return [self.receivers[start:stop] for start, stop in pairwise(self.bounds)]

    @property
    def links_into(self) -> OffsetArray:
        """How many links lead into each shard."""
        return np.diff(self.start[self.bounds])


class Border:
    """``Links`` with loops that sum over them, compiled for a large graph."""

    def __init__(self, links: Links, *, compiled: bool) -> None:
        self.links = links
        self._compiled = compiled
        chunks = _even_rows(links.start)
        self._rows: Any = (
            CompiledRows(links.start, links.sender, links.weight, chunks)
            if compiled
            else NumpyRows(links.start, links.sender, links.weight)
        )

    def shares(self, x: MassArray, totals: Totals) -> NumpyShares | CompiledShares:
        """What the particles of the shard send for a weight of 1."""
        if self._compiled:
            return CompiledShares.of(x, totals, weighted=self.links.weight is not None)
        return NumpyShares.of(x, totals)

    def parcels(self, shares: NumpyShares | CompiledShares) -> tuple[list[MassArray], int]:
        """A parcel for each shard, this one included, and the mass in all of them together.

        A parcel is uint64, an amount for each receiver there: what several particles here send to one particle
        there travels as one number.
        """
        if self._compiled:
            sums = np.zeros(len(self.links.receivers), dtype=np.uint64)
            mass = self._rows.add(shares, sums)
        else:
            sums = self._rows.sums(shares)
            mass = int(sums.sum())
        return [sums[start:stop] for start, stop in pairwise(self.links.bounds)], mass


def land(parcels: Sequence[Parcel], receivers: Sequence[Parcel], into: MassArray) -> None:
    """Adds the parcels of all shards to the particles that they are for."""
    for parcel, at in zip(parcels, receivers, strict=True):
        if len(at):
            into[at] += parcel


def _even_rows(start: OffsetArray) -> list[tuple[int, int]]:
    """Ranges of rows with about equal work."""
    count = len(start) - 1
    work = start[1:] + 4 * np.arange(1, count + 1)
    marks = [stop for _, stop in even_chunks(int(work[-1]) if count else 0, _CHUNK_LINKS)][:-1]
    cuts = sorted({0, count, *np.searchsorted(work, marks).tolist()})
    return list(pairwise(cuts))
