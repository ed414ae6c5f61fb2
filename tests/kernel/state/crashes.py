"""What a disk may hold after a crash: system calls of a real process recorded, and the images that they leave.

A write is pending until its file is synced (fsync, fdatasync), or at once where the file was opened O_SYNC or O_DSYNC.
What is pending at a crash may have reached the disk or not, each write for itself, and a write may be torn between
sectors of 512 bytes; a sector is assumed to be written whole or not at all.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

SECTOR_BYTES = 512
_CALLS = "openat,close,lseek,write,writev,pwrite64,pwritev,pwritev2,ftruncate,fallocate,fsync,fdatasync,msync"
_CALL = re.compile(r"^\d+\s+(\w+)\((.*)\)\s+= (-?\d+)")
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"\s*<\.\.\. \w+ resumed>(.*)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Write:
    """Bytes put at a place of the file; ``size`` is set where it was cut or extended instead."""

    offset: int
    content: bytes = b""
    size: int | None = None

    def torn(self, sectors: int) -> Write:
        """Only the first sectors of it."""
        return Write(self.offset, self.content[: sectors * SECTOR_BYTES])


@dataclass
class Boundary:
    """A moment at which a crash may strike: ``durable`` writes came before, any of ``pending`` may have come through.

    ``said`` is how many lines the process had printed by then.
    """

    durable: int
    pending: list[Write]
    said: int


@dataclass
class Trace:
    """The writes to one file in the order in which they became durable, and the moments between."""

    writes: list[Write] = field(default_factory=list)
    boundaries: list[Boundary] = field(default_factory=list)


def recorded(code: str, path: Path, *arguments: object) -> str:
    """Runs Python under strace and returns what strace wrote."""
    log = path / "strace.log"
    command = ["strace", "-f", "-xx", "-s", "100000000", "-e", f"trace={_CALLS}", "-o", str(log)]
    subprocess.run(
        [*command, sys.executable, "-c", code, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
    )
    return log.read_text()


def traced(log: str, name: str) -> Trace:
    """What a log says of the file with this name."""
    reader = _Reader(name)
    for line in _whole(log):
        found = _CALL.match(line)
        if found and int(found[3]) >= 0:
            reader.read(found[1], found[2], int(found[3]))
    reader.crash()
    return reader.trace


def _whole(log: str) -> Iterator[str]:
    """The lines of a log; a call that another thread broke in two stands where it ended."""
    begun: dict[str, str] = {}
    for line in log.splitlines():
        thread, _, rest = line.partition(" ")
        resumed = _RESUMED.match(rest)
        if rest.endswith(_UNFINISHED):
            begun[thread] = line.removesuffix(_UNFINISHED)
        elif resumed:
            yield begun.pop(thread) + resumed[1]
        else:
            yield line


class _Reader:
    """Follows file numbers, positions, writes and syncs of one file, and counts lines on standard output."""

    def __init__(self, name: str) -> None:
        self.trace = Trace()
        self._name = name
        self._open: dict[int, bool] = {}
        self._position: dict[int, int] = {}
        self._pending: list[Write] = []
        self._said = 0

    def crash(self) -> None:
        """A moment at which the power may fail."""
        durable = len(self.trace.writes)
        self.trace.boundaries.append(Boundary(durable, list(self._pending), self._said))

    def read(self, call: str, arguments: str, result: int) -> None:
        """One call that succeeded."""
        if call == "openat":
            self._opened(arguments, result)
            return
        file = int(arguments.partition(",")[0])
        if call == "write" and file == 1:
            self._said += _bytes(arguments).count(b"\n")
        if file not in self._open:
            return
        if call == "close":
            del self._open[file]
        elif call in ("fsync", "fdatasync"):
            self._sync()
        elif call == "lseek":
            self._position[file] = result
        else:
            self._write(call, arguments, result, file)

    def _opened(self, arguments: str, file: int) -> None:
        path = _bytes(arguments).decode()
        self._open.pop(file, None)
        if path.endswith(self._name):
            self._open[file] = "O_DSYNC" in arguments or "O_SYNC" in arguments
            self._position[file] = 0

    def _write(self, call: str, arguments: str, result: int, file: int) -> None:
        if call == "ftruncate":
            written = [Write(0, size=int(arguments.split(",")[1]))]
        elif call in ("write", "writev", "pwrite64", "pwritev"):
            at = self._place(call, arguments, file, result)
            written = _parts(at, _TEXT.findall(arguments))
            assert sum(len(part.content) for part in written) == result, "a write cut short"
        else:
            raise AssertionError(f"{call} is not modelled")
        if self._open[file]:
            self._sync(written)
        else:
            self._pending += written

    def _place(self, call: str, arguments: str, file: int, length: int) -> int:
        if call.startswith("pwrite"):
            return int(arguments.rpartition(",")[2])
        self._position[file] += length
        return self._position[file] - length

    def _sync(self, only: list[Write] | None = None) -> None:
        """Makes what is pending durable, or ``only`` some new writes while the others remain pending."""
        others = [] if only is None else self._pending
        self._pending = self._pending + (only or [])
        self.crash()
        self.trace.writes += self._pending if only is None else only
        self._pending = others
        self.crash()


def _parts(at: int, texts: list[str]) -> list[Write]:
    """The pieces that a call gathers: each may come through without the others."""
    parts = []
    for text in texts:
        content = bytes.fromhex(text.replace("\\x", ""))
        parts.append(Write(at, content))
        at += len(content)
    return parts


def _bytes(arguments: str) -> bytes:
    return b"".join(bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(arguments))


def images(trace: Trace, boundary: Boundary, random: Random, subsets: int) -> Iterator[bytearray]:
    """What the file may hold after a crash at that moment, with so many seeded subsets of what was pending."""
    base = image(trace.writes[: boundary.durable])
    pending = boundary.pending
    count = len(pending)
    chosen = [list(range(stop)) for stop in range(count + 1)]
    chosen += [[at for at in range(count) if at != missing] for missing in range(count)]
    chosen += [[at for at in range(count) if random.random() < 0.5] for _ in range(subsets)]
    for choice in chosen if count else [[]]:
        yield image([pending[at] for at in choice], base)
    for last in range(count):
        sectors = -(-len(pending[last].content) // SECTOR_BYTES)
        for torn in {1, sectors // 2, sectors - 1} & set(range(1, sectors)):
            yield image([*pending[:last], pending[last].torn(torn)], base)


def image(writes: list[Write], base: bytearray | None = None) -> bytearray:
    """A file after these writes."""
    content = bytearray() if base is None else bytearray(base)
    for write in writes:
        stop = write.offset + len(write.content) if write.size is None else write.size
        content += bytes(max(0, stop - len(content)))
        if write.size is None:
            content[write.offset : stop] = write.content
        else:
            del content[write.size :]
    return content


def placed(content: bytearray, folder: Path, name: str) -> None:
    """Makes the folder hold that file and nothing else."""
    folder.mkdir(exist_ok=True)
    for entry in folder.iterdir():
        entry.unlink()
    (folder / name).write_bytes(content)
