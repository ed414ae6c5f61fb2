"""The project's own files, as the tidy checks see them."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CODE_FOLDERS = ("src", "tests", "benchmarks", "docs", "scripts")


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the project's root, and its text."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """The syntax tree, parsed anew each time: the trees of all files take hundreds of megabytes."""
        return ast.parse(self.text, self.path)

    @cached_property
    def module(self) -> str:
        """Dotted name, without ``src`` and without ``__init__``."""
        parts = Path(self.path).with_suffix("").parts
        parts = parts[1:] if parts[0] == "src" else parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def is_package(self) -> bool:
        return Path(self.path).name == "__init__.py"


def blocks(statement: ast.AST) -> Iterator[list[ast.AST]]:
    """The blocks of a statement, handlers of exceptions and cases of a match as statements among them."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        yield getattr(statement, name, [])


def files() -> list[str]:
    """Every file that git tracks or would track; in an unpacked sdist, every file."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.splitlines() if listed.returncode == 0 else []
    return sorted(name for name in names or _unpacked() if (ROOT / name).is_file())


def _unpacked() -> list[str]:
    """Files of a tree without git, less what environments, caches and builds put there."""
    names = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
    made = {"__pycache__", "_build", "dist"}
    return [
        str(name)
        for name in names
        if not any(part.startswith(".") or part in made for part in name.parts)
    ]


def sources(*folders: str) -> list[Source]:
    """The Python files under ``folders`` (default: all that hold code)."""
    chosen = tuple(f"{folder}/" for folder in folders or CODE_FOLDERS)
    return [_source(name) for name in files() if name.startswith(chosen) and name.endswith(".py")]


@cache
def _source(name: str) -> Source:
    """Read once a session, so that what checks find in a file is found once as well."""
    return Source(name, (ROOT / name).read_text(encoding="utf-8"))
