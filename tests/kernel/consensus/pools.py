"""Pools of batches that tell each other over a net with delays and losses."""

from __future__ import annotations

import heapq
from random import Random
from typing import TYPE_CHECKING

from focusmesh.kernel.consensus import BatchPool, Tip
from tests.kernel.consensus.scheduling import NETWORK, holds, key, validator_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.consensus import Effects, Equivocation, VoteRecord


class PoolNet:
    """Pools that tell each other with delays and losses, in virtual time."""

    def __init__(self, weights: Sequence[int], seed: int, lost: float = 0.0) -> None:
        self.rng, self.lost, self.now = Random(seed), lost, 0
        self.validator_set = validator_set(weights)
        self.disks: list[list[VoteRecord]] = [[] for _ in weights]
        self.evidence: list[Equivocation] = []
        self.pools = [self.made(number) for number in range(len(weights))]
        self.down: set[int] = set()
        self._events: list[tuple[int, int, int, bytes, bytes]] = []
        self._count = 0

    def made(self, number: int) -> BatchPool:
        disk = self.disks[number]
        return BatchPool(
            NETWORK, self.validator_set, key(number), vote_records=disk, resend_ms=100, check=holds
        )

    def act(self, number: int, effects: Effects) -> None:
        self.disks[number].extend(effects.vote_records)
        self.evidence.extend(effects.evidence)
        me = key(number).public
        for notice in effects.notices:
            for other in range(len(self.pools)):
                if other != number and notice.to in (None, key(other).public):
                    self.send(me, other, notice.data)

    def send(self, sender: bytes, other: int, data: bytes) -> None:
        if self.rng.random() >= self.lost:
            self._count += 1
            moment = self.now + self.rng.randint(1, 20)
            heapq.heappush(self._events, (moment, self._count, other, sender, data))

    def run(self, for_ms: int) -> None:
        until = self.now + for_ms
        while self.now < until:
            while self._events and self._events[0][0] <= self.now:
                _, _, other, sender, data = heapq.heappop(self._events)
                if other not in self.down:
                    self.act(other, self.pools[other].deliver(self.now, sender, data))
            for number, pool in enumerate(self.pools):
                due = pool.deadline
                if due is not None and due <= self.now and number not in self.down:
                    self.act(number, pool.tick(self.now))
            self.now += 1

    def add(self, number: int, *signals: bytes) -> None:
        self.act(number, self.pools[number].add(self.now, signals))


def cut_number(cut: Sequence[Tip], number: int) -> int:
    return next(tip.number for tip in cut if tip.author == key(number).public)


def certified(net: PoolNet, author: int) -> list[int]:
    """The number of the last certified batch of an author, as each sees it."""
    lanes = [pool._lanes.lane(key(author).public) for pool in net.pools]
    return [lane.certified_tip().number for lane in lanes]
