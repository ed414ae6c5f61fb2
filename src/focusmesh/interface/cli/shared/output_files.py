"""Files that commands write: whole or not at all, and never over another without --force."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator


def verify_output(where: str, *, force: bool) -> Path:
    """``where`` as a path that may be written; FileError if it is taken or its folder is missing.

    Asked before the work starts, so that nobody waits for a result that has no place to go.
    """
    path = Path(where)
    if path.is_dir():
        raise FileError(f"{where}: is a folder; name a file in it")
    if path.is_file() and not force:
        raise FileError(f"{where}: exists; --force overwrites it")
    if not path.parent.is_dir():
        raise FileError(f"{where}: there is no folder {str(path.parent)!r}")
    if not path.exists() and not os.access(path.parent, os.W_OK):
        raise FileError(f"{where}: the folder {str(path.parent)!r} cannot be written to")
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; it takes its place when the block ends well, else it goes.

    Devices and pipes are written directly. Raises FileError for what the operating system refuses.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from error
    os.close(handle)
    temporary = Path(beside)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    """The process's mask for new files; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
