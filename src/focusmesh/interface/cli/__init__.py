"""The command line ``focusmesh``: data to standard output, narration to standard error.

May import: typer and rich at once, everything below only inside of commands (start-up is part of the promise).
Start reading at program.py, application.py, then rank.py: every command has its shape (read, compute, show).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.interface.cli.program import main
from focusmesh.lazy import lazily as _lazily

__all__ = ["application", "main"]

if TYPE_CHECKING:
    from focusmesh.interface.cli.application import application
else:
    # `main` alone comes at once: it answers to Ctrl-C from its first line on.
    __getattr__, __dir__ = _lazily(
        __name__, {"focusmesh.interface.cli.application": ["application"]}
    )
