"""The command line ``focusmesh``: data to standard output, narration to standard error.

May import: typer and rich at once, everything below only inside of commands (start-up is part of the promise).
Start reading at program.py, application.py, then rank.py: every command has its shape (read, compute, show).
"""

from __future__ import annotations

from focusmesh.interface.cli.program import main

__all__ = ["main"]
