"""What a disk may hold after a crash, from what a process wrote.

What is pending at a crash may have reached the disk or not, each write for itself, and a write may be torn between
sectors of 512 bytes; a sector is assumed to be written whole or not at all, and what was synced is assumed to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from focusmesh.ids import digest
from tests.kernel.state.crash.recorder import SECTOR_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.kernel.state.crash.recorder import Boundary, Trace, Write


@dataclass
class Disk:
    """The contents of the files of a folder, and which of them have their names."""

    contents: dict[str, bytearray] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def after(self, writes: Iterable[Write]) -> Disk:
        """Another one, with more written."""
        made = Disk(
            {name: bytearray(data) for name, data in self.contents.items()}, set(self.names)
        )
        for write in writes:
            made.write(write)
        return made

    def write(self, write: Write) -> None:
        """Changes this one."""
        content = self.contents.setdefault(write.file, bytearray())
        if write.is_name:
            self.names.add(write.file)
            return
        stop = write.offset + len(write.content) if write.size is None else write.size
        content += bytes(max(0, stop - len(content)))
        if write.size is None:
            content[write.offset : stop] = write.content
        else:
            del content[write.size :]

    def id(self) -> bytes:
        """The same for two disks that hold the same."""
        parts = [(name, digest(bytes(self.contents[name]))) for name in sorted(self.names)]
        return digest(repr(parts).encode())

    def place(self, folder: Path) -> None:
        """Makes the folder hold these files and nothing else."""
        folder.mkdir(exist_ok=True)
        for entry in folder.iterdir():
            entry.unlink()
        for name in self.names:
            (folder / name).write_bytes(self.contents[name])


@dataclass(frozen=True)
class Crash:
    """A disk that a crash may leave: at which boundary, and how many lines had been printed."""

    at: int
    said: int
    disk: Disk


def crashes(trace: Trace, subsets: int, few: int | None = None) -> Iterator[Crash]:
    """Every disk once: with none of what was pending, all, each prefix, each one missing, torn, and random subsets.

    ``few`` limits how many are taken at each boundary, all and none among them.
    """
    base, written = Disk(), 0
    seen: set[bytes] = set()
    for at, boundary in enumerate(trace.boundaries):
        for write in trace.writes[written : boundary.durable]:
            base.write(write)
        written = boundary.durable
        random = Random(at)
        chosen = list(_choices(boundary, random, subsets))
        if few is not None and len(chosen) > few:
            chosen = [[], boundary.pending, *random.sample(chosen, few - 2)]
        for choice in chosen:
            disk = base.after(choice)
            key = boundary.said.to_bytes(4, "big") + disk.id()
            if key not in seen:
                seen.add(key)
                yield Crash(at, boundary.said, disk)


def _choices(boundary: Boundary, random: Random, subsets: int) -> Iterator[list[Write]]:
    pending = boundary.pending
    count = len(pending)
    yield from (pending[:stop] for stop in range(count + 1))
    yield from (pending[:missing] + pending[missing + 1 :] for missing in range(count))
    for _ in range(subsets if count else 0):
        yield [write for write in pending if random.random() < 0.5]
    for last in range(count):
        sectors = -(-len(pending[last].content) // SECTOR_BYTES)
        for torn in sorted({1, sectors // 2, sectors - 1} & set(range(1, sectors))):
            yield [*pending[:last], pending[last].torn(torn)]
