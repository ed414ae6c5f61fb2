"""Processes in virtual time: each is an event loop of its own, all of them run in one thread, in one order.

Nothing waits: time jumps to the next timer. What is due at one moment runs in the order in which it was asked for, so
that a run is a function of its seed. A process can be killed between any two of its steps, and paused.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import events
from collections import deque
from contextlib import contextmanager
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, TypeVar

from focusmesh.errors import SimulationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
    from contextvars import Context

ResultT = TypeVar("ResultT")

STEPS_MAX = 1_000_000
"""Steps at one moment of virtual time after which a run is taken to go round in circles."""
_CLOSINGS_MAX = 100


class KilledError(BaseException):
    """This process ended here. Nothing that could have caught an error was left to do so."""


class VirtualTime:
    """The one clock and the one queue of all processes. Seconds begin at 0; steps between two timers take none."""

    def __init__(self) -> None:
        self._now_us = 0
        self._ready: deque[tuple[Process, asyncio.Handle]] = deque()
        self._timers: list[tuple[int, int, Process, asyncio.Handle]] = []
        self._count = 0
        self.steps = 0

    @property
    def now(self) -> float:
        """Seconds since the beginning, in whole microseconds."""
        return self._now_us / 1_000_000

    def soon(self, process: Process, handle: asyncio.Handle) -> None:
        """Runs behind all that is due now."""
        self._ready.append((process, handle))

    def at(self, when: float, process: Process, handle: asyncio.Handle) -> None:
        """Runs at ``when``, behind what was asked for earlier for the same moment."""
        self._count += 1
        due = max(round(when * 1_000_000), self._now_us)
        heappush(self._timers, (due, self._count, process, handle))

    def run(self, until: float, is_over: Callable[[], bool] = lambda: False) -> bool:
        """Lets time pass up to ``until`` seconds, or until ``is_over`` between two steps; says whether it was.

        Raises SimulationError where there is no end to the steps of one moment.
        """
        until_us = round(until * 1_000_000)
        with _hooks():
            while not is_over():
                if not self._ready and not self._jump(until_us):
                    self._now_us = max(self._now_us, until_us)
                    return False
                self._moment(is_over)
        return True

    def _jump(self, until_us: int) -> bool:
        """Goes to the next timer and makes ready all that is due then; False where there is none in time."""
        timers = self._timers
        while timers and timers[0][3].cancelled():
            heappop(timers)
        if not timers or timers[0][0] > until_us:
            return False
        self._now_us = timers[0][0]
        while timers and timers[0][0] == self._now_us:
            _, _, process, handle = heappop(timers)
            self._ready.append((process, handle))
        return True

    def _moment(self, is_over: Callable[[], bool]) -> None:
        ready, before = self._ready, self.steps
        while ready and not is_over():
            process, handle = ready.popleft()
            process.step(handle)
            self.steps += 1
            if self.steps - before > STEPS_MAX:
                message = (
                    f"{STEPS_MAX:,} steps at {self.now} s: {process.name} goes round in circles"
                )
                raise SimulationError("circles", message)


class Process(asyncio.AbstractEventLoop):
    """The event loop of one process. ``name`` is for people.

    A dead one takes no step more: whatever its coroutines still do while they are closed finds a world without effect.
    """

    def __init__(self, time: VirtualTime, name: str) -> None:
        self.name = name
        self.virtual = time
        self._errors: list[str] = []
        self.is_dead = False
        self.is_paused = False
        self._kept: list[asyncio.Handle] = []
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._tasks_seen = 0
        self._steps_left: int | None = None
        self._at_end: list[Callable[[], None]] = []

    def step(self, handle: asyncio.Handle) -> None:
        """Runs one step, unless it was cancelled or the process is dead; keeps it while the process is paused."""
        if self.is_dead or handle.cancelled():
            return
        if self.is_paused:
            self._kept.append(handle)
            return
        events._set_running_loop(self)
        try:
            handle._run()
        finally:
            events._set_running_loop(None)
        if self._steps_left is not None:
            self._steps_left -= 1
            if self._steps_left <= 0:
                self.is_dead = True
        if self.is_dead:
            self._bury()

    @property
    def errors(self) -> list[str]:
        """What nobody caught in it while it lived, as far as that is known."""
        self._forget_done()
        return self._errors

    def spawn(self, coroutine: Coroutine[Any, Any, ResultT]) -> asyncio.Task[ResultT]:
        """A task of this process, begun from outside of it."""
        return self.create_task(coroutine)

    def at_end(self, action: Callable[[], None]) -> None:
        """Does something once the process is dead: the world takes its things away."""
        self._at_end.append(action)

    def kill(self, after_steps: int = 0) -> None:
        """Ends the process before its next step, or after so many more of them; its own code hears nothing of it."""
        if self.is_dead:
            return
        if after_steps:
            self._steps_left = after_steps
            return
        self.is_dead = True
        if events._get_running_loop() is not self:
            self._bury()

    def spare(self) -> None:
        """Takes back a kill after some steps that has not come yet."""
        self._steps_left = None

    def pause(self) -> None:
        """Takes no step until ``resume``, as under SIGSTOP."""
        self.is_paused = True

    def resume(self) -> None:
        """Goes on with all that came in the meantime."""
        self.is_paused = False
        kept, self._kept = self._kept, []
        for handle in kept:
            self.virtual.soon(self, handle)

    def _bury(self) -> None:
        """Closes what was waiting: its clean-up runs, and has no effect."""
        self._steps_left, self._kept = None, []
        actions, self._at_end = self._at_end, []
        for action in actions:
            action()
        tasks, self._tasks = self._tasks, {}
        running = events._get_running_loop()
        events._set_running_loop(self)
        try:
            for task in tasks:
                if not task.done():
                    # Nobody is to be told that it was not awaited: that is what being killed is.
                    task._log_destroy_pending = False  # type: ignore[attr-defined]
                    _close(task.get_coro())
        finally:
            events._set_running_loop(running)

    def time(self) -> float:
        """Seconds since the simulation began."""
        return self.virtual.now

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *given: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, given, self, context)
        if not self.is_dead:
            self.virtual.soon(self, handle)
        return handle

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *given: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self.virtual.now + delay, callback, *given, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *given: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, given, self, context)
        if not self.is_dead:
            self.virtual.at(when, self, handle)
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, ResultT],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> asyncio.Task[ResultT]:
        self._tasks_seen += 1
        task: _Task[ResultT] = _Task(
            self._tasks_seen, coro, loop=self, name=name or self.name, context=context
        )
        if self.is_dead:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            _close(coro)
            return task
        self._tasks[task] = None
        if self._tasks_seen % 256 == 0:
            self._forget_done()
        return task

    def _forget_done(self) -> None:
        """Lets go of tasks that are over; whoever lies among them with an error that nobody asked for says so."""
        for task in [task for task in self._tasks if task.done()]:
            del self._tasks[task]

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self.is_dead

    def is_closed(self) -> bool:
        return self.is_dead

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.fails(f"{context.get('message')}: {context.get('exception')!r}")

    def fails(self, words: str) -> None:
        """Takes down that something was not caught; what a dead process still says counts for nothing."""
        if not self.is_dead:
            self._errors.append(words)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Called by a timer that is cancelled; the queue passes over it."""


class _Task(asyncio.Task[ResultT]):
    """A task that lies in sets where its number says, not its address: sets of tasks are gone through in one order."""

    def __init__(self, number: int, coroutine: Any, **options: Any) -> None:
        # First: asyncio puts the task into a set of all tasks as soon as it begins.
        self._number = number
        super().__init__(coroutine, **options)

    def __hash__(self) -> int:
        return self._number


def _close(coroutine: Any) -> None:
    """Ends a coroutine where it stands, however often its clean-up waits for something."""
    for _ in range(_CLOSINGS_MAX):
        try:
            coroutine.close()
        except KilledError:
            return
        except Exception:
            continue  # Whatever a dead process raises is heard by nobody.
        return


@contextmanager
def _hooks() -> Iterator[None]:
    """Generators that are dropped half way are closed by the process that ran them, as asyncio's own loops do."""

    def finalize(generator: AsyncGenerator[Any, Any]) -> None:
        loop = events._get_running_loop()
        if isinstance(loop, Process) and not loop.is_dead:
            loop.create_task(generator.aclose())

    before = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(firstiter=None, finalizer=finalize)
    try:
        yield
    finally:
        sys.set_asyncgen_hooks(*before)
