"""The links of one snapshot as a property graph: particles are nodes, links relationships."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import (
    NO_TIME,
    LinkKey,
    PropertyValue,
    label,
    labels_of,
    owners_of_label,
    value_text,
)
from focusmesh.engine.reasoning.query.sources.link_rows import LINK, NeighbourIndex
from focusmesh.engine.reasoning.query.values import INTEGER_MAX, INTEGER_MIN

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.reasoning.query.sources.property_graph import Direction, Neighbours
    from focusmesh.engine.reasoning.query.values import QueryValue

_KEY = "reasoning.link_graph"
NAME, TEXT = "name", "text"


def link_graph(snapshot: Snapshot) -> LinkGraph:
    """The property graph of a snapshot, which is kept with it."""
    found: LinkGraph | None = snapshot.derived.get(_KEY)
    if found is None:
        found = snapshot.derived[_KEY] = LinkGraph(snapshot)
    return found


class LinkGraph:
    """Particles by their index, links by their row.

    A link's type is the name of its relation, ``LINK`` where it has none. Besides its properties a link has
    ``weight``, and ``author`` and ``time`` where it says so; a particle has ``name``, and ``text`` where it has one. A
    property of the same key goes before. Bytes are read as people write them.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._links = snapshot.links()
        relations = self._links.relations
        names = [] if relations is None else [label(each) or LINK for each in relations]
        self._types = names
        self._rows = NeighbourIndex(self._links, names)
        self._by_label = dict[str, list[int]]()

    @property
    def node_count(self) -> int:
        """How many particles there are."""
        return len(self.snapshot.particles)

    def relationship_count(self, types: tuple[str, ...]) -> int:
        """How many links have one of the types; all where none is named."""
        return self._rows.count(types)

    def nodes_with_label(self, label: str) -> Sequence[int]:
        """The particles with a label, rising."""
        found = self._by_label.get(label)
        if found is None:
            found = self._by_label[label] = owners_of_label(self.snapshot, label).tolist()
        return found

    def label_test(self, labels: Sequence[str]) -> Callable[[int], bool]:
        """Whether a particle has all the labels. O(n) bytes a label."""
        masks = list[Any]()
        for each in labels:
            mask = np.zeros(self.node_count, dtype=np.bool_)
            mask[np.array(self.nodes_with_label(each), dtype=np.int64)] = True
            masks.append(mask)
        return lambda node: all(mask[node] for mask in masks)

    def nodes_with_property(self, key: str, value: QueryValue) -> Sequence[int] | None:
        """The particles whose property equals a value, rising; None for texts and for names that are no texts."""
        if not isinstance(value, bool | int | float | str):
            return None
        table = None if self.snapshot.properties is None else self.snapshot.properties.particles
        if key == TEXT or (isinstance(value, str) and value.startswith("0x")):
            return None
        fits = not isinstance(value, float) or isfinite(value)
        found = [] if table is None or not fits else table.owners_of(key, value).tolist()
        if key != NAME:
            return found
        named = self.snapshot.particles.find(value)
        if named is None and not self._has_plain_names(value):
            return None
        if named is not None and self.node_property(named, NAME) == value:
            found = sorted({*found, named})
        return found

    def _has_plain_names(self, value: QueryValue) -> bool:
        """Whether a name that is not found by a value is called by it in no other way."""
        kind = self.snapshot.particles.kind
        return kind == "text" if isinstance(value, str) else kind in ("range", "integers", "text")

    def neighbours(self, types: tuple[str, ...], direction: Direction) -> Neighbours:
        """The function that follows links."""
        return self._rows.neighbours(types, direction)

    def labels(self, node: int) -> Sequence[str]:
        """The labels of a particle, ascending."""
        return labels_of(self.snapshot, node)

    def node_properties(self, node: int) -> Mapping[str, QueryValue]:
        """The name and the text of a particle, and its properties."""
        found: dict[str, QueryValue] = {NAME: self._name(node)}
        if self._text(node):
            found[TEXT] = self._text(node)
        properties = self.snapshot.properties
        own = {} if properties is None else properties.particles.of_owner(node)
        return found | {key: _value(each) for key, each in own.items()}

    def node_property(self, node: int, key: str) -> QueryValue:
        """One property of a particle; None where it has none of that key."""
        properties = self.snapshot.properties
        own = None if properties is None else properties.particles.get(node, key)
        if own is not None:
            return _value(own)
        if key == NAME:
            return self._name(node)
        return (self._text(node) or None) if key == TEXT else None

    def _name(self, node: int) -> QueryValue:
        name: Hashable = self.snapshot.particles[node]
        if isinstance(name, int) and not isinstance(name, bool):
            return name if INTEGER_MIN <= name <= INTEGER_MAX else str(name)
        return label(name)

    def _text(self, node: int) -> str:
        texts = self.snapshot.texts
        return "" if texts is None else str(texts[node])

    def type_name(self, relationship: int) -> str:
        """The type of a link."""
        relation = self._links.relation
        return LINK if relation is None else self._types[relation[relationship]]

    def ends(self, relationship: int) -> tuple[int, int]:
        """The particles where a link starts and ends."""
        return int(self._links.source[relationship]), int(self._links.target[relationship])

    def relationship_properties(self, relationship: int) -> Mapping[str, QueryValue]:
        """Weight, author and time of a link, and its properties."""
        links = self._links
        found: dict[str, QueryValue] = {
            "weight": 1.0 if links.weight is None else float(links.weight[relationship])
        }
        author = self._author(relationship)
        if author != "":
            found["author"] = label(author)
        time = NO_TIME if links.time is None else int(links.time[relationship])
        if time != NO_TIME:
            found["time"] = time
        properties = self.snapshot.properties
        if properties is None or not properties.links:
            return found
        own = properties.links.of_link(
            LinkKey(*self.ends(relationship), self._relation(relationship), author)
        )
        return found | {key: _value(each) for key, each in own.items()}

    def relationship_property(self, relationship: int, key: str) -> QueryValue:
        """One property of a link; None where it has none of that key."""
        return self.relationship_properties(relationship).get(key)

    def _relation(self, link: int) -> Hashable:
        links = self._links
        if links.relation is None or links.relations is None:
            return ""
        name: Hashable = links.relations[links.relation[link]]
        return name

    def _author(self, link: int) -> Hashable:
        links = self._links
        if links.author is None or links.authors is None:
            return ""
        name: Hashable = links.authors[links.author[link]]
        return name


def _value(value: PropertyValue) -> QueryValue:
    return value_text(value) if isinstance(value, bytes) else value
