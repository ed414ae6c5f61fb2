"""The text of a program in a file, or on standard input."""

from __future__ import annotations

import sys

from focusmesh.errors import FileError, InputError
from focusmesh.interface.cli.shared.graph_input import existing


def program_text(file: str) -> str:
    """The text in ``file``. Raises FileError, and InputError where it is not UTF-8."""
    name = "stdin" if file == "-" else file
    if file == "-" and getattr(sys, "stdin", None) is None:
        raise FileError("standard input is closed")
    try:
        return sys.stdin.read() if file == "-" else existing(file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: not UTF-8 at byte {error.start}") from None
