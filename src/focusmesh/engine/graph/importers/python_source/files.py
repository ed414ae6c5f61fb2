"""The Python files of a tree, without what must not or need not be read."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.graph.importers.source import file_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

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


class PythonFile(NamedTuple):
    """A file, the dotted name of its module, and whether it is the ``__init__`` of a package."""

    path: Path
    module: str
    is_package: bool


def python_files(root: Path, exclude: Sequence[str]) -> list[PythonFile]:
    """Every .py file under ``root`` in sorted order, each real file once, symlink loops cut.

    ``exclude`` adds globs to EXCLUDED_BY_DEFAULT; a glob is held against the name of each file and folder and against
    its path from ``root`` (there ``*`` also matches ``/``). Raises FileError when ``root`` cannot be listed.
    """
    with file_errors(root):
        found = list(_walk(root, root, (*EXCLUDED_BY_DEFAULT, *exclude), set()))
    return _named(root, found)


def _walk(
    root: Path, folder: Path, globs: Sequence[str], seen: set[tuple[int, int]]
) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        status = place.stat()
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        entries = sorted(place.iterdir()) if place.is_dir() else []
        kept = [entry for entry in entries if not _excluded(root, entry, globs)]
        yield from (entry for entry in kept if entry.suffix == ".py" and entry.is_file())
        inner = [entry for entry in kept if entry.is_dir() and not (entry / "pyvenv.cfg").exists()]
        waiting.extend(reversed(inner))


def _excluded(root: Path, entry: Path, globs: Iterable[str]) -> bool:
    relative = entry.relative_to(root).as_posix()
    plain = (glob.rstrip("/") for glob in globs)
    return any(fnmatchcase(entry.name, glob) or fnmatchcase(relative, glob) for glob in plain)


def _named(root: Path, paths: Sequence[Path]) -> list[PythonFile]:
    """Module names by the packages that files lie in; by path where two files would share a name."""
    packages = {path.parent for path in paths if path.name == "__init__.py"}
    taken: set[str] = set()
    files = []
    for path in paths:
        name = _module_name(root, path, packages)
        if name in taken:
            name = path.relative_to(root).as_posix()
        taken.add(name)
        files.append(PythonFile(path, name, path.name == "__init__.py"))
    return files


def _module_name(root: Path, path: Path, packages: set[Path]) -> str:
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = path.parent
    if folder not in packages:
        return ".".join([*path.relative_to(root).parts[:-1], *parts])
    while folder in packages:
        parts.insert(0, folder.resolve().name if folder == root else folder.name)
        if folder == root:
            break
        folder = folder.parent
    return ".".join(parts)
