"""A graph with labels, types and properties, as patterns ask of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from focusmesh.engine.reasoning.query.values import GraphAccess

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.values import QueryValue

Direction = Literal["out", "in", "both"]
Neighbours = Callable[[int], Sequence[tuple[int, int]]]
"""Of a node: pairs of the node at the other end and the relationship, rising."""


class PropertyGraph(GraphAccess, Protocol):
    """What patterns ask of a graph; nodes and relationships are numbers from 0 without gaps."""

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        ...

    def relationship_count(self, types: tuple[str, ...]) -> int:
        """How many relationships have one of the types; all where none is named."""
        ...

    def nodes_with_label(self, label: str) -> Sequence[int]:
        """The nodes with a label, rising."""
        ...

    def label_test(self, labels: Sequence[str]) -> Callable[[int], bool]:
        """The function that says whether a node has all the labels."""
        ...

    def nodes_with_property(self, key: str, value: QueryValue) -> Sequence[int] | None:
        """The nodes whose property equals a value, rising; None where only a look at each node tells."""
        ...

    def neighbours(self, types: tuple[str, ...], direction: Direction) -> Neighbours:
        """The function that follows relationships of one of the types, of any where none is named.

        With ``both`` a relationship from a node to itself comes once.
        """
        ...
