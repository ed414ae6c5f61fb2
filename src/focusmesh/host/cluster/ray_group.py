"""Workers that are actors of a Ray cluster; what they send each other goes by torch.distributed."""

from __future__ import annotations

import os
import pickle
import secrets
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from focusmesh.engine.cluster import open_part
from focusmesh.engine.support.parallel import limited
from focusmesh.errors import FocusmeshError, RankError
from focusmesh.host.cluster.ray_session import ray_session
from focusmesh.host.cluster.tasks import write_task
from focusmesh.host.cluster.torch_ranks import SECONDS, Meeting, joined_group
from focusmesh.host.cluster.workers import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.engine.support.progress import Progress, Step

_POLL_SECONDS = 0.2
_WAIT_SECONDS = 2.0
"""So long the others may take to fail alike."""
_GRACE_SECONDS = 30.0
"""So long the others may take to notice that one is gone; then they are ended as well."""


_RESERVED = 0.01
"""Of a processor, so that Ray leaves nodes out that have none."""


class Place:
    """What an actor is: a process with one worker."""

    def __init__(self, folder: str, rank: int, size: int, options: dict[str, Any]) -> None:
        self._rank, self._size, self._options = rank, size, options
        self._part = open_part(folder, rank, size, verify=bool(options["verify"]))
        self._joined = ExitStack()
        self._worker: Worker | None = None
        self._meeting: Meeting | None = None
        self._steps: list[Step] = []
        self._lock = threading.Lock()

    def meet(self) -> str:
        """Where the others find this worker, which is the first."""
        import ray

        self._meeting = Meeting(ray.util.get_node_ip_address())
        return self._meeting.address

    def join(self, address: str) -> int:
        """Joins the others, anew if need be; what was kept of earlier tasks is gone. The process's id."""
        self._joined.close()
        self._joined = ExitStack()
        where = address if self._meeting is None else self._meeting
        self._meeting = None
        ranks = joined_group(self._rank, self._size, where, self._options["seconds"])
        self._worker = Worker(self._part, self._joined.enter_context(ranks))
        return os.getpid()

    def carry_out(self, order: bytes, listened: bool) -> bytes:
        """Runs a task; its pickled answer or what it raised."""
        task, arguments = pickle.loads(order)
        assert self._worker is not None
        self._worker.progress = self._note if listened else None
        try:
            with limited(self._options["threads"]):
                return pickle.dumps((task(self._worker, *arguments), None))
        except Exception as error:
            return pickle.dumps((None, _portable(error)))

    def leave(self) -> None:
        """Ends the way to the others, so that none of them waits for this worker."""
        self._joined.close()

    def take_steps(self) -> tuple[list[Step], float]:
        """Steps since this was asked last, and the seconds that this worker has waited for others."""
        with self._lock:
            steps, self._steps = self._steps, []
        return steps, 0.0 if self._worker is None else self._worker.exchange.waited

    def _note(self, step: Step) -> None:
        with self._lock:
            self._steps.append(step)


class RayGroup:
    """See ``Group``. Where a worker is lost it is replaced, and the part opened again, for tasks that may run again."""

    def __init__(
        self,
        folder: str | os.PathLike[str],
        size: int,
        *,
        address: str | None = None,
        threads: int | None = None,
        verify: bool = False,
        seconds: float = SECONDS,
    ) -> None:
        """``seconds``: how long workers wait for each other before they say who does not answer."""
        self.size, self.replaced = size, 0
        self._folder = os.path.abspath(os.fspath(folder))  # noqa: PTH100  (may be a URL of Ray's working folder)
        self._options = {"threads": threads, "verify": verify, "seconds": seconds}
        self._session = ExitStack()
        self._ray = self._session.enter_context(ray_session(address))
        self._ended = ""
        try:
            self._kind = self._ray.remote(max_concurrency=2, max_restarts=0)(Place)
            self._places = [self._place(rank) for rank in range(size)]
            self._join()
        except BaseException:
            self._session.close()
            raise

    def run(
        self,
        task: Callable[..., Any],
        *arguments: Any,
        progress: Progress | None = None,
        again: int = 0,
    ) -> list[Any]:
        for left in range(again, -1, -1):
            if self._ended:
                raise RankError(f"the workers have ended ({self._ended}); open the graph again")
            try:
                return self._run(task, arguments, progress)
            except _LostError as lost:
                if not left:
                    self._ended = str(lost)
                    raise RankError(f"{lost}; open the graph again") from lost.__cause__
                self._replace()
        raise AssertionError("one of the rounds returns or raises")

    def close(self) -> None:
        self._ended = self._ended or "closed"
        for place in self._places:
            self._ray.kill(place)
        self._session.close()

    def pids(self) -> list[int]:
        """The workers' processes, by rank."""
        return list(self._pids)

    def _place(self, rank: int) -> Any:
        placed = self._kind.options(**placing(rank, self.size, self._ray.nodes()))
        return placed.remote(self._folder, rank, self.size, self._options)

    def _join(self) -> None:
        """All workers meet at the first."""
        address = self._result_of(self._places[0].meet.remote())
        answers = [place.join.remote(address) for place in self._places]
        self._pids = [self._result_of(answer) for answer in answers]

    def _result_of(self, answer: Any) -> Any:
        """What an actor answers; its own errors as they are."""
        try:
            return self._ray.get(answer)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, FocusmeshError) else error from None
        except self._ray.exceptions.RayActorError as error:
            raise RankError(f"a worker ended while it started: {error}") from error

    def _run(
        self, task: Callable[..., Any], arguments: tuple[Any, ...], progress: Progress | None
    ) -> list[Any]:
        order = pickle.dumps((task, arguments))
        waiting = {
            place.carry_out.remote(order, progress is not None and rank == 0): rank
            for rank, place in enumerate(self._places)
        }
        told: dict[int, tuple[Any, Any]] = {}
        lost: dict[int, Exception] = {}
        try:
            self._await(waiting, told, lost, progress, alone=task is write_task)
        except BaseException as error:
            # Actors go on with that task: another one beside it would get its messages.
            self._ended = f"left in the middle of a task by {type(error).__name__}"
            raise
        return self._answers(told, lost)

    def _await(
        self,
        waiting: dict[Any, int],
        told: dict[int, tuple[Any, Any]],
        lost: dict[int, Exception],
        progress: Progress | None,
        *,
        alone: bool,
    ) -> None:
        """Moves those that answer, or are lost, from ``waiting`` to ``told`` and ``lost``.

        ``alone``: no worker waits for another in that task, so where one fails the others go on.
        """
        noticed = float("inf")
        while waiting and (alone or time.monotonic() < noticed + _GRACE_SECONDS):
            done, _ = self._ray.wait(list(waiting), timeout=_POLL_SECONDS)
            for answer in done:
                rank = waiting.pop(answer)
                try:
                    told[rank] = pickle.loads(self._ray.get(answer))
                except self._ray.exceptions.RayError as error:
                    lost[rank] = error
                if rank in lost or told[rank][1] is not None:
                    noticed = min(noticed, time.monotonic())
            overdue = waiting and not alone and time.monotonic() > noticed + _WAIT_SECONDS
            if overdue and not self._ended:
                self._free(told, waiting.values())
            if progress is not None and 0 not in lost:
                self._pass_on(progress)

    def _free(self, told: dict[int, tuple[Any, Any]], waiting: Iterable[int]) -> None:
        """Those that failed alone leave, so that the others do not wait for them."""
        failed = [rank for rank, (_, error) in told.items() if error is not None]
        for rank in failed:
            if not isinstance(told[rank][1], RankError):
                self._ended = f"worker {rank} failed while {sorted(waiting)} waited"
                self._places[rank].leave.remote()

    def _pass_on(self, progress: Progress) -> None:
        try:
            steps, _ = self._ray.get(self._places[0].take_steps.remote(), timeout=_GRACE_SECONDS)
        except self._ray.exceptions.RayError:
            return
        for step in steps:
            progress(step)

    def _answers(self, told: dict[int, tuple[Any, Any]], lost: dict[int, Exception]) -> list[Any]:
        """The answers by rank, or the error that began it."""
        errors = [told[rank][1] for rank in sorted(told) if told[rank][1] is not None]
        own = [error for error in errors if not isinstance(error, RankError)]
        if own:
            raise own[0]
        if lost:
            rank = min(lost)
            raise _LostError(f"worker {rank} of {self.size} was lost") from lost[rank]
        if errors:
            raise _LostError(str(errors[0])) from errors[0]
        return [told[rank][0] for rank in range(self.size)]

    def _replace(self) -> None:
        """New workers for those that are gone or stuck; then all meet anew."""
        fresh = []
        for rank, place in enumerate(self._places):
            try:
                self._ray.get(place.take_steps.remote(), timeout=_POLL_SECONDS * 25)
            except self._ray.exceptions.RayError:
                self._ray.kill(place)
                fresh.append(rank)
                self._places[rank] = self._place(rank)
        self.replaced += len(fresh)
        self._join()


def placing(rank: int, size: int, nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """How Ray places a worker, and calls it: on one of ``nodes`` after the other, of those with processors.

    Nodes without any (a head with ``--num-cpus=0``) are left out, unless there are no others. A worker reserves next to
    nothing, so that as many find a place as are asked for.
    """
    powered = any(node["Alive"] and node["Resources"].get("CPU", 0) > 0 for node in nodes)
    return {
        "num_cpus": _RESERVED if powered else 0,
        "scheduling_strategy": "SPREAD",
        "name": f"focusmesh rank {rank} of {size} ({secrets.token_hex(4)})",
    }


class _LostError(Exception):
    """A worker is gone, or the others do not hear of it."""


def _portable(error: Exception) -> Exception:
    """The error itself where it can be sent, else its words."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
