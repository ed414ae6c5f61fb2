"""A property graph in memory, as CREATE makes it: all types of values."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from focusmesh.engine.reasoning.query.sources.property_graph import Direction, Neighbours
    from focusmesh.engine.reasoning.query.values import QueryValue


class MemoryGraph:
    """Nodes and relationships, numbered as they were added."""

    def __init__(self) -> None:
        self._labels: list[tuple[str, ...]] = []
        self._node_properties: list[dict[str, QueryValue]] = []
        self._links: list[tuple[int, str, int]] = []
        self._link_properties: list[dict[str, QueryValue]] = []
        self._by_label: defaultdict[str, list[int]] = defaultdict(list)
        self._by_type: defaultdict[str, list[int]] = defaultdict(list)
        self._out: list[list[tuple[int, int]]] = []
        self._in: list[list[tuple[int, int]]] = []

    def add_node(self, labels: Iterable[str], properties: Mapping[str, QueryValue]) -> int:
        """A new node; a property that is null is left out."""
        node = len(self._labels)
        names = tuple(dict.fromkeys(labels))
        self._labels.append(names)
        self._node_properties.append(_without_nulls(properties))
        for each in names:
            self._by_label[each].append(node)
        self._out.append([])
        self._in.append([])
        return node

    def add_relationship(
        self, start: int, type_: str, end: int, properties: Mapping[str, QueryValue]
    ) -> int:
        """A new relationship between two nodes; a property that is null is left out."""
        link = len(self._links)
        self._links.append((start, type_, end))
        self._link_properties.append(_without_nulls(properties))
        self._by_type[type_].append(link)
        self._out[start].append((end, link))
        self._in[end].append((start, link))
        return link

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return len(self._labels)

    def relationship_count(self, types: tuple[str, ...]) -> int:
        """How many relationships have one of the types; all where none is named."""
        return sum(len(self._by_type[each]) for each in types) if types else len(self._links)

    def nodes_with_label(self, label: str) -> Sequence[int]:
        """The nodes with a label, rising."""
        return self._by_label.get(label, ())

    def label_test(self, labels: Sequence[str]) -> Callable[[int], bool]:
        """Whether a node has all the labels."""
        known, wanted = self._labels, frozenset(labels)
        return lambda node: wanted.issubset(known[node])

    def nodes_with_property(self, key: str, value: QueryValue) -> None:
        """There is no index."""

    def neighbours(self, types: tuple[str, ...], direction: Direction) -> Neighbours:
        """The function that follows relationships."""
        known = set(types)

        def follow(node: int) -> Sequence[tuple[int, int]]:
            found = list[tuple[int, int]]()
            if direction != "in":
                found += self._out[node]
            if direction != "out":
                loops = direction == "in"
                found += (each for each in self._in[node] if loops or each[0] != node)
            if known:
                found = [each for each in found if self._links[each[1]][1] in known]
            return sorted(found)

        return follow

    def labels(self, node: int) -> Sequence[str]:
        """The labels of a node, in the order in which they were given."""
        return self._labels[node]

    def node_properties(self, node: int) -> Mapping[str, QueryValue]:
        """All properties of a node."""
        return self._node_properties[node]

    def node_property(self, node: int, key: str) -> QueryValue:
        """One property of a node; None where it has none of that key."""
        return self._node_properties[node].get(key)

    def type_name(self, relationship: int) -> str:
        """The type of a relationship."""
        return self._links[relationship][1]

    def ends(self, relationship: int) -> tuple[int, int]:
        """The nodes where a relationship starts and ends."""
        start, _, end = self._links[relationship]
        return start, end

    def relationship_properties(self, relationship: int) -> Mapping[str, QueryValue]:
        """All properties of a relationship."""
        return self._link_properties[relationship]

    def relationship_property(self, relationship: int, key: str) -> QueryValue:
        """One property of a relationship; None where it has none of that key."""
        return self._link_properties[relationship].get(key)


def _without_nulls(properties: Mapping[str, QueryValue]) -> dict[str, QueryValue]:
    return {key: value for key, value in properties.items() if value is not None}
