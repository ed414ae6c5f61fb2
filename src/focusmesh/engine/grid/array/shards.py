"""A field over active blocks, worked out by shards that send each other their borders: the same bits for any number.

One cycle moves the value of every block towards the mean of its (6) neighbours, then towards a point of rest: the step
that κ takes over cubes, here over blocks. A shard knows from the ranges alone to whom each of its border blocks is a
neighbour, so it sends without being asked: keys once, then four bytes a block and cycle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.array.array import KAPPA
from focusmesh.engine.grid.array.blocks import find_any
from focusmesh.engine.grid.array.morton import neighbour_keys
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS, even_chunks, run
from focusmesh.errors import GridError

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.grid.array.ranges import Ranges
    from focusmesh.engine.support.arrays import BoolArray, MassArray, OffsetArray

    Column = npt.NDArray[np.float32]

SPREAD = 0.1
"""How far a cycle goes towards the mean of the neighbours."""
PULL = 0.06
"""How far it then goes towards the point of rest."""
_DIRECTIONS = tuple((axis, forward) for axis in range(3) for forward in (False, True))
_CHUNK = 65_536


@dataclass
class BlockShard:
    """The blocks of one worker: ``places`` in the whole, their neighbours, and what arrives from other shards."""

    number: int
    places: OffsetArray
    keys: MassArray
    values: Column
    neighbours: npt.NDArray[np.int32] = field(
        default_factory=lambda: np.empty((0, 6), dtype=np.int32)
    )

    def borders(self, ranges: Ranges) -> dict[int, OffsetArray]:
        """To each other shard, which of these blocks (by place) it may need: those beside a key that it holds."""
        needed: dict[int, list[OffsetArray]] = {}
        for axis, forward in _DIRECTIONS:
            beside, valid = _beside(self.keys, axis, forward)
            worker = np.where(valid, ranges.worker_of(beside), self.number)
            for other in np.unique(worker[worker != self.number]).tolist():
                needed.setdefault(other, []).append(np.flatnonzero(worker == other))
        return {other: np.unique(np.concatenate(parts)) for other, parts in needed.items()}

    def meet(self, halo: MassArray) -> None:
        """Takes the keys of other shards' border blocks (rising), and finds the six neighbours of each block of its
        own: places among its own blocks, behind them those of the halo, −1 for none."""
        self.neighbours = np.full((len(self.keys), 6), -1, dtype=np.int32)
        for column, (axis, forward) in enumerate(_DIRECTIONS):
            beside, valid = _beside(self.keys, axis, forward)
            own = find_any(self.keys, beside)
            other = find_any(halo, beside)
            found = np.where(own >= 0, own, np.where(other >= 0, other + len(self.keys), -1))
            self.neighbours[:, column] = np.where(valid, found, -1)

    def step(self, arrived: Column, rest: float, *, compiled: bool) -> Column:
        """The values after a cycle, with ``arrived`` those of the halo before it."""
        known = np.concatenate((self.values, arrived))
        stepped = np.empty_like(self.values)
        if compiled:
            from focusmesh.engine.grid.array.shards_compiled import step_rows

            step_rows(known, self.neighbours, SPREAD, PULL, rest, stepped)
        else:
            for begin, end in even_chunks(len(stepped), _CHUNK):
                part = self.neighbours[begin:end]
                stepped[begin:end] = _step(known, part, self.values[begin:end], rest)
        return stepped


class ShardedField:
    """Values (float32) on blocks under ``keys`` (rising), cut into shards by ``ranges``, a thread each.

    ``sent_bytes`` counts what goes between shards, the keys at the beginning included. Raises GridError ``ranges``
    where keys and values differ in number.
    """

    def __init__(self, keys: MassArray, values: Column, ranges: Ranges) -> None:
        if len(keys) != len(values):
            raise GridError("ranges", f"{len(keys):,} keys have {len(values):,} values")
        self.sent_bytes = 0
        self._count = len(keys)
        worker = ranges.worker_of(keys)
        self.shards = [
            BlockShard(number, places, keys[places], values[places].astype(np.float32))
            for number in range(len(ranges.workers))
            for places in [np.flatnonzero(worker == number)]
        ]
        self._borders = run(lambda shard: shard.borders(ranges), self.shards)
        self._sources = [self._arrivals(shard.number) for shard in self.shards]
        self._orders = run(self._meet, self.shards)
        self.sent_bytes += 8 * self.halo_count

    @property
    def halo_count(self) -> int:
        """Values that go between shards each cycle."""
        return sum(len(places) for border in self._borders for places in border.values())

    @property
    def values(self) -> Column:
        """All values, by the keys that the field was made with."""
        whole = np.empty(self._count, dtype=np.float32)
        for shard in self.shards:
            whole[shard.places] = shard.values
        return whole

    def cycle(self, count: int = 1, rest: float = KAPPA) -> None:
        """``count`` cycles: borders are exchanged, then all shards step at once."""
        for _ in range(count):
            stepped = run(lambda shard: self._step(shard, rest), self.shards)
            for shard, values in zip(self.shards, stepped, strict=True):
                shard.values = values
            self.sent_bytes += 4 * self.halo_count

    def _arrivals(self, number: int) -> list[tuple[int, OffsetArray]]:
        return [
            (other, border[number])
            for other, border in enumerate(self._borders)
            if number in border
        ]

    def _meet(self, shard: BlockShard) -> OffsetArray:
        """Tells a shard which blocks will arrive: how to put their values into the order of their keys."""
        parts = [self.shards[other].keys[at] for other, at in self._sources[shard.number]]
        keys = np.concatenate([np.empty(0, dtype=np.uint64), *parts])
        order: OffsetArray = np.argsort(keys).astype(np.int64)
        shard.meet(keys[order])
        return order

    def _step(self, shard: BlockShard, rest: float) -> Column:
        parts = [self.shards[other].values[at] for other, at in self._sources[shard.number]]
        arrived = np.concatenate([np.empty(0, dtype=np.float32), *parts])
        compiled = self._count >= COMPILED_FROM_LINKS
        return shard.step(arrived[self._orders[shard.number]], rest, compiled=compiled)


def _beside(keys: MassArray, axis: int, forward: bool) -> tuple[MassArray, BoolArray]:
    """The keys one step along, and which of them did not go round the end of the axis."""
    beside = neighbour_keys(keys, axis, forward)
    return beside, (beside > keys) == forward


def _step(known: Column, neighbours: npt.NDArray[np.int32], own: Column, rest: float) -> Column:
    total = np.zeros(len(neighbours), dtype=np.float64)
    count = np.zeros(len(neighbours), dtype=np.float64)
    for column in range(6):
        at = neighbours[:, column]
        there = at >= 0
        total[there] += known[at[there]]
        count += there
    value = own.astype(np.float64)
    mean = np.divide(total, count, out=value.copy(), where=count > 0)
    value = value + SPREAD * (mean - value)
    return (value + PULL * (rest - value)).astype(np.float32)
