"""Sheets read in forks of one process that has loaded the reader, where an import starts a process for each file.

Each fork runs the same ``main`` under the same limit of memory, and writes to a pipe of its own; what is saved is the
start of Python, fifty milliseconds a file. Run as a script with the number of a socket, it is that process.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import msgspec

from focusmesh.engine.importers.typed_rows import sheet_process

_ROOT = Path(__file__).parents[4]
_REQUEST_BYTES_MAX = 1 << 16
_WAIT = b"wait"


class SheetZygote:
    """Stands for the module ``subprocess`` in the importer of spreadsheets; a context."""

    DEVNULL, PIPE = subprocess.DEVNULL, subprocess.PIPE

    def __init__(self) -> None:
        self.started_count = 0
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [
            sys.executable,
            "-m",
            "tests.engine.importers.mutated.sheet_zygote",
            str(theirs.fileno()),
        ]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=_ROOT)
        theirs.close()

    def __enter__(self) -> SheetZygote:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._process.wait()

    def Popen(self, command: list[str], **_: Any) -> SheetFork:  # noqa: N802 - as subprocess calls it
        """A fork that does what ``command`` would."""
        assert command[2] == str(sheet_process.__file__)
        readable, writable = os.pipe()
        pid = self.ask(msgspec.json.encode(command[3:]), [writable])
        os.close(writable)
        self.started_count += 1
        return SheetFork(self, pid, os.fdopen(readable, "rb"))

    def ask(self, request: bytes, files: list[int]) -> int:
        """The number of a new fork, or how the last one ended."""
        socket.send_fds(self._socket, [request], files)
        return int(self._socket.recv(_REQUEST_BYTES_MAX))


class SheetFork:
    """As much of a ``subprocess.Popen`` as the importer asks for; its number is its own until it was left."""

    def __init__(self, zygote: SheetZygote, pid: int, stdout: IO[bytes]) -> None:
        self._zygote, self._pid, self.stdout = zygote, pid, stdout
        self.returncode: int | None = None

    def __enter__(self) -> SheetFork:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self.returncode = self._zygote.ask(_WAIT, [])

    def kill(self) -> None:
        """Ends the fork, which may have ended."""
        os.kill(self._pid, signal.SIGKILL)


def serve(number: int) -> None:
    """Forks for each request, and waits for each fork when told to, until the other end closes."""
    import python_calamine  # noqa: F401 - what every fork would load

    pid = 0
    with socket.socket(fileno=number) as requests:
        while True:
            data, files, _, _ = socket.recv_fds(requests, _REQUEST_BYTES_MAX, 1)
            if not data:
                return
            if data == _WAIT:
                answer = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            else:
                answer = pid = os.fork()
                if pid == 0:
                    _read_sheet(msgspec.json.decode(data, type=list[str]), files[0])
                os.close(files[0])
            requests.send(str(answer).encode())


def _read_sheet(arguments: list[str], output: int) -> None:
    """What the script would do, in a fork; it does not return."""
    try:
        os.dup2(output, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.close(output)
        path, sheet, memory_bytes, seconds = arguments
        sheet_process.main(path, sheet, int(memory_bytes), int(seconds))
    finally:
        os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
