"""Folders that have grown too flat to find one's way in."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FLAT_MAX = 20
"""Files of code that one folder may have beside its ``__init__``."""
PLACES = ("src/", "tests/", "benchmarks/", "web/src/", "scripts/")
"""Where code lies. Pages, programs that are run and results that were measured are data: a list has no folders."""
SUFFIXES = (".py", ".ts", ".tsx", ".mjs")


def flat_folders(paths: Iterable[str]) -> list[str]:
    """Folders in ``PLACES`` with more than ``FLAT_MAX`` files of code beside their ``__init__``."""
    counts = Counter(
        str(PurePosixPath(path).parent)
        for path in paths
        if path.startswith(PLACES) and path.endswith(SUFFIXES) and "__init__" not in path
    )
    return [
        f"{folder} has {count} files of code; {FLAT_MAX} at most, make a folder of some"
        for folder, count in sorted(counts.items())
        if count > FLAT_MAX
    ]
