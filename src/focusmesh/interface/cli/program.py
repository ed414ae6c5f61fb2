"""The program's way in: nothing of it is loaded yet when an interrupt can come."""

from __future__ import annotations

import sys

_INTERRUPTED = 130


def main() -> None:
    """Runs the command line: never returns, always an exit code of ``ExitCode``.

    Loading the commands takes some tenths of a second; Ctrl-C then is told in a word, not with a traceback.
    """
    try:
        from focusmesh.interface.cli.application import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("focusmesh: interrupted\n")
        sys.exit(_INTERRUPTED)
