"""Passphrases: from a file, from the environment, or asked for; never from the command line, never shown."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from focusmesh.errors import FileError, ParameterError
from focusmesh.host.keys import PASSPHRASE_VARIABLE

_LENGTH_MAX = 4_096


def passphrase_of(name: str, file: str | None, *, new: bool = False) -> str:
    """The passphrase of the key ``name``, asked for twice where it is new. Raises ParameterError, FileError."""
    return passphrase_given(file) or ask_passphrase(name, new=new)


def passphrase_given(file: str | None) -> str | None:
    """The passphrase in a file, else that of the environment; None or empty where neither says one."""
    return from_file(file) if file is not None else os.environ.get(PASSPHRASE_VARIABLE)


def from_file(where: str) -> str:
    """The first line of a file."""
    try:
        with Path(where).open(encoding="utf-8") as file:
            return file.readline(_LENGTH_MAX).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise FileError(f"{where}: a passphrase is a line of UTF-8 text") from error


def ask_passphrase(name: str, *, new: bool) -> str:
    """What is typed on the terminal, unseen; a new passphrase twice. Raises ParameterError where there is none."""
    from getpass import getpass

    if sys.stdin is None or not sys.stdin.isatty():
        raise ParameterError(
            f"the key {name!r} needs its passphrase and there is no terminal to ask on: "
            f"set {PASSPHRASE_VARIABLE} or say --passphrase-file"
        )
    if not new:
        return getpass(f"Passphrase of {name}: ", sys.stderr)
    first = getpass(f"New passphrase of {name}: ", sys.stderr)
    if getpass("Once more: ", sys.stderr) != first:
        raise ParameterError("the two passphrases differ; nothing was written")
    return first
