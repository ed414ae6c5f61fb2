"""The map of old names to new ones: a line a name, ``module:qualified name = new name``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Edit:
    """``old`` at ``column`` (UTF-8 bytes from 0) of ``line`` (from 1) of a file becomes ``new``."""

    path: str
    line: int
    column: int
    old: str
    new: str


@dataclass(frozen=True)
class Renames:
    """What is called otherwise now: ``new`` by the dotted name of what bore the old one."""

    new: dict[str, str]

    @cached_property
    def old_names(self) -> frozenset[str]:
        """The last words of the old names."""
        return frozenset(key.rpartition(".")[2] for key in self.new)

    @cached_property
    def by_old_name(self) -> dict[str, list[str]]:
        """The keys of everything that bore a name."""
        found = defaultdict(list)
        for key in self.new:
            found[key.rpartition(".")[2]].append(key)
        return dict(found)


def read_renames() -> Renames:
    """Every line of every ``*.txt`` beside this file. Raises ValueError for a line that is none."""
    found: dict[str, str] = {}
    for path in sorted(HERE.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            where, sign, new = line.partition(" = ")
            module, colon, name = where.partition(":")
            if not (sign and colon and new.isidentifier()):
                raise ValueError(f"{path.name}: {line!r} is not 'module:name = new name'")
            found[f"{module}.{name}"] = new
    return Renames(found)
