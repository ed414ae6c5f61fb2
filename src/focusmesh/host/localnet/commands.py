"""Commands of focusmesh for a localnet, in processes of their own, and waiting for what the supervisor does."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from focusmesh.errors import FileError
from focusmesh.host.localnet.parts import PROGRAM, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.host.localnet.folder import NetFolder

SECONDS_MAX = 120.0
SECONDS_BETWEEN_LOOKS = 0.05


def run_command(folder: NetFolder, arguments: Sequence[str], program: str = "") -> None:
    """A command of focusmesh. Raises FileError with what it said."""
    child = _start(folder, arguments, program)
    try:
        _, said = child.communicate(timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise FileError(f"focusmesh {' '.join(arguments[:2])}: did not finish in time") from None
    if child.returncode:
        words = said.decode(errors="replace").strip()
        raise FileError(f"focusmesh {' '.join(arguments[:2])}: {words}")


def _start(
    folder: NetFolder, arguments: Sequence[str], program: str = ""
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [program or sys.executable, "-c", PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(folder, "command"),
    )


def wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    """Raises FileError where it does not hold in time."""
    until = time.monotonic() + SECONDS_MAX
    while not holds():
        if time.monotonic() > until:
            raise FileError(f"{otherwise}; is the supervisor there? `focusmesh localnet status`")
        time.sleep(SECONDS_BETWEEN_LOOKS)
