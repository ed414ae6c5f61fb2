"""What a process wrote to the files of a folder: system calls recorded, and the moments at which a crash may strike.

A write is pending until its file is synced (fsync, fdatasync), or at once where the file was opened O_SYNC or O_DSYNC.
A new file has its name when the folder is synced. What a call does that is not modelled here ends the test.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

SECTOR_BYTES = 512
_WRITES = ("write", "writev", "pwrite64", "pwritev")
_NAMES = ("rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat")
_OTHERS = ("pwritev2", "fallocate", "copy_file_range", "sendfile", "msync", "sync_file_range")
_CALLS = (
    *_WRITES,
    *_NAMES,
    *_OTHERS,
    "openat",
    "close",
    "lseek",
    "ftruncate",
    "fsync",
    "fdatasync",
    "mmap",
)
_CALL = re.compile(r"^\d+\s+(\w+)\((.*)\)\s+= (-?\d+)")
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"\s*<\.\.\. \w+ resumed>(.*)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Write:
    """Bytes put at a place of a file; ``size`` is set where it was cut or extended, ``is_name`` where it appeared."""

    file: str
    offset: int = 0
    content: bytes = b""
    size: int | None = None
    is_name: bool = False

    def torn(self, sectors: int) -> Write:
        """Only the first sectors of it."""
        return Write(self.file, self.offset, self.content[: sectors * SECTOR_BYTES])


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
    """The writes to the files in the order in which they became durable, and the moments between."""

    writes: list[Write] = field(default_factory=list)
    boundaries: list[Boundary] = field(default_factory=list)


def recorded(code: str, path: Path, *arguments: object) -> str:
    """Runs Python under strace and returns what strace wrote."""
    log = path / "strace.log"
    command = ["strace", "-f", "-xx", "-s", "100000000", "-e", f"trace={','.join(_CALLS)}"]
    subprocess.run(
        [*command, "-o", str(log), sys.executable, "-c", code, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
    )
    return log.read_text()


def traced(log: str, folder: Path, names: Collection[str]) -> Trace:
    """What a log says of the files with these names in a folder, which was empty."""
    reader = _Reader(folder, names)
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


@dataclass
class _Open:
    """An open file: its name, empty for the folder itself; whether what is written is synced at once; the position."""

    name: str
    is_synced: bool
    position: int = 0


class _Reader:
    """Follows file numbers, positions, writes and syncs, and counts lines on standard output."""

    def __init__(self, folder: Path, names: Collection[str]) -> None:
        self.trace = Trace()
        self._paths = {str(folder / name): name for name in names} | {str(folder): ""}
        self._open: dict[int, _Open] = {}
        self._known: set[str] = set()
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
        elif call in _NAMES:
            touched = {_bytes(f'"{text}"').decode() for text in _TEXT.findall(arguments)}
            assert not touched & self._paths.keys(), f"{call} is not modelled"
        elif call == "mmap":
            self._mapped(arguments)
        else:
            self._used(call, arguments, result, int(arguments.partition(",")[0]))

    def _used(self, call: str, arguments: str, result: int, number: int) -> None:
        if call == "write" and number == 1:
            self._said += _bytes(arguments).count(b"\n")
        file = self._open.get(number)
        if file is None:
            return
        if call == "close":
            del self._open[number]
        elif call in ("fsync", "fdatasync"):
            self._sync([write for write in self._pending if _is_of(write, file.name)])
        elif call == "lseek":
            file.position = result
        else:
            self._write(call, arguments, result, file)

    def _opened(self, arguments: str, number: int) -> None:
        path = _bytes(arguments).decode()
        self._open.pop(number, None)
        name = self._paths.get(str(PurePath(path)))
        if name is None:
            return
        assert "O_TRUNC" not in arguments, "O_TRUNC is not modelled"
        self._open[number] = _Open(name, "O_DSYNC" in arguments or "O_SYNC" in arguments)
        if name and name not in self._known:
            self._known.add(name)
            self._pending.append(Write(name, is_name=True))

    def _mapped(self, arguments: str) -> None:
        protection, sharing, number = arguments.split(", ")[2:5]
        writes = "PROT_WRITE" in protection and "MAP_SHARED" in sharing
        assert not (writes and int(number) in self._open), "writing to a map is not modelled"

    def _write(self, call: str, arguments: str, result: int, file: _Open) -> None:
        if call == "ftruncate":
            written = [Write(file.name, size=int(arguments.split(",")[1]))]
        else:
            assert call in _WRITES, f"{call} is not modelled"
            at = self._place(call, arguments, file, result)
            written = _parts(file.name, at, _TEXT.findall(arguments))
            assert sum(len(part.content) for part in written) == result, "a write cut short"
        self._pending += written
        if file.is_synced:
            self._sync(written)

    def _place(self, call: str, arguments: str, file: _Open, length: int) -> int:
        if call.startswith("pwrite"):
            return int(arguments.rpartition(",")[2])
        file.position += length
        return file.position - length

    def _sync(self, synced: list[Write]) -> None:
        """Makes some of what is pending durable."""
        if not synced:
            return
        self.crash()
        self.trace.writes += synced
        done = {id(write) for write in synced}
        self._pending = [write for write in self._pending if id(write) not in done]
        self.crash()


def _is_of(write: Write, name: str) -> bool:
    """Whether a sync of that file, or of the folder, makes a write durable."""
    return write.is_name if not name else write.file == name and not write.is_name


def _parts(file: str, at: int, texts: list[str]) -> list[Write]:
    """The pieces that a call gathers: each may come through without the others."""
    parts = []
    for text in texts:
        content = bytes.fromhex(text.replace("\\x", ""))
        parts.append(Write(file, at, content))
        at += len(content)
    return parts


def _bytes(arguments: str) -> bytes:
    return b"".join(bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(arguments))
