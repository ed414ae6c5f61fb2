"""The syntax tree as a tree: what lies in what, and how deep it is."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = {"str", "str | None", "int", "bool", "tuple[str, ...]", "tuple[bool, ...]"}
"""How fields are annotated that hold no nodes."""
_known: dict[type[Any], tuple[str, ...] | None] = {}


def inner_nodes(node: Any) -> list[Any]:
    """The nodes right below a node, in the order of the text."""
    found = list[Any]()
    for name in _node_fields(type(node)) or ():
        _collect(getattr(node, name), found)
    return found


def all_nodes(node: Any) -> Iterator[Any]:
    """A node and all below it, each before what lies in it."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(inner_nodes(each)))


def height(node: Any) -> int:
    """How many nodes stand in one another, 1 for a leaf; it needs no recursion."""
    most, waiting = 0, [(node, 1)]
    while waiting:
        each, depth = waiting.pop()
        most = max(most, depth)
        waiting.extend((inner, depth + 1) for inner in inner_nodes(each))
    return most


def _collect(value: Any, found: list[Any]) -> None:
    if isinstance(value, tuple):
        for each in value:
            _collect(each, found)
    elif _node_fields(type(value)) is not None:
        found.append(value)


def _node_fields(kind: type[Any]) -> tuple[str, ...] | None:
    """The fields of a class of nodes that may hold nodes; None for what is no such class."""
    if kind not in _known:
        named = (
            [each.name for each in fields(kind) if each.type not in _PLAIN]
            if is_dataclass(kind)
            else None
        )
        _known[kind] = None if named is None else tuple(named)
    return _known[kind]
