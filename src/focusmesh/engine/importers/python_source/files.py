"""The Python files of a tree and the names of their modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.importers.folders import files_under

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading

SUFFIXES = (".py",)


class PythonFile(NamedTuple):
    """A file, the dotted name of its module, and whether it is the ``__init__`` of a package."""

    path: Path
    module: str
    is_package: bool


def python_files(root: Path, reading: Reading) -> list[PythonFile]:
    """Every .py file under ``root`` that files_under gives: secrets, caches and ``exclude`` stay out."""
    return _name_files(root, files_under(root, SUFFIXES, reading.exclude, reading))


def _name_files(root: Path, paths: Sequence[Path]) -> list[PythonFile]:
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
