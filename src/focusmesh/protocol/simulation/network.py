"""The net of a simulation: what goes from one host to another takes time, and is lost, doubled, late, or cut off.

Every line (an ordered pair of hosts) has a delay of its own, drawn from the seed. Faults are switched on and off from
outside; how often each struck is counted. What is sent reliably is sent again until it arrives or the line is given up.
"""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, TypeVar

from focusmesh.errors import SimulationError
from focusmesh.protocol.simulation.processes import Process, VirtualTime
from focusmesh.protocol.simulation.transport import IDLE_S, SimTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

ResultT = TypeVar("ResultT")

AGAIN_S = 0.2
"""What is lost is sent again after so long, at first; twice as long each time, up to a second."""
RUN_S_MAX = 86_400.0
LINE_FAULTS = ("drop", "delay", "duplicate", "reorder")
"""What can befall a message; a partition befalls lines."""


@dataclass
class Weather:
    """One fault of some lines, None means all of them. It strikes a message with ``chance``; ``delay_s`` at most."""

    kind: str
    chance: float
    delay_s: float
    random: Random
    lines: frozenset[tuple[str, str]] | None = None


@dataclass
class Host:
    """What stands at an address: at most one listening endpoint, of a process that may be dead."""

    address: str
    transport: SimTransport | None = None
    connections: list[Any] = field(default_factory=list)


class SimNetwork:
    """Hosts by address, and the lines between them. Equal seeds and equal calls give equal runs.

    ``faults`` counts what went wrong by kind, ``trace`` has what was carried, line by line.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.time = VirtualTime()
        self.faults: Counter[str] = Counter()
        self.trace = bytearray()
        self.processes: list[Process] = []
        self._random = Random(f"lines {seed}")
        self._hosts: dict[str, Host] = {}
        self._delays: dict[tuple[str, str], float] = {}
        self._weather: list[Weather] = []
        self._cuts: dict[tuple[str, str], int] = {}
        self.outside = self.process("outside")

    def process(self, name: str) -> Process:
        """A new process; it begins with no task."""
        # What an event loop has beside time and tasks, sockets above all, there is not.
        process = Process(self.time, name)  # type: ignore[abstract]
        self.processes.append(process)
        return process

    def transport(
        self, key: bytes, address: str | None = None, process: Process | None = None
    ) -> SimTransport:
        """An endpoint that listens at ``address`` (by default one made of the key), in ``process`` or outside of all.

        Raises SimulationError ("address") where somebody listens there already.
        """
        place = f"sim:{key.hex()[:8]}" if address is None else address
        host = self.host(place)
        if host.transport is not None and not host.transport.is_over:
            raise SimulationError("address", f"somebody listens at {place} already")
        for connection in host.connections:
            connection.forgotten()
        host.connections = []
        host.transport = SimTransport(self, process or self.outside, key, place)
        return host.transport

    def complete(self, main: Coroutine[Any, Any, ResultT], limit_s: float = RUN_S_MAX) -> ResultT:
        """Runs ``main`` outside of all processes, in virtual time, and everything beside it, until it is done.

        Raises what it raises; SimulationError ("stuck") where nothing is left that could let it go on.
        """
        task = self.outside.spawn(main)
        if not self.time.run(self.time.now + limit_s, task.done):
            task.cancel()
            self.time.run(self.time.now, task.done)
            raise SimulationError("stuck", f"no event is left after {self.time.now:.6f} s")
        return task.result()

    def close(self) -> None:
        """Ends every process."""
        for process in self.processes:
            process.kill()

    def note(self, *parts: object) -> None:
        """A line of the trace, with the time."""
        texts = [part.hex() if isinstance(part, bytes) else str(part) for part in parts]
        self.trace += f"{self.time.now:.6f} {' '.join(texts)}\n".encode()

    def fault(self, kind: str, *parts: object) -> None:
        """Counts a fault that struck."""
        self.faults[kind] += 1
        self.note("fault", kind, *parts)

    def host(self, address: str) -> Host:
        if address not in self._hosts:
            self._hosts[address] = Host(address)
        return self._hosts[address]

    def begin(self, weather: Weather) -> None:
        """From now on messages meet this fault."""
        self._weather.append(weather)

    def end(self, weather: Weather) -> None:
        self._weather.remove(weather)

    def cut(self, source: str, target: str) -> None:
        """Nothing goes from ``source`` to ``target`` until ``join`` was called as often."""
        self._cuts[source, target] = self._cuts.get((source, target), 0) + 1
        self.fault("partition", source, target)
        self.watch(source, target)

    def join(self, source: str, target: str) -> None:
        count = self._cuts.pop((source, target)) - 1
        if count:
            self._cuts[source, target] = count
        else:
            self._note_heard(source)

    def is_cut(self, source: str, target: str) -> bool:
        return (source, target) in self._cuts

    def pause(self, process: Process, address: str) -> None:
        """Stops a process that listens at ``address``; its peers may give it up."""
        process.pause()
        self._watch_all(address)

    def resume(self, process: Process, address: str) -> None:
        process.resume()
        self._note_heard(address)

    def watch(self, source: str, target: str) -> None:
        """Looks after a while whether the connections of a pair of hosts had to be given up."""
        self.outside.call_later(IDLE_S, self._give_up, source, target)

    def carry(
        self,
        sender: Process,
        line: tuple[str, str],
        receiver: Process,
        deliver: Callable[[bytes], None],
        data: bytes,
    ) -> None:
        """Brings ``data`` over a line, perhaps never or twice, late or before what was sent earlier."""
        delay = self._fate(line)
        if delay is None or sender.is_dead:
            return
        if self._strikes("duplicate", line):
            self._arrive(line, receiver, deliver, data, self._delay(line))
        self._arrive(line, receiver, deliver, data, delay)

    def carry_surely(
        self,
        sender: Process,
        line: tuple[str, str],
        receiver: Process,
        deliver: Callable[[bytes], None],
        data: bytes,
        again_s: float = AGAIN_S,
    ) -> None:
        """Brings ``data`` over a line, sent again for as long as the sender lives; it may still be overtaken."""
        if sender.is_dead:
            return
        delay = self._fate(line)
        if delay is None:
            rest = (sender, line, receiver, deliver, data, min(2 * again_s, 1.0))
            sender.call_later(again_s, self.carry_surely, *rest)
            return
        if self._strikes("duplicate", line):
            # The far end sees that it has it already.
            self.note("twice", *line, len(data))
        self._arrive(line, receiver, deliver, data, delay)

    def _arrive(
        self,
        line: tuple[str, str],
        receiver: Process,
        deliver: Callable[[bytes], None],
        data: bytes,
        delay: float,
    ) -> None:
        def arrive() -> None:
            self.note(*line, len(data), zlib.crc32(data))
            deliver(data)

        receiver.call_later(delay, arrive)

    def _fate(self, line: tuple[str, str]) -> float | None:
        """How long a message takes over a line; None where it is lost."""
        if line in self._cuts:
            return None
        if self._weather and self._strikes("drop", line):
            return None
        return self._delay(line)

    def _delay(self, line: tuple[str, str]) -> float:
        base = self._delays.get(line)
        if base is None:
            # Drawn from the names, not in the order of first use: a schedule that is shrunk meets the same lines.
            base = Random(f"{self.seed} {line}").uniform(0.001, 0.04)
            self._delays[line] = base
        delay = base * self._random.uniform(1.0, 1.2)
        for weather in self._weather if self._weather else ():
            if weather.kind in ("delay", "reorder") and self._befalls(weather, line):
                delay += weather.random.uniform(0.0, weather.delay_s)
        return delay

    def _strikes(self, kind: str, line: tuple[str, str]) -> bool:
        return any(
            weather.kind == kind and self._befalls(weather, line) for weather in self._weather
        )

    def _befalls(self, weather: Weather, line: tuple[str, str]) -> bool:
        if weather.lines is not None and line not in weather.lines:
            return False
        if weather.random.random() >= weather.chance:
            return False
        self.fault(weather.kind, *line)
        return True

    def _watch_all(self, address: str) -> None:
        for connection in self.host(address).connections:
            self.watch(*connection.line)

    def _note_heard(self, address: str) -> None:
        """Lines of a host are whole again: what its peers' connections are kept alive by comes through."""
        for connection in self.host(address).connections:
            connection.heard_at = connection.peer.heard_at = self.time.now

    def _give_up(self, source: str, target: str) -> None:
        for host in (self.host(source), self.host(target)):
            for connection in list(host.connections):
                connection.give_up()
