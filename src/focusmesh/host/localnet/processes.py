"""Processes of a localnet, told from all others by when they began and by a mark in their environment."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK = "FOCUSMESH_LOCALNET_FOLDER"
"""Every process of a localnet, and what that begins, has its folder under this name in its environment."""
PART = "FOCUSMESH_LOCALNET_PART"
_PROC = Path("/proc")
_SECONDS_BETWEEN_LOOKS = 0.02
_STATE, _STARTED = 0, 19
"""Of the fields behind the name in /proc/PID/stat."""


class OsProcess(NamedTuple):
    """A number is given again to others; with the clock tick in which it began it is one process for ever."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> OsProcess | None:
        """The one that runs under a number now; None where none does."""
        started = started_at(pid)
        return None if started is None else cls(pid, started)


def started_at(pid: int) -> int | None:
    """The tick of the clock in which a process began; None where it has ended, whoever collected it or not."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if fields[_STATE] in "ZX" else int(fields[_STARTED])


def is_alive(process: OsProcess) -> bool:
    """Whether it is there; a stopped one is."""
    return started_at(process.pid) == process.started


def is_stopped(process: OsProcess) -> bool:
    """Whether it is paused."""
    try:
        return (_PROC / str(process.pid) / "stat").read_text().rpartition(")")[2].split()[0] == "T"
    except (OSError, ValueError):
        return False


def send(process: OsProcess, number: int) -> bool:
    """Sends a signal, if it is still that process; whether it was."""
    if not is_alive(process):
        return False
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)
        return True
    return False


def find_processes(folder: Path) -> list[OsProcess]:
    """Every process that belongs to the localnet of a folder, but for this one."""
    wanted = f"{MARK}={folder}".encode()
    found = []
    for entry in _PROC.iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        process = OsProcess.of(int(entry.name)) if wanted in environment.split(b"\0") else None
        if process is not None:
            found.append(process)
    return found


def end(processes: Sequence[OsProcess], seconds: float) -> None:
    """Asks them to end, and after some time makes them; returns when they have. Paused ones go on first."""
    for process in processes:
        send(process, signal.SIGTERM)
        send(process, signal.SIGCONT)
    if not have_ended(processes, seconds):
        for process in processes:
            send(process, signal.SIGKILL)
        have_ended(processes, seconds)


def have_ended(processes: Sequence[OsProcess], seconds: float) -> bool:
    """Whether all of them have ended before the time is over."""
    until = time.monotonic() + seconds
    while any(map(is_alive, processes)):
        if time.monotonic() > until:
            return False
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return True
