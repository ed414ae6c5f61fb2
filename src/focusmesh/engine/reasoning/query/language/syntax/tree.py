"""The syntax tree as a tree: what lies in what, and how deep it is."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def inner_nodes(node: object) -> Iterator[object]:
    """The nodes right below a node, in the order of the text."""
    for name in getattr(node, "__dataclass_fields__", ()):
        yield from _nodes(getattr(node, name))


def all_nodes(node: object) -> Iterator[object]:
    """A node and all below it, each before what lies in it."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(list(inner_nodes(each))))


def height(node: object) -> int:
    """How many nodes stand in one another, 1 for a leaf; it needs no recursion."""
    most, waiting = 0, [(node, 1)]
    while waiting:
        each, depth = waiting.pop()
        most = max(most, depth)
        waiting.extend((inner, depth + 1) for inner in inner_nodes(each))
    return most


def _nodes(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        for each in value:
            yield from _nodes(each)
    elif is_dataclass(value):
        yield value
