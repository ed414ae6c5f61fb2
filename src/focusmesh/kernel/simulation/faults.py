"""How each kind of fault is done to the machines and lines of a room."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from focusmesh.kernel.simulation.disks import (
    DISK_FULL,
    DISK_LOST,
    KILLED_BEFORE,
    KILLED_BEHIND,
    TORN,
)
from focusmesh.kernel.simulation.schedule import LATE_START, VOTES_LOST
from focusmesh.protocol.simulation import LINE_FAULTS, Weather

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.simulation.machine import Machine
    from focusmesh.kernel.simulation.schedule import Fault
    from focusmesh.protocol.simulation import SimNetwork

DELAY_S_MAX = 2.0
SKEW_MS_MAX = 3_600_000
STEPS_MAX = 400
"""A process that is killed in a step takes at most so many before."""


class FaultInjection:
    """Begins faults and ends them. ``begin`` gives what ends it."""

    def __init__(
        self,
        network: SimNetwork,
        machines: Sequence[Machine],
        forge: Callable[[Fault], Callable[[], None]],
        lost: Callable[[Machine], None],
        lost_votes: Callable[[Machine], None] = lambda machine: None,
    ) -> None:
        self._network, self._machines = network, machines
        self._lost_votes = lost_votes
        self._forge, self._lost = forge, lost

    def begin(self, fault: Fault) -> Callable[[], None]:
        """Does it."""
        kind, struck = fault.kind, [self._machines[node] for node in fault.nodes]
        if kind in LINE_FAULTS:
            return self._weather(fault, struck)
        if kind in ("partition", "one-way partition"):
            return self._partition(fault, struck)
        if kind in (KILLED_BEFORE, KILLED_BEHIND, TORN):
            return self._disk_kill(fault, struck)
        if kind == DISK_FULL:
            return self._disk_full(struck)
        if kind == DISK_LOST:
            return self._disk_lost(struck)
        if kind == LATE_START:
            return self._late_start(struck)
        if kind == VOTES_LOST:
            return self._votes_lost(struck)
        if kind in ("kill", "kill in a step"):
            return self._kill(fault, struck)
        if kind == "pause":
            return self._pause(struck)
        if kind == "clock skew":
            return self._skew(fault, struck)
        return self._forge(fault)

    def _weather(self, fault: Fault, struck: Sequence[Machine]) -> Callable[[], None]:
        chance = {"drop": 0.5, "delay": 0.5, "duplicate": 0.5, "reorder": 0.9}[fault.kind]
        longest = {"delay": DELAY_S_MAX, "reorder": 0.1}.get(fault.kind, 0.0)
        inside = {machine.name for machine in struck}
        names = [machine.name for machine in self._machines]
        lines = frozenset(
            (one, other)
            for one in names
            for other in names
            if one != other and (one in inside or other in inside)
        )
        random = Random(f"weather {self._network.seed} {fault.number}")
        weather = Weather(
            fault.kind, chance * fault.strength, longest * fault.strength, random, lines
        )
        self._network.begin(weather)
        return lambda: self._network.end(weather)

    def _partition(self, fault: Fault, struck: Sequence[Machine]) -> Callable[[], None]:
        inside = [machine.name for machine in struck]
        outside = [each.name for each in self._machines if each.name not in inside]
        cuts = [(one, other) for one in inside for other in outside]
        if fault.kind == "partition":
            cuts += [(other, one) for one, other in cuts]
        self._network.faults[fault.kind] += 1
        for cut in cuts:
            self._network.cut(*cut)

        def heal() -> None:
            for cut in cuts:
                self._network.join(*cut)

        return heal

    def _disk_kill(self, fault: Fault, struck: Sequence[Machine]) -> Callable[[], None]:
        disks = [machine.disks[fault.number % len(machine.disks)] for machine in struck]
        for disk in disks:
            disk.order(fault.kind)

        def again() -> None:
            for machine, disk in zip(struck, disks, strict=True):
                disk.order("")
                machine.begin()

        return again

    def _disk_full(self, struck: Sequence[Machine]) -> Callable[[], None]:
        disks = [disk for machine in struck for disk in machine.disks]
        for disk in disks:
            disk.fullness += 1

        def room() -> None:
            for disk in disks:
                disk.fullness -= 1

        return room

    def _disk_lost(self, struck: Sequence[Machine]) -> Callable[[], None]:
        # Whoever makes the blocks of a network alone is the only one that may have the last of them. A validator
        # without its vote records has no vote for a while, and the others have to be a quorum.
        lost = [machine for machine in struck if machine.may_lose_disk]
        for machine in lost:
            self._network.fault(DISK_LOST, machine.name)
            if machine.process is not None:
                machine.process.kill()
            for disk in machine.disks:
                disk.lose()
            self._lost(machine)

        def again() -> None:
            for machine in lost:
                machine.begin()

        return again

    def _late_start(self, struck: Sequence[Machine]) -> Callable[[], None]:
        """The room did not begin them."""
        for machine in struck:
            self._network.fault(LATE_START, machine.name)

        def again() -> None:
            for machine in struck:
                machine.begin()

        return again

    def _votes_lost(self, struck: Sequence[Machine]) -> Callable[[], None]:
        """The ledger stays, and with it what it says of the book that is gone."""
        for machine in struck:
            self._network.fault(VOTES_LOST, machine.name)
            if machine.process is not None:
                machine.process.kill()
            machine.votes.lose()
            self._lost_votes(machine)

        def again() -> None:
            for machine in struck:
                machine.begin()

        return again

    def _kill(self, fault: Fault, struck: Sequence[Machine]) -> Callable[[], None]:
        random = Random(f"kill {self._network.seed} {fault.number}")
        alive = [machine.process for machine in struck if machine.process and machine.is_alive]
        for process in alive:
            self._network.fault(fault.kind, process.name)
            process.kill(random.randint(1, STEPS_MAX) if fault.kind != "kill" else 0)

        def again() -> None:
            for process in alive:
                process.spare()
            for machine in struck:
                machine.begin()

        return again

    def _pause(self, struck: Sequence[Machine]) -> Callable[[], None]:
        paused = [
            (machine.name, machine.process)
            for machine in struck
            if machine.process is not None and not machine.process.is_paused and machine.is_alive
        ]
        for name, process in paused:
            self._network.fault("pause", name)
            self._network.pause(process, name)

        def go_on() -> None:
            for name, process in paused:
                self._network.resume(process, name)

        return go_on

    def _skew(self, fault: Fault, struck: Sequence[Machine]) -> Callable[[], None]:
        sign = 1 if fault.number % 2 else -1
        skew_ms = sign * round(SKEW_MS_MAX * fault.strength**3)
        for machine in struck:
            self._network.fault("clock skew", machine.name)
            machine.skew_ms += skew_ms

        def right() -> None:
            for machine in struck:
                machine.skew_ms -= skew_ms

        return right
