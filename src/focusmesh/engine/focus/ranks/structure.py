"""The part of a structure that one rank has: rows of its own particles, and what it knows of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.ranks.halo import Halo, Route
from focusmesh.engine.focus.ranks.rows import HaloRows, halo_rows
from focusmesh.engine.links import Structure
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS

if TYPE_CHECKING:
    from focusmesh.engine.focus.ranks.exchange import Ranks
    from focusmesh.engine.support.arrays import (
        FloatArray,
        IndexArray,
        OffsetArray,
        RealArray,
        WeightArray,
    )


@dataclass(frozen=True)
class GraphFacts:
    """What is known of the graph as a whole: rank r has the positions from ``bounds[r]`` to ``bounds[r + 1]``."""

    bounds: OffsetArray
    axons: int
    longest_row: int
    symmetric: bool

    @property
    def particles(self) -> int:
        """n."""
        return int(self.bounds[-1])


@dataclass(frozen=True)
class OwnRows:
    """Rows of one rank's particles, as F. of ``Structure``; columns below their number are own, then ``foreign`` ones.

    ``foreign`` are positions in the whole, rising. The entries of a row stand in the order of the whole.
    """

    in_start: OffsetArray
    in_source: IndexArray
    in_weight: WeightArray | None
    out_start: OffsetArray
    out_target: IndexArray
    out_weight: WeightArray | None
    out_total: FloatArray
    degree_total: FloatArray
    foreign: Any


@dataclass(frozen=True)
class RankStructure(Structure):
    """A structure of which this rank has its own rows. Passes over links fetch what they read of others.

    Where it is made, and where a side is first asked for, all ranks do so together.
    """

    whole: GraphFacts
    halo: Halo

    @classmethod
    def of(cls, own: OwnRows, whole: GraphFacts, ranks: Ranks) -> RankStructure:
        """O(n + m) and one exchange of who reads whom."""
        count = len(own.out_total)
        inward, outward = (
            _read(column, count, len(own.foreign)) for column in (own.in_source, own.out_target)
        )
        first = int(whole.bounds[ranks.rank])
        order = np.arange(first, first + count, dtype=np.uint32)
        return cls(
            in_start=own.in_start,
            in_source=own.in_source,
            in_weight=own.in_weight,
            out_start=own.out_start,
            out_target=own.out_target,
            out_weight=own.out_weight,
            out_total=own.out_total,
            degree_total=own.degree_total,
            order=order,
            position=order,
            whole=whole,
            halo=Halo(ranks, whole.bounds, own.foreign, inward, outward),
        )

    @property
    def is_compiled(self) -> bool:
        return self.whole.axons >= COMPILED_FROM_LINKS

    # No cached_property for what ranks do together: before Python 3.12 it has a lock for all instances, on which ranks
    # that are threads of one process would wait for each other.
    @property
    def total_range(self) -> tuple[float, float]:
        """Of all ranks; where it is first asked for, they ask together."""
        held = vars(self)
        if "_total_range" not in held:
            ranges = np.stack(self.halo.ranks.gather(np.array(self.linked_range())))
            least, most = float(ranges[:, 0].min()), float(ranges[:, 1].max())
            held["_total_range"] = (least, most) if most else (1.0, 1.0)
        found: tuple[float, float] = held["_total_range"]
        return found

    @property
    def near_one(self) -> RankStructure:
        """As of a structure. All ranks ask together."""
        held = vars(self)
        if "_near_one" not in held:
            held["_near_one"] = self._scale_near_one()
        found: RankStructure = held["_near_one"]
        return found

    @cached_property
    def longest_row(self) -> int:
        return self.whole.longest_row

    @cached_property
    def symmetric(self) -> bool:
        return self.whole.symmetric

    @property
    def inward(self) -> Any:
        links = self.in_start, self.in_source, self.in_weight
        return self._side("_packed_inward", links, self.halo.inward)

    @property
    def outward(self) -> Any:
        if self.symmetric:
            return self.inward
        links = self.out_start, self.out_target, self.out_weight
        return self._side("_packed_outward", links, self.halo.outward)

    def _side(self, kept: str, links: tuple[Any, Any, Any], route: Route) -> HaloRows:
        held = vars(self)
        if kept not in held:
            held[kept] = halo_rows(*links, self.halo, route)
        found: HaloRows = held[kept]
        return found

    def both_sums(self, gathered: RealArray, total: RealArray, other: RealArray) -> None:
        """``inward.sums`` and ``outward.sums`` of one vector, which is fetched once."""
        inward, outward = self.inward, self.outward
        room = self.halo.extend(gathered)
        waiting = self.halo.post(self.halo.both, gathered, room)
        inward.inner.sums(gathered, total)
        outward.inner.sums(gathered, other)
        waiting.wait()
        inward.border.sums(room, total)
        outward.border.sums(room, other)

    def pair_sums(
        self,
        pairs: RealArray,
        first: RealArray,
        second: RealArray,
        alone: RealArray,
        out: RealArray,
    ) -> None:
        """As of a structure; seconds that come with a pair do not come alone as well."""
        if self.symmetric:
            self.inward.pair_sums(pairs, first, second)
            return
        halo, outward = self.halo, self.outward
        waiting, room = self.inward.post_pairs(pairs)
        self.inward.inner.pair_sums(pairs, first, second)
        waiting.wait()
        alone_room = halo.extend(alone, "alone")
        waiting = halo.post(halo.outward_alone, alone, alone_room)
        here = room.view(np.float32).reshape(-1, 2)
        self.inward.border.pair_sums(here, first, second)
        outward.inner.sums(alone, out)
        alone_room[halo.own + halo.shared] = here[halo.own + halo.shared, 1]
        waiting.wait()
        outward.border.sums(alone_room, out)


def _read(column: IndexArray, own: int, foreign: int) -> Any:
    """Which foreign particles the columns lead to."""
    found = np.zeros(own + foreign, dtype=bool)
    found[column] = True
    return found[own:]
