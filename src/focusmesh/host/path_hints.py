"""What somebody who mistyped a path may have meant."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_COUNT = 3
_ENTRIES_MAX = 2_000
"""Of a folder with more nothing is guessed: whoever waits for an error waits for nothing else."""


def close_paths(path: Path) -> list[Path]:
    """What lies beside ``path`` under a name that is like its own, closest first."""
    names = [entry.name for entry in entries(path.parent)]
    close = get_close_matches(path.name, names, max(1, len(names)))
    return [path.with_name(name) for name in close if name != path.name]


def entries(folder: Path) -> list[Path]:
    """What is in a folder; nothing where it cannot be read or holds very much."""
    try:
        found = list(islice(folder.iterdir(), _ENTRIES_MAX + 1))
    except OSError:
        return []
    return sorted(found) if len(found) <= _ENTRIES_MAX else []


def hint(paths: Iterable[Path], wanted: Callable[[Path], bool]) -> str:
    """``; near: …`` with the first of ``paths`` that are ``wanted``, for a message; empty where none is."""
    found = list(islice((str(path) for path in paths if _is(path, wanted)), _COUNT))
    return f"; near: {', '.join(found)}" if found else ""


def _is(path: Path, wanted: Callable[[Path], bool]) -> bool:
    try:
        return wanted(path)
    except OSError:
        return False
