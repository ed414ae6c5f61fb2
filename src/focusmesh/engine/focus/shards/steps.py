"""The steps of the integer operator by shards: the bits of certificate_steps.py, for any number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.shards.border import land
from focusmesh.errors import ShardError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.certificate.steps import Spread
    from focusmesh.engine.focus.shards.exchange import Exchange, Parcel
    from focusmesh.engine.focus.shards.shard import Shard
    from focusmesh.engine.support.arrays import MassArray


class ShardedSteps:
    """Steps by the shards that live here; a vector is a list of one uint64 vector a shard. See ``Steps``.

    Totals are those of all shards. Every exchange is checked: as much mass arrives as was sent, to the unit; raises
    ShardError where it was lost or doubled on the way. ``rises`` has h of each shard here as ``rise`` found it last.
    ``hold`` and ``give`` want vectors of all particles, so that all shards live here.
    """

    backend = "shards"

    def __init__(self, shards: Sequence[Shard], exchange: Exchange) -> None:
        self.shards = shards
        self.rises: tuple[int, ...] = ()
        self._exchange = exchange
        # Who receives is told once; from then on parcels are amounts alone.
        self._along = exchange.swap([shard.along.links.receivers_by_shard for shard in shards])
        self._back = exchange.swap([shard.back.links.receivers_by_shard for shard in shards])

    def hold(self, values: MassArray) -> list[MassArray]:
        return [values[shard.positions] for shard in self.shards]

    def give(self, values: Sequence[MassArray]) -> MassArray:
        whole = np.empty(sum(map(len, values)), dtype=np.uint64)
        for shard, part in zip(self.shards, values, strict=True):
            whole[shard.positions] = part
        return whole

    def follow(self, x: list[MassArray]) -> tuple[list[MassArray], int]:
        made = [shard.follow(part) for shard, part in zip(self.shards, x, strict=True)]
        landed = [np.zeros_like(part) for part in x]
        self._deliver([parcels for parcels, _ in made], self._along, landed)
        return landed, self._check_conserved(landed, [sent for _, sent in made])

    def mix(self, x: list[MassArray]) -> tuple[list[MassArray], int]:
        made = [shard.mix(part) for shard, part in zip(self.shards, x, strict=True)]
        landed = [shard.resting_mass(part) for shard, part in zip(self.shards, x, strict=True)]
        kept = [_sum(part) for part in landed]
        self._deliver([along for along, _, _ in made], self._along, landed)
        self._deliver([back for _, back, _ in made], self._back, landed)
        sent = [stayed + sent for stayed, (*_, sent) in zip(kept, made, strict=True)]
        return landed, self._check_conserved(landed, sent)

    def scale(self, x: list[MassArray], factor: int) -> int:
        return self._add(shard.sweeps.scale(part, factor) for shard, part in self._each(x))

    def fill(self, y: list[MassArray], spread: Spread) -> None:
        for shard, part in self._each(y):
            own = None if spread.own is None else spread.own[shard.positions]
            shard.sweeps.fill(part, spread._replace(own=own))

    def add_scaled(self, y: list[MassArray], factor: int, result: list[MassArray]) -> int:
        return self._add(
            shard.sweeps.add_scaled(part, factor, to)
            for (shard, part), to in zip(self._each(y), result, strict=True)
        )

    def rise(self, image: list[MassArray], x: list[MassArray]) -> int:
        self.rises = tuple(
            shard.sweeps.rise(part, before)
            for (shard, part), before in zip(self._each(image), x, strict=True)
        )
        return self._add(self.rises)

    def _deliver(
        self,
        parcels: list[list[MassArray]],
        receivers: Sequence[Sequence[Parcel]],
        into: list[MassArray],
    ) -> None:
        for came, at, part in zip(self._exchange.swap(parcels), receivers, into, strict=True):
            land(came, at, part)

    def _check_conserved(self, landed: list[MassArray], sent: list[int]) -> int:
        """The mass that landed, which is what was sent."""
        arrived, left = self._add(map(_sum, landed)), self._add(sent)
        if arrived != left:
            raise ShardError(
                f"the shards sent {left} units of mass and {arrived} arrived: a parcel was lost, doubled or damaged"
            )
        return arrived

    def _add(self, amounts: Any) -> int:
        return self._exchange.add(list(amounts))

    def _each(self, values: Sequence[MassArray]) -> Any:
        return zip(self.shards, values, strict=True)


def _sum(values: MassArray) -> int:
    """Σ values where that is below 2⁶⁴, as the mass of a part of a distribution is."""
    return int(values.sum())
