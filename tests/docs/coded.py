"""Reads from the source which codes are raised: ``SignalError("nonce", …)`` and calls of helpers that pass one on."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.tidy.tree import Source

EXCEPTIONS = ("SignalError", "BlockError", "ProofError")
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


class Raised(NamedTuple):
    """One code of one exception."""

    exception: str
    code: str


class Found(NamedTuple):
    """``unread`` are places whose code this reader cannot tell, as ``path:line``."""

    codes: set[Raised]
    unread: list[str]


def raised_codes(sources: Iterable[Source], exceptions: Sequence[str] = EXCEPTIONS) -> Found:
    """Every code of one of the exceptions that the files raise."""
    codes: set[Raised] = set()
    unread: list[str] = []
    for source in sources:
        if not any(exception in source.text for exception in exceptions):
            continue
        tree = source.tree
        for exception, call, function in _calls(tree, exceptions):
            if not call.args or _passed_on(call.args[0]):
                continue
            told = set(_told(call.args[0], tree, function))
            codes |= {Raised(exception, code) for code in told}
            if not told:
                unread.append(f"{source.path}:{call.lineno}")
    return Found(codes, unread)


def _calls(
    tree: ast.AST, exceptions: Sequence[str]
) -> Iterator[tuple[str, ast.Call, FUNCTIONS | None]]:
    for node, function in _with_functions(tree, None):
        if isinstance(node, ast.Call) and _name(node.func) in exceptions:
            yield _name(node.func), node, function


def _with_functions(
    node: ast.AST, function: FUNCTIONS | None
) -> Iterator[tuple[ast.AST, FUNCTIONS | None]]:
    for child in ast.iter_child_nodes(node):
        inner = child if isinstance(child, FUNCTIONS) else function
        yield child, inner
        yield from _with_functions(child, inner)


def _passed_on(value: ast.expr) -> bool:
    """The code of another refusal, raised again with more of a message."""
    return isinstance(value, ast.Attribute) and value.attr == "code"


def _told(value: ast.expr, tree: ast.AST, function: FUNCTIONS | None) -> Iterator[str]:
    """The texts that an argument can be: itself, either branch, or what callers give to the parameter."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _told(value.body, tree, function)
        yield from _told(value.orelse, tree, function)
    elif isinstance(value, ast.Name) and function is not None:
        yield from _given(value.id, tree, function)


def _given(parameter: str, tree: ast.AST, function: FUNCTIONS) -> Iterator[str]:
    names = [argument.arg for argument in function.args.posonlyargs + function.args.args]
    if parameter not in names:
        return
    for node, caller in _with_functions(tree, None):
        if isinstance(node, ast.Call) and _name(node.func) == function.name:
            is_method = isinstance(node.func, ast.Attribute) and names[0] in {"self", "cls"}
            place = names.index(parameter) - is_method
            keywords = [word.value for word in node.keywords if word.arg == parameter]
            for value in [*node.args[place : place + 1], *keywords]:
                yield from _told(value, tree, caller)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
