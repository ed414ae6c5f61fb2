"""Disks of simulated machines: what a process committed outlives it, and a commit can fail in every way there is.

A store promises that a transaction is there as a whole or not at all. What is torn is not there: a disk made with
``recovers=False`` breaks that promise, so that a test can show that somebody notices.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from focusmesh.errors import StoreBusyError, StoreError
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.simulation import KilledError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from focusmesh.kernel.state import Reader, Writer
    from focusmesh.protocol.simulation import Process

DISK_FULL, DISK_LOST, TORN = "disk full", "disk lost", "torn write"
KILLED_BEFORE, KILLED_BEHIND = "killed before a commit", "killed behind a commit"
_ROOM = 3
"""So many more puts fit a disk that is said to be full."""


class MachineDisk:
    """The one store of a machine. ``struck`` is told which fault struck."""

    def __init__(self, struck: Callable[[str], None], *, recovers: bool = True) -> None:
        self.kept = MemoryStore()
        self.was_lost = False
        self.fullness = 0
        """How many faults fill it now."""
        self.committed: Callable[[], None] = lambda: None
        """Called behind every transaction that is kept."""
        self._ordered = ""
        self._struck = struck
        self._recovers = recovers
        self._opened: DiskStore | None = None

    def order(self, fault: str) -> None:
        """The next transaction that ends meets this fault."""
        self._ordered = fault

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever kept on it."""
        with self.kept.read() as reader:
            return not reader.count("meta")

    def lose(self) -> None:
        """Nothing is left on it."""
        self.kept = MemoryStore()
        self.was_lost = True

    def open(self, process: Process) -> DiskStore:
        """The store, for one living process at a time."""
        if self._opened is not None and not self._opened.is_over:
            raise StoreBusyError("another process has this store open")
        self._opened = DiskStore(self, process)
        return self._opened

    @contextmanager
    def transaction(self, process: Process) -> Iterator[Writer]:
        """One transaction of a process."""
        if process.is_dead:
            raise KilledError
        fault, self._ordered = self._ordered, ""
        if fault:
            self._struck(fault)
        with self.kept.write() as writer:
            yield self._wrap(writer, fault)
            if fault == KILLED_BEFORE or (fault == TORN and self._recovers):
                process.kill()
                raise KilledError
        self.committed()
        if fault in (KILLED_BEHIND, TORN):
            process.kill()
            raise KilledError

    def _wrap(self, writer: Writer, fault: str) -> Writer:
        if self.fullness:
            self._struck(DISK_FULL)
            return _FullDisk(writer)
        return _TornDisk(writer) if fault == TORN and not self._recovers else writer


class DiskStore:
    """A Store, as one process has it open. What a dead process does with it has no effect."""

    def __init__(self, disk: MachineDisk, process: Process) -> None:
        self._disk, self._process = disk, process
        self._is_closed = False

    @property
    def is_over(self) -> bool:
        return self._is_closed or self._process.is_dead

    @contextmanager
    def read(self) -> Iterator[Reader]:
        with self._disk.kept.read() as reader:
            yield reader

    @contextmanager
    def write(self) -> Iterator[Writer]:
        with self._disk.transaction(self._process) as writer:
            yield writer

    def used_bytes(self) -> int:
        return self._disk.kept.used_bytes()

    def close(self) -> None:
        self._is_closed = True


class _LimitedDisk:
    """A writer that puts a few times, and then no more."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._room = _ROOM

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """See Writer.put."""
        self.put_many(table, [(key, value)])

    def put_many(self, table: str, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """See Writer.put_many."""
        self._room -= 1
        if self._room > 0:
            self._writer.put_many(table, pairs)
        else:
            self._over()

    def _over(self) -> None:
        raise StoreError("no space is left on this device")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


class _FullDisk(_LimitedDisk):
    """One that says so."""


class _TornDisk(_LimitedDisk):
    """One that says nothing: the rest of the transaction never reaches the disk."""

    def _over(self) -> None:
        return
