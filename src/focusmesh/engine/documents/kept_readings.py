"""What was read of files the last time, so that the next build reads only files that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.engine.documents.items import Item
from focusmesh.engine.importers import Document
from focusmesh.engine.support.files import whole_file

if TYPE_CHECKING:
    from pathlib import Path


_VERSION = 1


class FileReading(msgspec.Struct, frozen=True):
    """What one file gave: a document, or items, and how many lines it had. Its size and change time name it."""

    size: int
    changed_ns: int
    lines: int
    document: Document | None = None
    items: list[Item] = []


class _Kept(msgspec.Struct):
    version: int
    files: dict[str, FileReading]


class KeptReadings:
    """Readings by path. A file is known again by size and time of change, as make does it."""

    def __init__(self, path: Path | None) -> None:
        """``path``: where the last build left them; what is missing, damaged or of another version counts as none."""
        self._path = path
        self._known = {} if path is None else _load(path)
        self._now: dict[str, FileReading] = {}
        self.unchanged = 0

    def find(self, file: Path, name: str) -> FileReading | None:
        """What was read of a file that has not changed since."""
        known = self._known.get(name)
        if known is None or _stamp(file) != (known.size, known.changed_ns):
            return None
        self._now[name] = known
        self.unchanged += 1
        return known

    def keep(
        self, file: Path, name: str, lines: int, document: Document | None, items: list[Item]
    ) -> None:
        """Notes what was read of a file."""
        stamp = _stamp(file)
        if stamp is not None and self._path is not None:
            self._now[name] = FileReading(*stamp, lines, document, items)

    def save(self) -> None:
        """Writes them down for the next build, whole or not at all. Raises FileError."""
        if self._path is not None:
            encoded = msgspec.msgpack.encode(_Kept(_VERSION, self._now))
            with whole_file(self._path, synced=False) as file:
                file.write(encoded)


def _load(path: Path) -> dict[str, FileReading]:
    try:
        kept = msgspec.msgpack.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return kept.files if kept.version == _VERSION else {}


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
