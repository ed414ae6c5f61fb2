"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from focusmesh.errors import FileError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


def as_path(path: object) -> Path:
    """``path`` as a Path; raises InputError for what is none."""
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"a path is a str or a Path, not {type(path).__name__}")
    return Path(path)


@contextmanager
def whole_file(path: str | os.PathLike[str], *, synced: bool = True) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of ``path`` when the block ends well, synced to disk unless told not to.

    Raises FileError; after a failure or an interrupt the old file is as it was.
    """
    import tempfile

    target = as_path(path)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if synced:
                os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
        temporary = None
    except OSError as error:
        raise FileError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink()


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
