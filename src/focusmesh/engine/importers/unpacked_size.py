"""What the members of a zip archive unpack to, by its directory, and how much of that is read."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING

from focusmesh.engine.importers.source import file_errors
from focusmesh.errors import DamagedFileError, InputError

if TYPE_CHECKING:
    from pathlib import Path

_ALWAYS_BYTES = 1 << 30
_EACH_BYTE = 64


def unpacked_bytes(path: Path) -> int:
    """What all members unpack to, in bytes, as the directory of the archive says.

    Raises InputError for more than 1 GiB and 64 times the size of the file, DamagedFileError for what is no archive.
    """
    with file_errors(path):
        most = _ALWAYS_BYTES + _EACH_BYTE * path.stat().st_size
        try:
            with zipfile.ZipFile(path) as archive:
                total = sum(max(member.file_size, 0) for member in archive.infolist())
        except (
            zipfile.BadZipFile,
            ValueError,
            OverflowError,
            NotImplementedError,
            struct.error,
        ) as error:
            raise DamagedFileError(
                f"{path}: damaged zip file: {error}; fetch the file again"
            ) from error
    if total > most:
        raise InputError(
            f"{path} unpacks to {total:,} bytes, more than is read of a file of its size ({most:,})"
        )
    return total
