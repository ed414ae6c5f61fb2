"""Properties and labels as attributes of a file: one for each key and kind of value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.links import (
    ALIASES,
    LABELS,
    NO_NAME,
    LinkKey,
    Properties,
    attribute_name,
    kind_of,
    plain_name,
    value_text,
)

if TYPE_CHECKING:
    from collections.abc import Container, Hashable, Iterator

    from focusmesh.engine.exporters.ranked_graph import Edge
    from focusmesh.engine.links import LinkColumns, Names, PropertyValue
    from focusmesh.engine.support.arrays import IndexArray

_NODE_NAMES = ("id", "key", "name", "title", "label", "text", "focus", "rank", LABELS, "attributes")
_EDGE_NAMES = (
    *("id", "key", "undirected", "attributes"),
    *(alias for role in ALIASES for alias in ALIASES[role]),
)
"""What files mean by other attributes: properties of these names are written behind ``property:``."""


XML_TYPES = {
    "bool": "boolean",
    "integer": "long",
    "float": "double",
    "text": "string",
    "bytes": "string",
}
"""What GraphML and GEXF call the kinds of values."""


class Attribute(NamedTuple):
    """A value of one node or edge; ``id`` is that of its declaration."""

    id: str
    name: str
    value: PropertyValue

    @property
    def text(self) -> str:
        """The value as it is written."""
        return value_text(self.value)


class WrittenProperties:
    """What is written of nodes and edges beside what every graph has. O(values)."""

    def __init__(self, links: LinkColumns) -> None:
        found = links.properties or Properties()
        self._nodes = found.particles.by_owner()
        self._edges = found.links.by_link()
        self._labels: dict[int, list[str]] = {}
        for owner, label in found.labels.pairs():
            self._labels.setdefault(owner, []).append(label)
        self._names = _names(links.relations, links.relation), _names(links.authors, links.author)
        tables = (found.particles, "p", _NODE_NAMES), (found.links.table, "q", _EDGE_NAMES)
        self._ids: list[dict[tuple[str, str], str]] = []
        self._reserved: list[Container[str]] = []
        for table, letter, reserved in tables:
            kinds = [
                (key, column.kind) for key, columns in table.columns.items() for column in columns
            ]
            self._ids.append({each: f"{letter}{at}" for at, each in enumerate(kinds)})
            self._reserved.append(_Reserved(reserved))

    def attributes(self, of: str) -> list[tuple[str, str, str]]:
        """Id, name and kind of each attribute of a ``node`` or an ``edge``."""
        which = int(of == "edge")
        found = [
            (id_, attribute_name(key, self._reserved[which]), kind)
            for (key, kind), id_ in self._ids[which].items()
        ]
        return [*found, (LABELS, LABELS, "text")] if self._labels and not which else found

    def of_node(self, node: int) -> list[Attribute]:
        """The attributes of a particle; its labels are a JSON list."""
        labels = self._labels.get(node)
        found = self._attributes(0, self._nodes.get(node, {}))
        if labels:
            text = json.dumps(labels, ensure_ascii=False)
            found.append(Attribute(LABELS, LABELS, text))
        return found

    def of_edge(self, edge: Edge) -> list[Attribute]:
        """The attributes of a link."""
        if not self._edges:
            return []
        said = (
            NO_NAME if names is None else names[at]
            for names, at in zip(self._names, (edge.relation, edge.author), strict=True)
        )
        key = LinkKey(edge.source, edge.target, *said)
        return self._attributes(1, self._edges.get(key, {}))

    def texts(self) -> Iterator[str]:
        """All keys, texts and labels, for whoever has to look at their characters."""
        for of in ("node", "edge"):
            yield from (name for _, name, _ in self.attributes(of))
        for values in (*self._nodes.values(), *self._edges.values()):
            yield from (value for value in values.values() if isinstance(value, str))
        for labels in self._labels.values():
            yield from labels

    def _attributes(self, which: int, values: dict[str, PropertyValue]) -> list[Attribute]:
        return [
            Attribute(
                self._ids[which][key, kind_of(value)],
                attribute_name(key, self._reserved[which]),
                value,
            )
            for key, value in values.items()
        ]


class _Reserved:
    """Names as readers of files compare them: whatever their case, spaces and dashes."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = frozenset(names)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and plain_name(name) in self._names


def _names(names: Names | None, column: IndexArray | None) -> list[Hashable] | None:
    return None if names is None or column is None else list(names)
