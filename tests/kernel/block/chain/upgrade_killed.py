"""Does something to copies of a ledger, and is killed at one step after the other: ``… SOURCE WHERE ACTION``.

A step is a call that changes names or bytes of files, as far as Python makes it; LMDB's own calls are inside of a store
that has not taken its place yet. Prints how many steps there are; the copies lie at WHERE/0, WHERE/1, …, each as the
kill left it.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from focusmesh.kernel.block import undo_chain_upgrade, upgrade_chain
from focusmesh.kernel.state import discard_older

if TYPE_CHECKING:
    from collections.abc import Callable

ACTIONS: dict[str, Callable[[Path], object]] = {
    "upgrade": upgrade_chain,
    "undo": undo_chain_upgrade,
    "discard": discard_older,
}
EVENTS = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "open", "fcntl.flock"}
CALLS = ("fsync", "fdatasync", "pwrite", "ftruncate")
STEPS_MAX = 500


def kill_at(step: int) -> None:
    """From here on, the call of this number is the last that this process gets to."""
    left = step

    def counted(*_: Any) -> None:
        nonlocal left
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    def watched(call: Callable[..., Any]) -> Callable[..., Any]:
        def act(*given: Any) -> Any:
            counted()
            return call(*given)

        return act

    for name in CALLS:
        setattr(os, name, watched(getattr(os, name)))
    sys.addaudithook(lambda event, _: counted() if event in EVENTS else None)


def main(source: Path, where: Path, action: str) -> None:
    """Everything that is imported on the way is there before the first fork."""
    act = ACTIONS[action]
    shutil.copytree(source, where / "warm")
    act(where / "warm" / "store")
    for step in range(STEPS_MAX):
        copy = where / str(step)
        shutil.copytree(source, copy)
        child = os.fork()
        if not child:
            kill_at(step)
            act(copy / "store")
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert not os.WEXITSTATUS(status)
            sys.stdout.write(f"{step}\n")
            return
    raise AssertionError(f"{STEPS_MAX} steps and no end")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
