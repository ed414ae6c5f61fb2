"""Errors at every call that chosen files make or take: memory that runs out, disks that are full, broken, read only.

The n-th call of work is counted by CPython's profiler, which sees calls of Python and of C alike, and raises there: the
call is then not made. Behind a call of C it can be raised too: what was asked for was done, and is reported as failed.
To put other code under it, name its files and, in ``doors``, what in it asks the operating system for something.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import CO_GENERATOR
from pathlib import Path
from typing import TYPE_CHECKING, Any

import focusmesh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SOURCES = sorted(Path(focusmesh.__file__).parent.rglob("*.py"))
ENOUGH = 100_000
"""More calls than any work that is tried has."""


@dataclass(frozen=True)
class Fault:
    """``make()`` is raised; at every call, or at ``doors`` alone. ``is_behind``: the call is made all the same."""

    name: str
    make: Callable[[Any], BaseException]
    at_doors: bool
    is_behind: bool = False


def _of_disk(number: int) -> Callable[[Any], BaseException]:
    def make(function: Any) -> BaseException:
        if is_of_lmdb(function):
            import lmdb

            words = {
                errno.ENOSPC: lmdb.DiskError("No space left on device"),
                errno.EIO: lmdb.Error("Input/output error"),
                errno.EROFS: lmdb.ReadonlyError("Read-only file system"),
            }
            return words[number]
        if is_of_sqlite(function):
            return sqlite3.OperationalError(_SQLITE_WORDS[number])
        return OSError(number, _WORDS[number])

    return make


_WORDS = {
    errno.ENOSPC: "No space left on device",
    errno.EIO: "Input/output error",
    errno.EROFS: "Read-only file system",
}
_SQLITE_WORDS = {
    errno.ENOSPC: "database or disk is full",
    errno.EIO: "disk I/O error",
    errno.EROFS: "attempt to write a readonly database",
}
FAULTS = (
    Fault("MemoryError", lambda function: MemoryError(), at_doors=False),
    Fault("ENOSPC", _of_disk(errno.ENOSPC), at_doors=True),
    Fault("EIO", _of_disk(errno.EIO), at_doors=True),
    Fault("EROFS", _of_disk(errno.EROFS), at_doors=True),
    Fault("EIO behind", _of_disk(errno.EIO), at_doors=True, is_behind=True),
)


def is_of_lmdb(function: Any) -> bool:
    """Whether a function of C is LMDB's, which has errors of its own."""
    owner = getattr(function, "__self__", None)
    return "lmdb" in (
        str(getattr(function, "__module__", "")),
        type(owner).__module__.partition(".")[0],
        getattr(owner, "__name__", ""),
    )


def is_of_sqlite(function: Any) -> bool:
    """Whether a function of C is SQLite's."""
    return type(getattr(function, "__self__", None)).__module__ == "sqlite3"


_GIVE_BACK = ("setprofile", "__exit__", "release", "abort", "close")
"""Functions of C that only give something back: they ask for no memory, and no disk."""
_OPENERS = ("open", "scandir")
"""A fault behind one of these would leave what was opened to nobody, which no system does."""
_SILENT = ("fstat", "getpid", "id", "fspath", "strerror", "register_at_fork")
"""What does not fail on a disk: who closes a file or asks for its own id."""


def is_door(function: Any) -> bool:
    """Whether a function of C asks the operating system, or LMDB, for something that a disk can refuse."""
    name = getattr(function, "__name__", "")
    if name in _SILENT:
        return False
    module = getattr(function, "__module__", None)
    return module in ("posix", "io", "_io") or is_of_lmdb(function) or is_of_sqlite(function)


def _goes_on(frame: FrameType) -> bool:
    """Whether a generator is only gone on with, which asks for nothing."""
    return bool(frame.f_code.co_flags & CO_GENERATOR) and (
        frame.f_lineno != frame.f_code.co_firstlineno
    )


class Injection:
    """Raises a fault at the n-th call (from 0) of those that files whose paths contain one of ``where`` make.

    ``struck`` names the call, once it was reached. Used once, as a context, in the thread that works.
    """

    def __init__(
        self, fault: Fault, number: int, where: tuple[str, ...], doors: Callable[[Any], bool]
    ) -> None:
        self.struck = ""
        self.count = 0
        self._fault, self._number, self._where, self._doors = fault, number, where, doors

    def __enter__(self) -> Injection:
        sys.setprofile(self._look)
        return self

    def __exit__(self, *exception: object) -> None:
        sys.setprofile(None)

    def _look(self, frame: FrameType, event: str, function: Any) -> None:
        wanted = "c_return" if self._fault.is_behind else "c_call"
        is_own = event == "call" and not self._fault.at_doors and not _goes_on(frame)
        if event != wanted and not is_own:
            return
        path = frame.f_code.co_filename
        if not any(each in path for each in self._where):
            return
        if self._fault.at_doors and not self._doors(function):
            return
        skipped = _GIVE_BACK + (_OPENERS if self._fault.is_behind else ())
        if getattr(function, "__name__", "") in skipped:
            return
        self.count += 1
        if self.count > self._number:
            name = frame.f_code.co_name if event == "call" else getattr(function, "__name__", "")
            self.struck = f"{path.rpartition('/')[2]}:{frame.f_lineno} {name}"
            sys.setprofile(None)
            raise self._fault.make(function)


def injected(
    fault: Fault,
    where: tuple[str, ...],
    work: Callable[[Any], Any],
    before: Callable[[], Any] = lambda: None,
    doors: Callable[[Any], bool] = is_door,
    step: int = 1,
) -> Iterator[tuple[str, Any, BaseException | None]]:
    """``work(before())`` with the fault at its first call, its second, … until none is left.

    Yields the call that failed, what ``before`` gave, and what ``work`` raised; ``before`` itself is not under it.
    """
    for each in where:
        # A module that moved would no longer be struck, and nobody would notice.
        assert any(each in str(path) for path in SOURCES), f"no source file lies at {each}"
    for number in range(0, ENOUGH, step):
        prepared = before()
        raised: BaseException | None = None
        injection = Injection(fault, number, where, doors)
        try:
            with injection:
                work(prepared)
        except Exception as error:  # What it is, is for who asked to judge.
            raised = error
        if not injection.struck:
            if raised is not None:
                raise raised
            return
        yield injection.struck, prepared, raised
    raise AssertionError("there is no end of calls")


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder where syncs take no time, if there is such a place: what is in it is copied some thousand times."""
    fast = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=fast if fast.is_dir() else None) as made:
        yield Path(made)


def copied(filled: Path) -> Path:
    """A folder once more, beside it, in the place of the last copy."""
    place = filled.with_name("copy")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(filled, place)
    return place
