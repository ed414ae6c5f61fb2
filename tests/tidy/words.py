"""Words that have no place in the tree, and tests that assert nothing."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.tidy.tree import blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.tidy.tree import Source

# One letter of each is in brackets, so that this file passes its own check.
MARKERS = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.}>])/(work|root|tmp|home)/")
HOSTS = re.compile(r"\b(py[p]i\.org|files\.pythonhosted\.|deb\.debian\.|registry\.npmjs\.)")
BREAKPOINTS = re.compile(r"\bbreak[p]oint\(|\bset_trac[e]\(")

STRAY = {
    "a marker of unfinished work": MARKERS,
    "a path of one machine": MACHINE_PATHS,
    "the host of a registry": HOSTS,
    "a stop for the debugger": BREAKPOINTS,
}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
ASSERTING_CALLS = re.compile(
    r"^(assert|check|expect|verify|raises$|warns$|fail$|run_state_machine)"
)


def stray_words(path: str, text: str) -> list[str]:
    """Complaints about ``text``, one a line that holds what it should not."""
    return [
        f"{path}:{number}: {what}: {line.strip()[:80]}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in STRAY.items()
        if pattern.search(line)
    ]


def unasserting(sources: Iterable[Source]) -> list[str]:
    """Tests that neither assert nor call something of their file that does."""
    complaints = []
    for source in sources:
        functions = {node.name: node for node in _functions(source.tree)}
        complaints += [
            f"{source.path}::{name} asserts nothing"
            for name, node in functions.items()
            if name.startswith("test_") and not _asserts(node, functions, set())
        ]
    return complaints


def _functions(node: ast.AST) -> Iterator[FUNCTIONS]:
    """Those in a statement and in all statements in it."""
    if isinstance(node, FUNCTIONS):
        yield node
    for block in blocks(node):
        for inner in block:
            yield from _functions(inner)


def _asserts(node: FUNCTIONS, functions: Mapping[str, FUNCTIONS], seen: set[str]) -> bool:
    seen.add(node.name)
    if any(isinstance(inner, ast.Assert) for inner in ast.walk(node)):
        return True
    for name in _calls(node):
        if ASSERTING_CALLS.match(name.lstrip("_")):
            return True
        if name in functions and name not in seen and _asserts(functions[name], functions, seen):
            return True
    return False


def _calls(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            function = inner.func
            if isinstance(function, ast.Name):
                yield function.id
            elif isinstance(function, ast.Attribute):
                yield function.attr
