"""What a name of a module stands for: a definition of its own, or one that it imports."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

from tests.tidy.tree import blocks, sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tidy.renames.table import Renames

_HOPS_MAX = 8
"""How many packages may hand a name on."""


@cache
def trees() -> dict[str, ast.Module]:
    """The syntax trees of the library and of what uses it, by module."""
    return {source.module: source.tree for source in sources("src", "tests", "benchmarks", "docs")}


def statements(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The statements of a body, those under its conditions too, without the bodies of functions and classes."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for block in blocks(statement):
                yield from statements(block)  # type: ignore[arg-type]


def imports(module: str, node: ast.ImportFrom) -> str:
    """The module that an import names; relative ones are counted from ``module``."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    return ".".join(
        [*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])]
    )


@cache
def bindings(module: str) -> dict[str, str]:
    """Names of a module: its own definitions, and what it imports, by dotted name."""
    found: dict[str, str] = {}
    for node in statements(trees()[module].body):
        if isinstance(node, ast.ImportFrom):
            source = imports(module, node)
            found |= {each.asname or each.name: f"{source}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            found |= {each.asname: each.name for each in node.names if each.asname}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = f"{module}.{node.name}"
    return found


def home(name: str, renames: Renames) -> str:
    """Where what ``name`` stands for is defined, whether that still bears the name or is called otherwise by now."""
    for _ in range(_HOPS_MAX):
        if name in renames.new or name in trees():
            return name
        module, _, word = name.rpartition(".")
        if module not in trees():
            return name
        further = bindings(module).get(word)
        if further is None:
            return _renamed_home(module, word, renames) or name
        if further == name:
            return name
        name = further
    return name


def _renamed_home(module: str, word: str, renames: Renames) -> str | None:
    """The old name of something that a package hands on under its new one already."""
    for key in renames.by_old_name.get(word, ()):
        new = renames.new[key]
        further = bindings(module).get(new)
        if further and home(further, renames) == f"{key.rpartition('.')[0]}.{new}":
            return key
    return None
