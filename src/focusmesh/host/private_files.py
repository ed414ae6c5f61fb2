"""Files that hold secrets: their owner's alone, whole or not there, and still there after the power fails."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from focusmesh.errors import FileError
from focusmesh.kernel.state import sync_folder

if TYPE_CHECKING:
    from pathlib import Path


def write_private(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Writes a file that its owner alone may read; raises FileError, also where it is there and not to be replaced."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "xb", opener=_for_owner) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path) if replace else _appear(beside, path)
        sync_folder(path.parent)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            beside.unlink()


def _appear(beside: Path, path: Path) -> None:
    """Gives a file its name; raises FileExistsError where that was taken in the meantime, which a rename replaces."""
    try:
        os.link(beside, path)
    except OSError as error:
        # The file systems of memory sticks have no links.
        if error.errno not in {errno.EPERM, errno.ENOTSUP}:
            raise
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        beside.rename(path)


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
