"""The files of a folder, without what must not or need not be read, and which format a folder has."""

from __future__ import annotations

import os
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.engine.importers.source import file_errors
from focusmesh.errors import UnsupportedFormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.registry import Importer

EXCLUDED_BY_DEFAULT = (
    ".*",
    "__pycache__",
    "site-packages",
    "dist-packages",
    "node_modules",
    "venv",
    "virtualenv",
    "*.egg-info",
    "*.pem",
    "*.key",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "credentials*",
)
"""Globs of names that are never entered or read: caches, installed packages, keys and ``.env`` files.

A folder with a ``pyvenv.cfg``, whatever its name, is a virtual environment and is left out too.
"""

_CLEARLY_MORE = 4


def files_under(
    root: Path, suffixes: Sequence[str], exclude: Sequence[str], reading: Reading | None = None
) -> list[Path]:
    """Every file under ``root`` with one of these suffixes, in sorted order, symlink loops cut.

    ``exclude`` adds globs to EXCLUDED_BY_DEFAULT; a glob is held against the name of each file and folder and against
    its path from ``root`` (there ``*`` also matches ``/``). A symbolic link that leads out of ``root`` is not followed,
    as a stranger's folder may point at secrets that no glob keeps out. ``reading`` counts and names those, and folders
    that cannot be listed. Raises FileError when ``root`` itself cannot be.
    """
    with file_errors(root):
        return list(_Walk(root, suffixes, exclude, reading).files())


def importer_of_folder(
    path: Path, importers: Sequence[Importer], exclude: Sequence[str]
) -> Importer:
    """Which of the importers of folders reads ``path``.

    It is the one whose files are in it. Of several, it is the one that a file or folder directly in ``path`` speaks for
    (Importer.names), or the one with at least four times as many files as any other, or the one that reads the files of
    the others as well (Importer.beside). Raises UnsupportedFormatError, which says how to choose, when none or several
    are left.
    """
    suffixes = {suffix for i in importers for suffix in (*i.suffixes, *i.beside)}
    found = Counter(file.suffix.lower() for file in files_under(path, tuple(suffixes), exclude))
    counts = {i.name: sum(found[suffix] for suffix in i.suffixes) for i in importers}
    there = [importer for importer in importers if counts[importer.name]]
    marked = [i for i in there if any((path / name).exists() for name in i.names)]
    for chosen in (there, marked):
        if len(chosen) == 1:
            return chosen[0]
    ordered = sorted(there, key=lambda importer: -counts[importer.name])
    if ordered and counts[ordered[0].name] >= _CLEARLY_MORE * counts[ordered[1].name]:
        return ordered[0]
    known = {suffix for importer in there for suffix in importer.suffixes if found[suffix]}
    every = [
        i
        for i in there or importers
        if known <= {*i.suffixes, *i.beside}
        and any(found[suffix] for suffix in (*i.suffixes, *i.beside))
    ]
    if len(every) == 1:
        return every[0]
    raise UnsupportedFormatError(_no_choice(path, importers, counts))


def _no_choice(path: Path, importers: Sequence[Importer], counts: dict[str, int]) -> str:
    several = [
        f"{count} file{'s' if count != 1 else ''} for {name}"
        for name, count in counts.items()
        if count
    ]
    choices = ", ".join(f"format={importer.name!r}" for importer in importers)
    if several:
        return f"{path} has {' and '.join(several)}: say which with {choices} (--format)"
    return f"{path} has no files that an importer of folders reads; there are {choices}"


class _Walk:
    """Goes through the folders under one, each once."""

    def __init__(
        self, root: Path, suffixes: Sequence[str], exclude: Sequence[str], reading: Reading | None
    ) -> None:
        self._root = root
        self._inside = Path(os.path.realpath(root))
        self._suffixes = suffixes
        self._globs = (*EXCLUDED_BY_DEFAULT, *exclude)
        self._reading = reading

    def files(self) -> Iterator[Path]:
        """Files in sorted order, folder by folder."""
        seen: set[tuple[int, int]] = set()
        waiting = [self._root]
        while waiting:
            place = waiting.pop()
            status = place.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            kept = [entry for entry in self._entries(place) if self._wants(entry)]
            yield from (entry for entry in kept if self._is_file(entry))
            inner = [e for e in kept if e.is_dir() and not (e / "pyvenv.cfg").exists()]
            waiting.extend(reversed(inner))

    def _entries(self, place: Path) -> list[Path]:
        try:
            return sorted(place.iterdir()) if place.is_dir() else []
        except OSError as error:
            if place == self._root:
                raise
            self._refuse(place, f"the folder cannot be listed: {error.strerror}")
            return []

    def _wants(self, entry: Path) -> bool:
        if _is_excluded(self._root, entry, self._globs):
            return False
        if not entry.is_symlink() or not (self._is_file(entry) or entry.is_dir()):
            return True
        inside = Path(os.path.realpath(entry)).is_relative_to(self._inside)
        if not inside:
            self._refuse(entry, "a symbolic link that leads out of the folder is not followed")
        return inside

    def _is_file(self, entry: Path) -> bool:
        return entry.suffix.lower() in self._suffixes and entry.is_file()

    def _refuse(self, entry: Path, reason: str) -> None:
        if self._reading is not None:
            self._reading.refuse(1, reason, str(entry))


def _is_excluded(root: Path, entry: Path, globs: Iterable[str]) -> bool:
    relative = entry.relative_to(root).as_posix()
    plain = (glob.rstrip("/") for glob in globs)
    return any(fnmatchcase(entry.name, glob) or fnmatchcase(relative, glob) for glob in plain)
