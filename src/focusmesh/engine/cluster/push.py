"""Mass that is pushed on its owner and crosses over in batches: one workspace a rank, all ranks in step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from focusmesh.engine.cluster.edits import PairEdits, PartEdits
    from focusmesh.engine.focus import Ranks, Rates
    from focusmesh.engine.support.arrays import ByteArray, FloatArray, IndexArray, OffsetArray


@dataclass(slots=True)
class PushWork:
    """``settled`` (own,) and ``left`` (own, lanes) of own particles, ``box`` (places, lanes) of those elsewhere.

    ``seen`` marks the first ``count`` of ``touched``, ``listed`` the first ``waiting`` of ``places``. What
    nothing was written to takes no memory.
    """

    settled: FloatArray
    left: FloatArray
    seen: ByteArray
    touched: IndexArray
    box: FloatArray
    listed: ByteArray
    places: IndexArray
    count: int = 0
    waiting: int = 0

    @classmethod
    def of(cls, edits: PartEdits, lanes: int) -> PushWork:
        """An empty one."""
        own, places = edits.own_count, edits.place_count
        return cls(
            np.zeros(own),
            np.zeros((own, lanes)),
            np.zeros(own, dtype=np.uint8),
            np.zeros(own, dtype=np.uint32),
            np.zeros((places, lanes)),
            np.zeros(places, dtype=np.uint8),
            np.zeros(places, dtype=np.uint32),
        )

    @classmethod
    def over(cls, edits: PartEdits, settled: FloatArray, left: FloatArray) -> PushWork:
        """One of one lane that pushes from ``left`` into ``settled``, vectors by own index that it changes in place."""
        work = cls.of(edits, 1)
        work.settled, work.left = settled, left.reshape(-1, 1)
        return work

    @property
    def own(self) -> tuple[FloatArray, FloatArray, ByteArray, IndexArray]:
        """The arrays of own particles, as kernels take them."""
        return self.settled, self.left, self.seen, self.touched

    @property
    def away(self) -> tuple[FloatArray, ByteArray, IndexArray]:
        """The arrays of the box likewise."""
        return self.box, self.listed, self.places

    def here(self) -> OffsetArray:
        """Own particles that were touched."""
        return self.touched[: self.count].astype(np.int64)

    def put(self, at: OffsetArray, values: FloatArray) -> None:
        """Adds to own particles; ``values`` has one row of lanes each."""
        from focusmesh.engine.cluster.push_compiled import land

        self.count = land(at, values, self.own, self.count)

    def box_in(self, places: OffsetArray, values: FloatArray) -> None:
        """Adds to places of the box likewise."""
        from focusmesh.engine.cluster.push_compiled import land

        away = np.zeros(0), self.box, self.listed, self.places
        self.waiting = land(places, values, away, self.waiting)

    def spread(self, side: PairEdits, row: int, share: float) -> None:
        """Adds share·weight to every column of a row."""
        from focusmesh.engine.cluster.push_compiled import spread

        counts = self.count, self.waiting
        self.count, self.waiting = spread(
            side.arrays, side.changes, row, share, self.own, self.away, counts
        )

    def push(
        self, edits: PartEdits, rates: tuple[float, float], limits: tuple[float, int]
    ) -> tuple[int, float]:
        """Pushes along links: see the kernel. Link visits, and the mass that landed at u0."""
        from focusmesh.engine.cluster.push_compiled import push

        side, sides, counts = edits.out, edits.sides, (self.count, self.waiting)
        out = sides.out_links, sides.out_total
        self.count, self.waiting, visits, landed = push(
            side.arrays, side.changes, out, rates, limits, self.own, self.away, counts
        )
        return visits, landed

    def push_lanes(
        self, edits: PartEdits, rates: Rates, limits: tuple[float, int]
    ) -> tuple[int, float]:
        """The same along links and on undirected runs."""
        from focusmesh.engine.cluster.push_compiled import push_lanes

        sides, counts = edits.sides, (self.count, self.waiting)
        totals = sides.out_links, sides.in_links, sides.out_total, sides.degree_total
        flows = rates.absorb, rates.follow, rates.runs, rates.ended
        self.count, self.waiting, visits, landed = push_lanes(
            edits.back.arrays,
            edits.out.arrays,
            (*edits.out.changes, *edits.back.changes),
            totals,
            flows,
            limits,
            self.own,
            self.away,
            counts,
        )
        return visits, landed

    def cross(self, edits: PartEdits, exchange: Ranks) -> None:
        """Hands everything in the box to its owners, and takes what they had for here. Collective."""
        listed = np.sort(self.places[: self.waiting]).astype(np.int64)
        amounts = self.box[listed]
        self.box[listed] = 0.0
        self.listed[listed] = 0
        self.waiting = 0
        for at, values in send_to_owners(listed, amounts, edits, exchange):
            self.put(at, values)


def send_to_owners(
    places: OffsetArray, amounts: FloatArray, edits: PartEdits, exchange: Ranks
) -> list[tuple[OffsetArray, FloatArray]]:
    """Sends ``amounts`` (rows of lanes) to the owners of ``places``; what came, in the order of ranks. Collective."""
    owner, at = edits.destination(places)
    lanes = amounts.shape[1]
    parcels = []
    for rank in range(edits.size):
        sent = np.flatnonzero(owner == rank)
        parcel = np.empty(len(sent) * (1 + lanes), dtype=np.int64)
        parcel[: len(sent)] = at[sent]
        parcel[len(sent) :] = amounts[sent].ravel().view(np.int64)
        parcels.append(parcel)
    came = []
    for parcel in exchange.swap(parcels):
        count = len(parcel) // (1 + lanes)
        came.append((parcel[:count], parcel[count:].view(np.float64).reshape(count, lanes)))
    return came
