"""Ranks as threads of one process: for tests, for a try-out, and for the few parts that fit one machine."""

from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from focusmesh.errors import RankError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.engine.support.arrays import FloatArray

Result = TypeVar("Result")

_SECONDS = 600.0
"""How long a rank waits for the others."""


class _Table:
    """Where ranks lay down what they have for others."""

    def __init__(self, size: int, seconds: float) -> None:
        self.size = size
        self.slots: list[list[Any]] = [[] for _ in range(size)]
        self._barrier, self._seconds = threading.Barrier(size), seconds
        self.ended: dict[int, BaseException] = {}

    def meet(self, rank: int) -> None:
        """Waits until all ranks are here."""
        try:
            self._barrier.wait(self._seconds)
        except threading.BrokenBarrierError as error:
            others = sorted(at for at in self.ended if at != rank)
            who = f"rank {others[0]} has ended: {self.ended[others[0]]}" if others else "in time"
            raise RankError(f"rank {rank} of {self.size}: some ranks are missing; {who}") from error

    @property
    def waiting(self) -> int:
        """How many ranks wait for the others."""
        return self._barrier.n_waiting

    def leave(self, rank: int, error: BaseException) -> None:
        """Nobody waits for this rank any more."""
        self.ended.setdefault(rank, error)
        self._barrier.abort()


class ThreadRanks:
    """One thread's view. See ``Ranks``."""

    def __init__(self, table: _Table, rank: int) -> None:
        self.rank, self.size, self.bytes, self.waited = rank, table.size, 0, 0.0
        self._table = table

    def swap(self, parcels: Sequence[Any]) -> list[Any]:
        return [parcel.copy() for parcel in self._swap(parcels)]

    def post(self, sent: Any, lengths: Sequence[int], into: Any, due: Sequence[int]) -> _Posted:
        return _Posted(self, cut(sent, lengths), cut(into, due))

    def gather(self, values: FloatArray) -> list[FloatArray]:
        table = self._table
        table.slots[self.rank] = [values]
        self._meet()
        gathered = [slot[0].copy() for slot in table.slots]
        self._meet()
        return gathered

    @property
    def waiting(self) -> int:
        """How many of all ranks wait for the others at this moment."""
        return self._table.waiting

    def leave(self, error: BaseException) -> None:
        """Ends the waiting of all ranks for this one, now and later; may be called from any thread."""
        self._table.leave(self.rank, error)

    def _meet(self) -> None:
        begun = time.perf_counter()
        self._table.meet(self.rank)
        self.waited += time.perf_counter() - begun

    def deliver(self, parcels: Sequence[Any], into: Sequence[Any]) -> None:
        """Copies what the others have into ``into``."""
        for parcel, room in zip(self._swap(parcels, settle=False), into, strict=True):
            room[...] = parcel
        self._meet()

    def _swap(self, parcels: Sequence[Any], *, settle: bool = True) -> list[Any]:
        table = self._table
        table.slots[self.rank] = list(parcels)
        self.bytes += sum(part.nbytes for at, part in enumerate(parcels) if at != self.rank)
        self._meet()
        found = [slot[self.rank] for slot in table.slots]
        if settle:
            found = [part.copy() for part in found]
            self._meet()
        return found


class _Posted:
    def __init__(self, ranks: ThreadRanks, parcels: Sequence[Any], into: Sequence[Any]) -> None:
        self._ranks, self._parcels, self._into = ranks, parcels, into

    def wait(self) -> None:
        self._ranks.deliver(self._parcels, self._into)


def cut(values: Any, lengths: Sequence[int]) -> list[Any]:
    """``values`` as consecutive pieces of those lengths."""
    ends = np.cumsum(lengths).tolist()
    return [values[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def run_ranks(
    count: int, function: Callable[[ThreadRanks], Result], seconds: float = _SECONDS
) -> list[Result]:
    """``function`` of each rank, all at once; results by rank. Raises what the first that failed by itself raised."""
    table = _Table(count, seconds)
    results: dict[int, Result] = {}

    def work(rank: int) -> None:
        try:
            results[rank] = function(ThreadRanks(table, rank))
        except BaseException as error:
            table.leave(rank, error)

    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(work, rank), daemon=True)
        for rank in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    own = [error for error in table.ended.values() if not isinstance(error, RankError)]
    if table.ended:
        raise (own or list(table.ended.values()))[0]
    return [results[rank] for rank in range(count)]
