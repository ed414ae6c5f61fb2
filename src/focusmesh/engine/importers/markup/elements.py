"""Nodes and edges of files that describe both (GraphML, GEXF, GML), put together into link columns.

An edge takes about 45 bytes while reading, a node its name twice and its text.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.importers.markup.element_properties import ElementProperties
from focusmesh.engine.links import (
    NO_NAME,
    NO_TIME,
    PREFIX,
    DictInterner,
    LinkColumns,
    LinkKey,
    LinkProperties,
    Names,
    call_by_labels,
    link_keys,
    roles_of,
    shorten,
    time_of,
    verify_count,
    weight_of,
)
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.support.arrays import BoolArray

TEXT_NAMES = ("text", "label", "title", "name")
"""Attributes of a node that are its particle's text, most telling first; case does not matter."""
LABEL_NAMES = ("label", "name", "title")
"""Attributes of a node that people call it by, most telling first."""

_ROLES = ("weight", "relation", "author", "time")


class Elements:
    """Takes nodes and edges as they come; edges may come before their nodes.

    What cannot be used is refused with the line of its element. Names are integers when all of them are canonical
    integers, as in text formats. An undirected edge becomes a link each way, one from a node to itself one link.
    """

    def __init__(self, reading: Reading) -> None:
        ends = [role for role in ("source", "target") if role in reading.columns]
        if ends:
            raise InputError(
                f"{reading.path}: the {ends[0]} of an edge is no column in this format"
            )
        self._reading = reading
        self._columns = {role: name for role, name in reading.columns.items() if role != "text"}
        self._text_name = reading.columns.get("text")
        self._particles = DictInterner()
        self._labels = {"relation": DictInterner(), "author": DictInterner()}
        self._texts: dict[int, str] = {}
        self._titles: dict[int, str] = {}
        self._labelled = False
        self._declared: set[int] = set()
        self._roles: dict[tuple[str, ...], dict[str, int]] = {}
        self._asked_for: set[str] = set()
        self._ends = array("I")
        self._weights = array("d")
        self._names = {"relation": array("I"), "author": array("I")}
        self._times = array("q")
        self._both = array("b")
        self._lines = array("q")
        self._described = ElementProperties(reading)

    def node(
        self,
        line: int,
        name: str | None,
        attributes: Mapping[str, str],
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        """A node called ``name``, with the text that its attributes hold.

        ``properties`` are attributes by their values: those that are no text, label or score become properties.
        """
        fault = _name_fault("the node", "id", name)
        if name is None or fault:
            self._reading.refuse(line, fault)
            return
        particle = _index(self._particles, name)
        if particle in self._declared:
            self._reading.refuse(line, f"the node {shorten(name)} is declared twice")
            return
        self._declared.add(particle)
        text = text_of(attributes, self._text_name)
        meant = self._text_name is not None or attributes.get("text")
        if text and (meant or text != name):
            # A label that only repeats the id, as most tools write it, is no text.
            self._texts[particle] = text
        label = _label_of(attributes)
        self._labelled |= bool(label) and label != name
        if self._reading.by_label:
            self._titles[particle] = label
        if properties:
            said = self._texts.get(particle, "")
            names = (self._text_name,) if self._text_name is not None else TEXT_NAMES
            self._described.node(particle, name, said or text, names, properties)

    def edge(
        self,
        line: int,
        ends: tuple[str | None, str | None],
        both: bool,
        attributes: Mapping[str, str],
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        """An edge from one node to another, each way if ``both``, with attributes as they are written.

        ``properties`` are attributes by their values: those that play no role become properties.
        """
        source, target = ends
        attributes = self._without_prefix(attributes)
        fault = _name_fault("the edge", "source", source) or _name_fault(
            "the edge", "target", target
        )
        found = self._of_roles(attributes) if attributes else {}
        weight = weight_of(found["weight"]) if "weight" in found else 1.0
        time = time_of(found["time"]) if "time" in found else NO_TIME
        if fault or isinstance(weight, str) or isinstance(time, str):
            self._reading.refuse(line, fault or str(weight if isinstance(weight, str) else time))
            return
        if properties:
            self._described.edge(len(self._lines), properties, self._role_names(attributes))
        self._ends.extend(_index(self._particles, end) for end in ends if end is not None)
        self._weights.append(weight)
        self._times.append(time)
        for role, column in self._names.items():
            column.append(_index(self._labels[role], found.get(role, NO_NAME)))
        self._both.append(both and source != target)
        self._lines.append(line)

    def columns(self) -> LinkColumns:
        """All links; refuses edges between nodes that were never declared."""
        missing = [name for name in self._columns.values() if name not in self._asked_for]
        if missing and len(self._lines):
            raise InputError(f"{self._reading.path}: no edge has the attribute {missing[0]!r}")
        verify_count(len(self._particles))
        index, names, texts = self._nodes()
        ends = index[_array(self._ends, np.uint32).reshape(-1, 2)]
        known = np.all(ends >= 0, axis=1)
        self._refuse_unknown(np.flatnonzero(~known).tolist(), ends)
        links = self._links(names, ends.astype(np.uint32), texts).where(known)
        if self._reading.by_label:
            links = call_by_labels(
                links, [self._titles[node] for node in np.flatnonzero(index >= 0).tolist()]
            )
        elif self._labelled:
            self._reading.note("particles are called by id (--names label calls them by label)")
        properties = self._described.properties(links, index, known)
        links = replace(links, properties=properties)
        both = _array(self._both, np.bool_)[known]
        note_both_ways(int(np.count_nonzero(both)), self._reading)
        return each_way(links, both)

    def _refuse_unknown(self, rows: list[int], ends: npt.NDArray[np.int64]) -> None:
        """Names the edges in ``rows``, which have an end (−1) that is no node."""
        listed = list(self._particles.known) if rows else []
        for row in rows:
            unknown = self._ends[2 * row + int(ends[row, 0] >= 0)]
            name = shorten(listed[unknown].decode())
            self._reading.refuse(self._lines[row], f"no node {name} is declared")

    def _of_roles(self, attributes: Mapping[str, str]) -> dict[str, str]:
        """The values of an edge's attributes by their roles."""
        names = tuple(attributes)
        if names not in self._roles:
            wanted = self._columns
            here = {role: name for role, name in wanted.items() if name in attributes}
            self._asked_for.update(here.values())
            places = roles_of(names, here, self._reading.path)
            self._roles[names] = {
                role: place
                for role, place in places.items()
                if role in _ROLES and (role in here or role not in wanted)
            }
        values = list(attributes.values())
        return {role: values[place] for role, place in self._roles[names].items()}

    def _without_prefix(self, attributes: Mapping[str, str]) -> Mapping[str, str]:
        """The attributes of an edge but for those that say that they are properties."""
        if not any(name.startswith(PREFIX) for name in attributes):
            return attributes
        asked = self._columns.values()
        return {
            name: value
            for name, value in attributes.items()
            if name in asked or not name.startswith(PREFIX)
        }

    def _role_names(self, attributes: Mapping[str, str]) -> set[str]:
        """The attributes of an edge that play roles."""
        names = tuple(attributes)
        return {names[place] for place in self._roles[names].values()} if names else set()

    def _nodes(self) -> tuple[npt.NDArray[np.int64], Names, Names | None]:
        """The new index of each name, −1 for one that is no node; the nodes' names; their texts."""
        declared = np.zeros(len(self._particles), dtype=np.bool_)
        declared[list(self._declared)] = True
        index = np.where(declared, np.cumsum(declared) - 1, -1)
        nodes = DictInterner()
        for name, is_node in zip(self._particles.known, declared.tolist(), strict=True):
            if is_node:
                nodes.known[name] = len(nodes.known)
        texts = Names.texts(self._texts.get(node, "") for node in np.flatnonzero(declared).tolist())
        return index, nodes.names(), texts if self._texts else None

    def _links(
        self, names: Names, ends: npt.NDArray[np.uint32], texts: Names | None
    ) -> LinkColumns:
        weight, time = _array(self._weights, np.float64), _array(self._times, np.int64)
        used = {role: any(label.known) for role, label in self._labels.items()}
        label = {role: _array(column, np.uint32) for role, column in self._names.items()}
        return LinkColumns(
            names,
            np.ascontiguousarray(ends[:, 0]),
            np.ascontiguousarray(ends[:, 1]),
            weight=None if bool(np.all(weight == 1)) else weight,
            relations=self._labels["relation"].names() if used["relation"] else None,
            relation=label["relation"] if used["relation"] else None,
            authors=self._labels["author"].names() if used["author"] else None,
            author=label["author"] if used["author"] else None,
            time=time if bool(np.any(time != NO_TIME)) else None,
            texts=texts,
        )


def note_both_ways(count: int, reading: Reading) -> None:
    """Tells how many links count both ways, where any do."""
    if count:
        reading.note(
            f"{count:,} undirected {'link counts' if count == 1 else 'links count'} both ways"
        )


def each_way(columns: LinkColumns, both: BoolArray) -> LinkColumns:
    """The links, each one where ``both`` is true followed by the same one backwards."""
    if not both.any():
        return columns
    rows = np.repeat(np.arange(len(both)), 1 + both)
    backwards = np.zeros(len(rows), dtype=np.bool_)
    backwards[1:] = rows[1:] == rows[:-1]
    doubled = _take(columns, rows)
    source = np.where(backwards, doubled.target, doubled.source)
    target = np.where(backwards, doubled.source, doubled.target)
    properties = columns.properties
    if properties is not None and properties.links:
        there = properties.links.by_link()
        for key in link_keys(columns.where(both), properties.links) & there.keys():
            there.setdefault(LinkKey(key.target, key.source, key.relation, key.author), there[key])
        properties = replace(properties, links=LinkProperties.of(there))
    return replace(doubled, source=source, target=target, properties=properties)


def _take(columns: LinkColumns, rows: npt.NDArray[np.int64]) -> LinkColumns:
    names = ("source", "target", "weight", "relation", "author", "time")
    found = {name: getattr(columns, name) for name in names}
    taken: dict[str, Any] = {
        name: column[rows] for name, column in found.items() if column is not None
    }
    return replace(columns, **taken)


def text_of(attributes: Mapping[str, str], asked: str | None = None) -> str:
    """The text among the attributes of a node, or nothing; of the attribute ``asked`` for, if one was."""
    if asked is not None:
        return attributes.get(asked, "")
    return _first_of(attributes, TEXT_NAMES)


def _label_of(attributes: Mapping[str, str]) -> str:
    """What people call a node, on one line, or nothing."""
    return " ".join(_first_of(attributes, LABEL_NAMES).split())


def _first_of(attributes: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The first value that says anything of the attributes of these names, or nothing."""
    plain = {name.strip().casefold(): value for name, value in [*attributes.items()][::-1]}
    return next((plain[name] for name in names if plain.get(name)), "")


def _name_fault(what: str, key: str, name: str | None) -> str:
    if name is None:
        return f"{what} has no {key}"
    if not name:
        return f"the {key} of {what} is empty"
    return f"the {key} of {what} has a NUL character" if "\0" in name else ""


def _index(interner: DictInterner, name: str) -> int:
    return interner.known.setdefault(name.encode(), len(interner.known))


def _array(values: array[Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    return np.array(values, dtype=dtype)
