"""Workers that ``torchrun`` started: all run one program, the first gives the orders. Nothing else is needed."""

from __future__ import annotations

import pickle
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.cluster import open_part
from focusmesh.engine.focus import Alone
from focusmesh.engine.support.parallel import limited
from focusmesh.errors import RankError
from focusmesh.host.cluster.torch_ranks import SECONDS, joined_group, torchrun_place
from focusmesh.host.cluster.workers import Worker

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from focusmesh.engine.focus import Ranks
    from focusmesh.engine.support.progress import Progress


class TorchrunGroup:
    """The workers as the first of them sees them; see ``Group``. An error ends all: torchrun starts them again."""

    def __init__(self, worker: Worker, threads: int | None) -> None:
        self.size, self._worker, self._threads = worker.exchange.size, worker, threads

    def run(
        self,
        task: Callable[..., Any],
        *arguments: Any,
        progress: Progress | None = None,
        again: int = 0,
    ) -> list[Any]:
        self._worker.progress = progress
        order = pickle.dumps((task, arguments))
        _swap(self._worker.exchange, [order] * self.size)
        value = carried_out(self._worker, order, self._threads)
        return [
            pickle.loads(answer) for answer in _swap(self._worker.exchange, [value, *self._none])
        ]

    def close(self) -> None:
        """The others may go."""
        _swap(self._worker.exchange, [b""] * self.size)

    @property
    def _none(self) -> list[bytes]:
        return [b""] * (self.size - 1)


def serve(worker: Worker, threads: int | None) -> None:
    """Carries out what the first worker orders, until it closes."""
    ranks = worker.exchange
    nothing = [b""] * ranks.size
    while order := _swap(ranks, nothing)[0]:
        value = carried_out(worker, order, threads)
        _swap(ranks, [value, *nothing[1:]])


def carried_out(worker: Worker, order: bytes, threads: int | None) -> bytes:
    """The pickled answer of a task."""
    task, arguments = pickle.loads(order)
    with limited(threads):
        return pickle.dumps(task(worker, *arguments))


@contextmanager
def torchrun_worker(
    folder: str | os.PathLike[str], *, verify: bool = False, seconds: float = SECONDS
) -> Iterator[Worker]:
    """This process's worker with its share of the parts in ``folder``; the only one where torchrun started none.

    Raises RankError where the others do not come or do not answer for ``seconds``.
    """
    place = torchrun_place()
    rank, size, _ = place or (0, 1, 0)
    part = open_part(folder, rank, size, verify=verify)
    if place is None:
        yield Worker(part, Alone())
        return
    with joined_group(rank, size, "env://", seconds) as ranks:
        yield Worker(part, ranks)


def _swap(ranks: Ranks, words: list[bytes]) -> list[bytes]:
    """What each rank had for this one."""
    parcels = [np.frombuffer(word, dtype=np.uint8) for word in words]
    told: list[bytes] = [parcel.tobytes() for parcel in ranks.swap(parcels)]
    if len(told) != ranks.size:
        raise RankError(f"rank {ranks.rank}: {len(told)} of {ranks.size} ranks answered")
    return told
