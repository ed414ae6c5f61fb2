"""Commands of focusmesh for a localnet, in processes of their own, and waiting for what the supervisor does."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import FileError
from focusmesh.host.localnet.parts import PROGRAM, environment, interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.host.localnet.folder import NetFolder

SECONDS_MAX = 120.0
SECONDS_BETWEEN_LOOKS = 0.05


class CommandResult(NamedTuple):
    """What a command ended with, what it printed, and what it said besides."""

    code: int
    printed: str
    said: str


def run_command(folder: NetFolder, arguments: Sequence[str], program: str = "") -> None:
    """A command of focusmesh. Raises FileError with what it said."""
    done = try_command(folder, arguments, program)
    if done.code:
        raise FileError(f"focusmesh {' '.join(arguments[:2])}: {done.said}")


def try_command(
    folder: NetFolder,
    arguments: Sequence[str],
    program: str = "",
    seconds: float = SECONDS_MAX,
    code: str = PROGRAM,
) -> CommandResult:
    """What becomes of a command of focusmesh, or of other ``code``. Raises FileError where it takes too long."""
    child = start_command(folder, arguments, program, code)
    try:
        printed, said = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise FileError(f"focusmesh {' '.join(arguments[:2])}: did not finish in time") from None
    words = [each.decode(errors="replace").strip() for each in (printed, said)]
    return CommandResult(child.returncode, *words)


def start_command(
    folder: NetFolder, arguments: Sequence[str], program: str = "", code: str = PROGRAM
) -> subprocess.Popen[bytes]:
    """A command that goes on; whoever began it ends it."""
    python, where = interpreter(program)
    return subprocess.Popen(
        [python, "-c", code, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(folder, "command") | where,
    )


def wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    """Raises FileError where it does not hold in time."""
    until = time.monotonic() + SECONDS_MAX
    while not holds():
        if time.monotonic() > until:
            raise FileError(f"{otherwise}; is the supervisor there? `focusmesh localnet status`")
        time.sleep(SECONDS_BETWEEN_LOOKS)
