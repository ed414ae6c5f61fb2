"""Simulated networks of many seeds, here or in processes of their own, until one of them breaks an invariant."""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter, deque
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from focusmesh.errors import SimulationError
from focusmesh.host.storage import operations
from focusmesh.ids import digest
from focusmesh.kernel.simulation import LivenessNetwork, SimulatedNetwork, shrunk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from focusmesh.kernel.simulation import Fault, Schedule


@dataclass(frozen=True)
class SeedReport:
    """What came of one run. ``code`` is empty where every invariant held, else ``words`` say what did not.

    ``trace`` is the digest of all that was seen, in bytes.
    """

    schedule: Schedule
    height: int
    signals: int
    seconds: float
    trace: bytes
    faults: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    code: str = ""
    words: str = ""


def run_schedule(schedule: Schedule) -> SeedReport:
    """One network. Raises ParameterError."""
    return _report(SimulatedNetwork(schedule, operations()))


def run_lives(schedule: Schedule) -> SeedReport:
    """One history of validators, and every choice of a quorum that is healed after it. Raises ParameterError."""
    room = LivenessNetwork(schedule, operations())
    report = _report(room)
    for choice in range(1, len(room.choices)):
        if report.code:
            break
        report = _add(report, _report(LivenessNetwork(schedule, operations(), choice)))
    return report


def _add(before: SeedReport, after: SeedReport) -> SeedReport:
    return replace(
        after,
        signals=before.signals + after.signals,
        seconds=before.seconds + after.seconds,
        faults=before.faults + after.faults,
        checked=before.checked + after.checked,
    )


def _report(room: SimulatedNetwork) -> SeedReport:
    schedule = room.schedule
    code = words = ""
    try:
        room.run()
    except SimulationError as error:
        code, words = error.code, str(error)
    network, invariants = room.network, room.invariants
    return SeedReport(
        schedule,
        invariants.height,
        len(room.users.sent),
        network.time.now,
        digest(bytes(network.trace)),
        network.faults,
        invariants.checked,
        code,
        words,
    )


def run_schedules(
    schedules: Sequence[Schedule],
    processes: int = 1,
    run: Callable[[Schedule], SeedReport] = run_schedule,
) -> Generator[SeedReport]:
    """The reports of all in their order, worked out by so many processes. Leaving it ends them."""
    if processes == 1 or len(schedules) == 1:
        yield from map(run, schedules)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(processes, len(schedules)), context)
    try:
        with _interrupts_held():
            reports = deque(pool.submit(run, schedule) for schedule in schedules)
        while reports:
            yield reports.popleft().result()
    except BaseException:
        # Stopped early: nobody waits for what is under way.
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        # What is left fails with its process: to cancel it meanwhile would break the pool's own end.
        pool.shutdown()


def least_schedule(
    report: SeedReport, run: Callable[[Schedule], SeedReport] = run_schedule
) -> Schedule:
    """The least of the faults of a run that still break the same invariant. At most 200 runs."""

    def fails(part: Sequence[Fault]) -> bool:
        return run(report.schedule.having(part)).code == report.code

    return report.schedule.having(shrunk(report.schedule.faults, fails))


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C, not even while they load: it is for the first, which ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
