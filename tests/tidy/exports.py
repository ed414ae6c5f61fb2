"""What a package's ``__init__`` exports against what its ``__all__`` says."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.tidy.tree import Source

ALLOWED_DUNDERS = {"__version__"}


def export_faults(sources: Iterable[Source]) -> list[str]:
    """Packages whose ``__all__`` is absent, unsorted or not what they export."""
    return [
        f"{source.path}: {fault}"
        for source in sources
        if source.is_package
        for fault in _faults(source)
    ]


def _faults(source: Source) -> Iterator[str]:
    exported = {name for name in _bound(source.tree.body) if _is_public(name)}
    declared = _declared(source.tree)
    if declared is None:
        if exported:
            yield f"no __all__, but it exports {', '.join(sorted(exported))}"
        return
    if declared != sorted(set(declared), key=_rank):
        yield "__all__ is not sorted or repeats a name"
    if missing := exported - set(declared):
        yield f"__all__ lacks {', '.join(sorted(missing))}"
    if extra := set(declared) - exported:
        yield f"__all__ names {', '.join(sorted(extra))}, which the file does not define"
    for name in sorted(_hidden(source.tree)):
        yield f"{name} is lazy and its module has the same name, which hides it once that is loaded"


def _hidden(tree: ast.Module) -> set[str]:
    lazy = [node for block in tree.body if isinstance(block, ast.If) for node in block.body]
    return {
        alias.name
        for node in lazy
        if isinstance(node, ast.ImportFrom) and _is_own(node)
        for alias in node.names
        if (node.module or "").rpartition(".")[2] == alias.name
    }


def _rank(name: str) -> tuple[int, str]:
    """The linter's order, which it can put right by itself: CONSTANTS, then Classes, then the rest."""
    if name.isupper() and len(name) > 1:
        return 0, name
    return (1 if name[:1].isupper() else 2), name


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name in ALLOWED_DUNDERS


def _declared(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and "__all__" in _targets(node):
            return [str(name) for name in ast.literal_eval(node.value)]
    return None


def _bound(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Names a package offers: its own definitions, and what it takes from the project."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from _targets(node)
        elif isinstance(node, ast.ImportFrom) and _is_own(node):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.If):
            # `if TYPE_CHECKING` of a package whose exports are lazy
            yield from _bound(node.body)


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _is_own(node: ast.ImportFrom) -> bool:
    return node.level > 0 or (node.module or "").split(".")[0] == "focusmesh"
