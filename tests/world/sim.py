"""SimWorld: a clock that jumps, chance from a seed, stores that outlive their processes, a net that misbehaves.

Everything happens in one thread, in the order of virtual time; the same seed gives the same order.
"""

from __future__ import annotations

import heapq
from collections import Counter
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.errors import StoreBusyError, StoreError
from focusmesh.ids import digest
from focusmesh.kernel.state import LmdbStore, MemoryStore
from focusmesh.protocol.world import SameProcess, World

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from focusmesh.errors import SignalError
    from focusmesh.kernel.state import Reader, Store, Writer
    from focusmesh.protocol.packet import Packet

BEGINNING_MS = 1_700_000_000_000
DISK_FULL, KILLED_BEFORE, KILLED_BEHIND = (
    "disk full",
    "killed before a commit",
    "killed behind a commit",
)

FAULTS = {
    *("dropped", "delayed", "duplicated", "reordered", "touched"),
    *("restarted", "second node restarted", DISK_FULL, KILLED_BEFORE, KILLED_BEHIND),
}
"""Every kind of fault."""


class KilledError(BaseException):
    """The process ended here. Nothing that could have caught an error was left to do so."""


class SimWorld:
    """One machine room under one seed. ``faults`` counts what went wrong, by kind; ``trace`` has all that was seen."""

    def __init__(self, seed: int, folder: Path | None = None) -> None:
        """Stores are in memory, or in ``folder``."""
        self.seed = seed
        self.random = Random(f"faults {seed}")
        self.now = BEGINNING_MS
        self.faults: Counter[str] = Counter()
        self.trace = bytearray()
        self.disk = SimDisk(self, folder)
        self._chance = Random(f"chance {seed}")
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._last: dict[str, int] = {}

    def world(self, net: SimNet) -> World[Store]:
        """What a node gets."""
        return World(lambda: self.now, self._chance.randbytes, self.disk.open, net, SameProcess())

    def after(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Does something later."""
        self._count += 1
        heapq.heappush(self._events, (self.now + delay_ms, self._count, action))

    def run(self, until_ms: int) -> None:
        """Lets time pass."""
        while self._events and self._events[0][0] <= until_ms:
            self.now, _, action = heapq.heappop(self._events)
            action()
        self.now = until_ms

    def note(self, what: str, *parts: object) -> None:
        """A line of the trace."""
        texts = [part.hex() if isinstance(part, bytes) else str(part) for part in parts]
        self.trace += " ".join([str(self.now), what, *texts]).encode() + b"\n"

    def fault(self, kind: str) -> None:
        self.faults[kind] += 1
        self.note("fault", kind)

    def carry(self, line: str, deliver: Callable[[], None]) -> None:
        """Brings something over a line that delays, drops, duplicates and reorders."""
        if self.random.random() < 0.04:
            self.fault("dropped")
            return
        copies = 1
        if self.random.random() < 0.05:
            self.fault("duplicated")
            copies = 2
        self._count += 1
        number = self._count
        for _ in range(copies):
            delay = self.random.randrange(5, 40)
            if self.random.random() < 0.1:
                self.fault("delayed")
                delay = self.random.choice([400, 2_000, 9_000, 13_000])
            self.after(delay, lambda: self._arrive(line, number, deliver))

    def _arrive(self, line: str, number: int, deliver: Callable[[], None]) -> None:
        if number < self._last.get(line, 0):
            self.fault("reordered")
        self._last[line] = max(number, self._last.get(line, 0))
        deliver()


class Waiting(NamedTuple):
    packet: Packet
    since: int


class SimNet:
    """A Net of signals that come over lines of a SimWorld. ``offered`` and ``words`` are those of the current step."""

    def __init__(self, sim: SimWorld) -> None:
        self._sim = sim
        self.waiting: dict[bytes, Waiting] = {}
        self.offered: list[Packet] = []
        self.offered_at = sim.now
        self.words: list[tuple[bytes, str, int]] = []
        """Signals that were refused, with code, and how long they waited in ms."""
        self.answered: set[bytes] = set()
        self.forgotten: set[bytes] = set()
        """Contents that what waits was rid of in the current step."""

    def send(self, packet: Packet) -> None:
        """Sends a signal on its way."""
        self._sim.carry("signals", lambda: self.receive(packet))

    def receive(self, packet: Packet) -> None:
        """A signal has come."""
        before = self.waiting.get(packet.id)
        self.waiting[packet.id] = Waiting(packet, before.since if before else self._sim.now)

    def read(self, bytes_max: int, without: Collection[bytes] = ()) -> list[Packet]:
        self.offered, self.offered_at, size = [], self._sim.now, 0
        for signal, (packet, _) in self.waiting.items():
            if signal in without:
                continue
            size += packet.size_bytes
            if self.offered and size > bytes_max:
                break
            self.offered.append(packet)
        return list(self.offered)

    def has(self, signal: bytes) -> bool:
        return signal in self.waiting

    def drop(self, contents: Collection[bytes], without: Collection[bytes] = ()) -> None:
        self.forgotten = set(contents)
        for signal, (packet, _) in list(self.waiting.items()):
            if signal not in without and self.forgotten.intersection(map(digest, packet.contents)):
                del self.waiting[signal]
                self.answered.add(signal)
                self._sim.note("dropped", signal)

    def fail(self, messages: Mapping[bytes, str]) -> None:
        for signal, message in messages.items():
            self._sim.note("failed", signal, message)

    def remove(self, signals: Iterable[bytes]) -> None:
        for signal in signals:
            self.waiting.pop(signal, None)
            self.answered.add(signal)

    def refuse(self, signal: bytes, error: SignalError) -> None:
        self.answered.add(signal)
        since = self.waiting.pop(signal).since
        self.words.append((signal, error.code, self._sim.now - since))
        self._sim.note("refused", signal, error.code, error)


class SimDisk:
    """Stores by path. A fault that was ordered for a path strikes its next transaction."""

    def __init__(self, sim: SimWorld, folder: Path | None) -> None:
        self._sim = sim
        self._folder = folder
        self._kept: dict[Path, MemoryStore] = {}
        self._open: dict[Path, OpenStore] = {}
        self._ordered: dict[Path, str] = {}

    def open(self, path: Path) -> Store:
        if path in self._open:
            raise StoreBusyError(f"{path} is open already")
        opened = OpenStore(self, path, self._store(path))
        self._open[path] = opened
        return opened

    def _store(self, path: Path) -> Store:
        if self._folder is None:
            return self._kept.setdefault(path, MemoryStore())
        return LmdbStore(self._folder / path)

    def order(self, path: Path, fault: str) -> None:
        self._ordered[path] = fault

    def strike(self, path: Path) -> str:
        fault = self._ordered.pop(path, "")
        if fault:
            self._sim.fault(fault)
        return fault

    def closed(self, path: Path) -> None:
        self._open.pop(path, None)


class OpenStore:
    """A store as one process has it open."""

    def __init__(self, disk: SimDisk, path: Path, kept: Store) -> None:
        self._disk, self._path, self.kept = disk, path, kept

    @contextmanager
    def read(self) -> Iterator[Reader]:
        with self.kept.read() as reader:
            yield reader

    @contextmanager
    def write(self) -> Iterator[Writer]:
        fault = self._disk.strike(self._path)
        with self.kept.write() as writer:
            yield _Full(writer) if fault == DISK_FULL else writer
            if fault == KILLED_BEFORE:
                raise KilledError
        if fault == KILLED_BEHIND:
            raise KilledError

    def used_bytes(self) -> int:
        return self.kept.used_bytes()

    def close(self) -> None:
        # One in memory would be lost.
        if isinstance(self.kept, LmdbStore):
            self.kept.close()
        self._disk.closed(self._path)


class _Full:
    """A writer with room for few records more."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._room = 3

    def put(self, table: str, key: bytes, value: bytes) -> None:
        self.put_many(table, [(key, value)])

    def put_many(self, table: str, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self._room -= 1
        if not self._room:
            raise StoreError("no space is left on this device")
        self._writer.put_many(table, pairs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)
