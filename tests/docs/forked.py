"""Runs ``focusmesh`` for the pages of the docs in forks of one process, which has loaded the packages of others once.

Loading them takes most of the time of a short command, and a page has up to twenty. The modules of focusmesh itself
are loaded by each command anew, so that one which misses an import fails here too. What the shell has to read, such as
a pipe, starts the installed program (``is_plain``).
"""

from __future__ import annotations

import gc
import json
import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from subprocess import PIPE
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROGRAM = "focusmesh"
SHELL = re.compile(r"[|&;<>()$`\\*?\[\]#~!{}\n]")
QUOTED = re.compile(r"'[^']*'")
PACKAGES = (
    "asyncio", "blake3", "concurrent.futures.thread", "cryptography.hazmat.primitives", "csv", "email.message",
    "html.entities", "importlib.metadata", "libipld", "lmdb", "msgspec.json", "nacl.bindings", "numpy", "numpy.ma",
    "pydantic.json_schema", "pydantic.type_adapter", "rich.console", "rich.table", "secrets",
    "sqlite3", "typer.main", "xml.parsers.expat", "zipfile",
)  # fmt: skip
"""What commands load, without that which begins threads or reads its settings from the environment."""


class Done(NamedTuple):
    """How a command ended, as ``subprocess`` tells it, and what it printed on both streams.

    ``seconds`` of processor time are those that only the process it was forked from has counted.
    """

    returncode: int
    printed: str
    seconds: float = 0.0


def is_plain(command: str) -> bool:
    """Whether a line is ``focusmesh`` and words, without anything that a shell would do."""
    return command.startswith(f"{PROGRAM} ") and not SHELL.search(QUOTED.sub("", command))


class ForkedProgram:
    """Starts commands one after the other; its process begins with the first of them."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def run(
        self,
        command: str,
        folder: Path,
        environment: Mapping[str, str],
        begun: Callable[[int], object],
        seconds_max: int,
    ) -> Done:
        """Run a plain command; ``begun`` hears of its process group, which may outlive it.

        Raises ``TimeoutError`` when it takes too long.
        """
        server = self._server = self._server or _started(environment)
        assert server.stdin is not None
        assert server.stdout is not None
        with NamedTemporaryFile("w+", encoding="utf-8") as printed:
            order = {
                "words": shlex.split(command),
                "folder": str(folder),
                "environment": dict(environment),
                "output": printed.name,
                "seconds_max": seconds_max,
            }
            server.stdin.write(json.dumps(order) + "\n")
            server.stdin.flush()
            begun(int(server.stdout.readline()))
            status, seconds = server.stdout.readline().split()
            returncode = int(status)
            if returncode == -signal.SIGALRM:
                raise TimeoutError(f"`{command}` takes more than {seconds_max} s")
            printed.seek(0)
            return Done(returncode, printed.read(), float(seconds))

    def close(self) -> None:
        """Ends its process; what commands have left running goes on."""
        if self._server is not None:
            self._server.communicate()
            self._server = None


def _started(environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__], env=environment, stdin=PIPE, stdout=PIPE, text=True
    )


def _serve(orders: IO[str], answers: IO[str]) -> dict[str, Any] | None:
    """Forks for each order. Returns the order in the process that is to carry it out, and nothing at the end."""
    for line in orders:
        order: dict[str, Any] = json.loads(line)
        child = os.fork()
        if not child:
            return order
        answers.write(f"{child}\n")
        answers.flush()
        _, status, used = os.wait4(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)} {used.ru_utime + used.ru_stime}\n")
        answers.flush()
    return None


def _become(order: dict[str, Any]) -> None:
    """Be the installed program, as if it had been started with these words, there and with that environment."""
    os.setsid()
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    for path, flags, streams in (
        (os.devnull, os.O_RDONLY, (0,)),
        (order["output"], os.O_WRONLY, (1, 2)),
    ):
        opened = os.open(path, flags)
        for stream in streams:
            os.dup2(opened, stream)
        os.close(opened)
    program = str(Path(sys.executable).with_name(PROGRAM))
    sys.argv = [program, *order["words"][1:]]
    sys.path[0] = str(Path(program).parent)
    signal.alarm(order["seconds_max"])
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    for package in PACKAGES:
        import_module(package)
    gc.freeze()
    received = _serve(sys.stdin, sys.stdout)
    if received:
        _become(received)
