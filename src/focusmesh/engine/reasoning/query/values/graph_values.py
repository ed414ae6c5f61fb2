"""Nodes, relationships and paths as values, and the graph that tells their labels, types and properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.engine.reasoning.query.values.value import QueryValue


class NodeValue(msgspec.Struct, frozen=True, gc=False):
    """A particle by its index; two are equal where they are the same particle."""

    id: int


class RelationshipValue(msgspec.Struct, frozen=True, gc=False):
    """A link by its row; two are equal where they are the same link."""

    id: int


class PathValue(msgspec.Struct, frozen=True):
    """A walk: the indexes of its n + 1 nodes, and the rows of its n links, whichever way each is passed."""

    nodes: tuple[int, ...]
    relationships: tuple[int, ...]


class GraphAccess(Protocol):
    """What values ask of the graph that they come from; a property that is not there is no entry, never None."""

    def labels(self, node: int) -> Sequence[str]:
        """The labels of a node, in a fixed order."""
        ...

    def node_properties(self, node: int) -> Mapping[str, QueryValue]:
        """All properties of a node."""
        ...

    def node_property(self, node: int, key: str) -> QueryValue:
        """One property of a node; None where it has none of that key."""
        ...

    def type_name(self, relationship: int) -> str:
        """The type of a relationship."""
        ...

    def ends(self, relationship: int) -> tuple[int, int]:
        """The nodes where a relationship starts and ends."""
        ...

    def relationship_properties(self, relationship: int) -> Mapping[str, QueryValue]:
        """All properties of a relationship."""
        ...

    def relationship_property(self, relationship: int, key: str) -> QueryValue:
        """One property of a relationship; None where it has none of that key."""
        ...
