"""Length of files and functions, with a ratchet of exceptions that may only shrink."""

from __future__ import annotations

import ast
import json
import subprocess
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.tidy.tree import ROOT, blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tests.tidy.tree import Source

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
RATCHET = "tests/tidy_ratchet.json"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def too_long(sources: Iterable[Source]) -> dict[str, int]:
    """Lines of each file and function over its limit, by ``path`` or ``path::function``."""
    found: dict[str, int] = {}
    for source in sources:
        line_count = len(source.text.splitlines())
        if line_count > FILE_LINES_MAX:
            found[source.path] = line_count
        for name, node in _functions(source.tree.body, ""):
            if _line_count(node) > FUNCTION_LINES_MAX:
                found[f"{source.path}::{name}"] = _line_count(node)
    return found


def _functions(body: Sequence[ast.AST], prefix: str) -> Iterator[tuple[str, Function]]:
    """The functions of a block and of all blocks in it: an expression cannot hold any."""
    for node in body:
        name = f"{prefix}{getattr(node, 'name', '')}"
        if isinstance(node, Function):
            yield name, node
        inner = f"{name}." if isinstance(node, Function | ast.ClassDef) else prefix
        for block in blocks(node):
            yield from _functions(block, inner)


def _line_count(node: Function) -> int:
    """From ``def`` to the end, less the docstring."""
    first = node.body[0]
    docstring_lines = 0
    if ast.get_docstring(node) is not None:
        docstring_lines = (first.end_lineno or first.lineno) - first.lineno + 1
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring_lines


def against_ratchet(actual: Mapping[str, int], ratchet: Mapping[str, int]) -> list[str]:
    """Complaints where the tree and the ratchet differ, in either direction."""
    complaints = []
    for name in sorted({*actual, *ratchet}):
        if name not in ratchet:
            complaints.append(f"{name} has {actual[name]} lines: split it")
        elif name not in actual:
            complaints.append(f"{name} is short now: remove it from {RATCHET}")
        elif actual[name] > ratchet[name]:
            complaints.append(f"{name} grew from {ratchet[name]} to {actual[name]} lines: split it")
        elif actual[name] < ratchet[name]:
            complaints.append(f"{name} shrank to {actual[name]} lines: tighten {RATCHET}")
    return complaints


def loosened(versions: Sequence[Mapping[str, int]]) -> list[str]:
    """Entries that some later version (they come oldest first) added or raised."""
    return [
        f"{name}: {before.get(name, 'absent')} became {lines}"
        for before, after in pairwise(versions)
        for name, lines in after.items()
        if name not in before or lines > before[name]
    ]


def ratchet_versions() -> list[dict[str, int]]:
    """Each committed version of the ratchet, oldest first, then the one on disk."""
    commits = _git("log", "--reverse", "--format=%H", "--", RATCHET).split()
    texts = [_git("show", f"{commit}:{RATCHET}") for commit in commits]
    return [json.loads(text) for text in [*texts, (ROOT / RATCHET).read_text(encoding="utf-8")]]


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else ""
