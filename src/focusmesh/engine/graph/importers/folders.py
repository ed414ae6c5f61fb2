"""The files of a folder, without what must not or need not be read, and which format a folder has."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from focusmesh.engine.graph.importers.source import file_errors
from focusmesh.errors import UnsupportedFormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from focusmesh.engine.graph.importers.registry import Importer

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


def files_under(root: Path, suffixes: Sequence[str], exclude: Sequence[str]) -> list[Path]:
    """Every file under ``root`` with one of these suffixes, in sorted order, symlink loops cut.

    ``exclude`` adds globs to EXCLUDED_BY_DEFAULT; a glob is held against the name of each file and folder and against
    its path from ``root`` (there ``*`` also matches ``/``). Raises FileError when ``root`` cannot be listed.
    """
    with file_errors(root):
        return list(_walk(root, suffixes, (*EXCLUDED_BY_DEFAULT, *exclude)))


def importer_of_folder(
    path: Path, importers: Sequence[Importer], exclude: Sequence[str]
) -> Importer:
    """Which of the importers of folders reads ``path``.

    It is the one whose files are in it. Of several, it is the one that a file or folder directly in ``path`` speaks for
    (Importer.names), or the one with at least four times as many files as any other. Raises UnsupportedFormatError,
    which says how to choose, when none or several are left.
    """
    suffixes = [suffix for importer in importers for suffix in importer.suffixes]
    found = Counter(file.suffix.lower() for file in files_under(path, suffixes, exclude))
    counts = {i.name: sum(found[suffix] for suffix in i.suffixes) for i in importers}
    there = [importer for importer in importers if counts[importer.name]]
    marked = [i for i in there if any((path / name).exists() for name in i.names)]
    for chosen in (there, marked):
        if len(chosen) == 1:
            return chosen[0]
    ordered = sorted(there, key=lambda importer: -counts[importer.name])
    if ordered and counts[ordered[0].name] >= _CLEARLY_MORE * counts[ordered[1].name]:
        return ordered[0]
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


def _walk(root: Path, suffixes: Sequence[str], globs: Sequence[str]) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        place = waiting.pop()
        status = place.stat()
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        entries = sorted(place.iterdir()) if place.is_dir() else []
        kept = [entry for entry in entries if not _excluded(root, entry, globs)]
        yield from (entry for entry in kept if entry.suffix.lower() in suffixes and entry.is_file())
        inner = [entry for entry in kept if entry.is_dir() and not (entry / "pyvenv.cfg").exists()]
        waiting.extend(reversed(inner))


def _excluded(root: Path, entry: Path, globs: Iterable[str]) -> bool:
    relative = entry.relative_to(root).as_posix()
    plain = (glob.rstrip("/") for glob in globs)
    return any(fnmatchcase(entry.name, glob) or fnmatchcase(relative, glob) for glob in plain)
