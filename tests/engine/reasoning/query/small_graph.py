"""A graph in a few dictionaries, for what values and functions ask of graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.values import QueryValue


class SmallGraph:
    """Nodes and relationships by number, in the order in which they were added."""

    def __init__(self) -> None:
        self.nodes: list[tuple[list[str], dict[str, QueryValue]]] = []
        self.links: list[tuple[int, str, int, dict[str, QueryValue]]] = []

    def add_node(self, labels: list[str], properties: dict[str, QueryValue]) -> int:
        kept: dict[str, QueryValue] = {}
        kept |= {key: value for key, value in properties.items() if value is not None}
        self.nodes.append((labels, kept))
        return len(self.nodes) - 1

    def add_link(self, start: int, kind: str, end: int, properties: dict[str, QueryValue]) -> int:
        kept: dict[str, QueryValue] = {}
        kept |= {key: value for key, value in properties.items() if value is not None}
        self.links.append((start, kind, end, kept))
        return len(self.links) - 1

    def labels(self, node: int) -> list[str]:
        return self.nodes[node][0]

    def node_properties(self, node: int) -> dict[str, QueryValue]:
        return self.nodes[node][1]

    def node_property(self, node: int, key: str) -> QueryValue:
        return self.nodes[node][1].get(key)

    def type_name(self, relationship: int) -> str:
        return self.links[relationship][1]

    def ends(self, relationship: int) -> tuple[int, int]:
        return self.links[relationship][0], self.links[relationship][2]

    def relationship_properties(self, relationship: int) -> dict[str, QueryValue]:
        return self.links[relationship][3]

    def relationship_property(self, relationship: int, key: str) -> QueryValue:
        return self.links[relationship][3].get(key)
