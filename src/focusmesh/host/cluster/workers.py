"""Workers: each has a part, and all of them run the same task at once."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.engine.focus import run_ranks
from focusmesh.engine.support.parallel import limited
from focusmesh.errors import (
    ConvergenceError,
    FileError,
    InputError,
    MissingExtraError,
    RankError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.engine.cluster import Part
    from focusmesh.engine.focus import Ranks
    from focusmesh.engine.support.progress import Progress

_POLL_SECONDS = 0.2
_WAIT_SECONDS = 1.0
"""So long all others have waited for one that refused before they are freed."""
_END_SECONDS = 10.0
"""So long ``close`` waits for workers that were left in the middle of a task."""
_REFUSALS = (InputError, FileError, ConvergenceError, MissingExtraError)
"""Errors that say no on all workers alike, or without a word to the others: those go on waiting for tasks.

Where the others do wait for who refused alone (a disk that is full for one), ``LocalGroup`` frees them and ends.
"""


@dataclass
class Worker:
    """What a task is handed: the part, the way to the others, and what earlier tasks kept.

    ``progress`` is what the driver wants to be told, on one of the workers; None on the others.
    """

    part: Part
    exchange: Ranks
    kept: dict[str, Any] = field(default_factory=dict)
    progress: Progress | None = None


class Group(Protocol):
    """Workers that wait for tasks."""

    size: int

    def run(
        self,
        task: Callable[..., Any],
        *arguments: Any,
        progress: Progress | None = None,
        again: int = 0,
    ) -> list[Any]:
        """``task(worker, *arguments)`` on all workers at once; what each returned, by rank.

        Lost workers are replaced and the task is begun anew, ``again`` times at most where workers can be lost.
        Raises what the first of them raised by itself, RankError where one is gone.
        """

    def close(self) -> None:
        """Ends the workers."""


class LocalGroup:
    """Workers that are threads of this process: for a try-out, for tests, and for parts that one machine holds."""

    def __init__(self, parts: Sequence[Part], threads: int | None = None) -> None:
        self.size, self._parts, self._threads = len(parts), parts, threads
        self._tasks: list[SimpleQueue[_Order | None]] = [SimpleQueue() for _ in parts]
        self._answers: SimpleQueue[_Answer] = SimpleQueue()
        self._ranks: dict[int, Any] = {}
        self._ended: BaseException | None = None
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def run(
        self,
        task: Callable[..., Any],
        *arguments: Any,
        progress: Progress | None = None,
        again: int = 0,
    ) -> list[Any]:
        if self._ended is not None:
            raise RankError(f"the workers have ended ({self._ended}); open the graph again")
        for rank, tasks in enumerate(self._tasks):
            tasks.put(_Order(task, arguments, progress if rank == 0 else None))
        try:
            told = sorted(self._gather_answers(), key=lambda answer: answer.rank)
        except BaseException as error:
            # Answers that are still to come would be taken for those of the next task.
            self._ended = RankError(f"left in the middle of a task by {type(error).__name__}")
            for ranks in list(self._ranks.values()):
                ranks.leave(self._ended)
            raise
        errors = [answer.error for answer in told if answer.error is not None]
        if errors:
            ends = [error for error in errors if not isinstance(error, _REFUSALS)]
            self._ended = ends[0] if ends else None
            raise next((error for error in errors if not isinstance(error, RankError)), errors[0])
        return [answer.value for answer in told]

    def close(self) -> None:
        for tasks in self._tasks:
            tasks.put(None)
        self._ended = self._ended or RankError("closed")
        self._keeper.join(_END_SECONDS)

    def _gather_answers(self) -> list[_Answer]:
        """What all workers answer to a task; those that wait for one that refused are freed."""
        told: list[_Answer] = []
        waited_since = float("inf")
        while len(told) < self.size:
            refused = next((answer for answer in told if answer.error is not None), None)
            with suppress(Empty):
                told.append(self._answers.get(timeout=None if refused is None else _POLL_SECONDS))
                continue
            if refused is None or refused.error is None:
                continue
            ranks = self._ranks[refused.rank]
            stuck = ranks.waiting == self.size - len(told)
            waited_since = min(waited_since, time.monotonic()) if stuck else float("inf")
            if time.monotonic() > waited_since + _WAIT_SECONDS:
                ranks.leave(refused.error)
        return told

    def _keep(self) -> None:
        # What a task raised has been told to who asked.
        with suppress(BaseException):
            run_ranks(self.size, self._work)

    def _work(self, ranks: Ranks) -> None:
        worker = Worker(self._parts[ranks.rank], ranks)
        self._ranks[ranks.rank] = ranks
        while (order := self._tasks[ranks.rank].get()) is not None:
            worker.progress = order.progress
            try:
                with limited(self._threads):
                    value = order.task(worker, *order.arguments)
            except BaseException as error:
                self._answers.put(_Answer(ranks.rank, None, error))
                if not isinstance(error, _REFUSALS):
                    raise
            else:
                self._answers.put(_Answer(ranks.rank, value, None))


@dataclass(frozen=True)
class _Order:
    task: Callable[..., Any]
    arguments: tuple[Any, ...]
    progress: Progress | None


@dataclass(frozen=True)
class _Answer:
    rank: int
    value: Any
    error: BaseException | None
