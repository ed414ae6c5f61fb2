"""One shard in a process of its own: what it knows came through its pipe, and so does all that others send."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.certificate.operator import level_spread, stages_by
from focusmesh.engine.focus.certificate.params import ProtocolParams, Teleport
from focusmesh.engine.focus.shards.steps import ShardedSteps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

    from focusmesh.engine.focus.shards.exchange import Parcel
    from focusmesh.engine.focus.shards.shard import Shard
    from focusmesh.engine.support.arrays import MassArray


class PipeExchange:
    """Bytes to whoever passes them on, and bytes back."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def swap(self, parcels: Sequence[Sequence[Parcel]]) -> list[list[Any]]:
        (own,) = parcels
        kind = own[0].dtype
        self._pipe.send([parcel.tobytes() for parcel in own])
        return [[np.frombuffer(came, dtype=kind) for came in self._pipe.recv()]]

    def add(self, amounts: Sequence[int]) -> int:
        (own,) = amounts
        self._pipe.send(own)
        return int(self._pipe.recv())


def work(pipe: Connection) -> None:
    """The sweeps of one shard: from u until the residual of all together is small enough."""
    shard, particles, params, limit = pipe.recv()
    pipe.send(settled(shard, particles, params, limit, PipeExchange(pipe)))


def settled(
    shard: Shard, particles: int, params: ProtocolParams, limit: int, exchange: PipeExchange
) -> MassArray:
    teleport = Teleport(particles)
    level, lowest = teleport.level
    x = [np.uint64(level) + (shard.ranks < lowest).astype(np.uint64)]
    steps, spread = ShardedSteps([shard], exchange), partial(level_spread, teleport)
    while True:
        *_, (_, image, _, _) = stages_by(steps, params, spread, x)
        if steps.rise(image, x) <= limit:
            return x[0]
        x = image
