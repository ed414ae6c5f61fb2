"""Simulated networks of many seeds, here or in processes of their own, until one of them breaks an invariant."""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.errors import SimulationError
from focusmesh.ids import digest
from focusmesh.interface.node import operations
from focusmesh.kernel.worlds import MachineRoom, shrunk

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from focusmesh.kernel.worlds import Fault, Schedule


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
    room = MachineRoom(schedule, operations())
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


def run_schedules(schedules: Sequence[Schedule], processes: int = 1) -> Generator[SeedReport]:
    """The reports of all in their order, worked out by so many processes. Leaving it ends them."""
    if processes == 1 or len(schedules) == 1:
        yield from map(run_schedule, schedules)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(processes, len(schedules)), context, _deaf_to_interrupts)
    try:
        yield from pool.map(run_schedule, schedules)
    except BaseException:
        # Stopped early: nobody waits for what is under way.
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def least_schedule(report: SeedReport) -> Schedule:
    """The least of the faults of a run that still break the same invariant. At most 200 runs."""

    def fails(part: Sequence[Fault]) -> bool:
        return run_schedule(report.schedule.having(part)).code == report.code

    return report.schedule.having(shrunk(report.schedule.faults, fails))


def _deaf_to_interrupts() -> None:
    """Ctrl-C is for the first process, which ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
