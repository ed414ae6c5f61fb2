"""What a package exports: one line a name in its ``__init__``, for type checkers and for Python alike."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from focusmesh.lazy import exports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.tidy.tree import Source

ALLOWED = {"__version__"}
"""What an ``__init__`` may assign."""


def export_faults(sources: Iterable[Source]) -> list[str]:
    """Packages that write a name twice, or in a form that either type checkers or ``lazily`` would not see."""
    return [
        f"{source.path}: {fault}"
        for source in sources
        if source.is_package
        for fault in _faults(source)
    ]


def _faults(source: Source) -> Iterator[str]:
    body = source.tree.body
    lazy = [node for block in body if isinstance(block, ast.If) for node in block.body]
    exported = [*_exported(body), *_exported(lazy)]
    for name in sorted(_defined(body) - ALLOWED):
        yield f"it defines {name}; give that a module"
    for name, count in sorted(Counter(exported).items()):
        if count > 1:
            yield f"{name} is written {count} times"
    if unseen := set(exported) - set(exports(source.text)):
        yield f"lazily does not see {', '.join(sorted(unseen))}; write one import a name"
    if lazy and "lazily(__name__)" not in source.text:
        yield "what is below TYPE_CHECKING is not there at run time; call lazily"
    for name in sorted(_hidden(lazy, source.module)):
        yield f"{name} is lazy and its module has the same name, which hides it once that is loaded"


def _exported(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Names that type checkers take for exports."""
    for node in body:
        if isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if alias.asname == alias.name)


def _defined(body: Iterable[ast.stmt]) -> set[str]:
    names = set[str]()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def _hidden(lazy: Iterable[ast.stmt], package: str) -> set[str]:
    """Names that a module or a folder of the package has too, on the way to what they stand for."""
    return {
        alias.name
        for node in lazy
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if f"{node.module}.".startswith(f"{package}.{alias.name}.")
    }
