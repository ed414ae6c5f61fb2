"""GEXF 1.1 to 1.3 (gexf.net): nodes, nested ones too, edges of every type, attributes by their titles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from focusmesh.engine.importers.markup.element_properties import typed_value
from focusmesh.engine.importers.markup.elements import Elements
from focusmesh.engine.importers.markup.xml_elements import read_xml
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.links import PREFIX, shorten

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns

_BOTH_WAYS = {"directed": False, "undirected": True, "mutual": True}
_TIMES = ("timestamp", "start", "startopen")
_PARALLEL = "networkx_key"
"""What NetworkX writes to tell edges between the same nodes apart; it describes nothing."""


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a GEXF file. The ``id`` of a node is its particle's name, its ``label`` the text.

    An edge's own ``weight``, ``kind`` and ``label`` go before attributes of the same title. Its ``timestamp`` or
    ``start`` is the time, unless the graph's times are of the format ``double``. Spells, ends and attributes that
    change over time (mode ``dynamic``) are not read, and who lies within whom gives no link.
    """
    document = _Document(reading)
    read_xml(path, reading, "gexf", document)
    return document.elements.columns()


@dataclass(slots=True)
class _Attribute:
    """What an ``<attribute>`` declares; without a name it is not read."""

    name: str
    type: str = "string"
    default: str | None = None


@dataclass(slots=True)
class _Item:
    """A node or an edge that is open."""

    kind: str
    line: int
    attributes: dict[str, str]
    values: dict[str, str] = field(default_factory=dict)


class _Document:
    """Handles the elements. Nodes stay open while others lie within them."""

    def __init__(self, reading: Reading) -> None:
        self.elements = Elements(reading)
        self._reading = reading
        self._declared: dict[str, dict[str, _Attribute]] = {"node": {}, "edge": {}}
        self._dynamic: set[tuple[str, str]] = set()
        self._class: tuple[str, bool] = ("", False)
        self._attribute: _Attribute | None = None
        self._items: list[_Item] = []
        self._edge_type = ""
        self._timed = True

    def start(self, name: str, attributes: dict[str, str], line: int) -> bool:
        if name in {"node", "edge"}:
            self._items.append(_Item(name, line, attributes))
        elif name == "attvalue":
            self._value(attributes, line)
        elif name == "graph":
            self._edge_type = attributes.get("defaultedgetype", "")
            self._timed = attributes.get("timeformat") != "double"
        elif name == "attributes":
            self._class = (attributes.get("class", ""), attributes.get("mode") == "dynamic")
        elif name == "attribute":
            self._declare(attributes, line)
        elif name == "default":
            return self._attribute is not None
        return False

    def end(self, name: str, text: str) -> None:
        if name in {"node", "edge"}:
            self._close(self._items.pop())
        elif name == "default" and self._attribute is not None:
            self._attribute.default = text.strip()
        elif name == "attribute":
            self._attribute = None

    def _declare(self, attributes: dict[str, str], line: int) -> None:
        kind, dynamic = self._class
        known = self._declared.get(kind)
        key = attributes.get("id")
        if known is None or key is None or key in known:
            fault = f"is declared twice: {shorten(key)}" if known and key else "has no id or class"
            self._reading.refuse(line, f"an attribute {fault}")
        elif dynamic:
            self._dynamic.add((kind, key))
        else:
            self._attribute = known[key] = _Attribute(
                attributes.get("title", key), attributes.get("type", "string")
            )

    def _value(self, attributes: dict[str, str], line: int) -> None:
        if not self._items:
            return
        item = self._items[-1]
        key = attributes.get("for", attributes.get("id", ""))
        if (item.kind, key) in self._dynamic:
            return
        if key not in self._declared[item.kind]:
            self._reading.refuse(line, f"no attribute {shorten(key)} of an {item.kind} is declared")
        elif key in item.values:
            self._reading.refuse(line, f"the {item.kind} has two values for {shorten(key)}")
        elif "value" not in attributes:
            self._reading.refuse(line, f"the value for {shorten(key)} is missing")
        else:
            item.values[key] = attributes["value"]

    def _default_type(self, line: int) -> str:
        if not self._reading.warnings:
            self._reading.warn(
                f"{self._reading.path}:{line}: neither the edge nor the graph (defaultedgetype) says whether it is "
                "directed: such edges count both ways"
            )
        return "undirected"

    def _close(self, item: _Item) -> None:
        """Takes a node or an edge whose end is reached."""
        said = item.attributes
        if item.kind == "node":
            own = {"label": said["label"]} if "label" in said else {}
            values = self._values(item)
            typed = self._typed_values(item, own, values)
            self.elements.node(item.line, said.get("id"), _before(own, values), typed)
            return
        kind = said.get("type", self._edge_type) or self._default_type(item.line)
        if kind not in _BOTH_WAYS:
            self._reading.refuse(item.line, f"the type {shorten(kind)} of the edge is not known")
            return
        own = {name: said[name] for name in ("weight", "kind", "label") if name in said}
        if "kind" in own or "label" in own:
            own["relation"] = own.get("kind", own.get("label", ""))
        moment = next((said[name] for name in _TIMES if name in said), None)
        if moment is not None and self._timed:
            own["time"] = moment
        ends = (said.get("source"), said.get("target"))
        values = self._values(item)
        typed = self._typed_values(item, own, values)
        typed.pop(_PARALLEL, None)
        self.elements.edge(item.line, ends, _BOTH_WAYS[kind], _before(own, values), typed)

    def _values(self, item: _Item) -> dict[str, str]:
        """Attributes by their titles, with defaults where the item says nothing."""
        declared = self._declared[item.kind]
        found = {key: each.default for key, each in declared.items() if each.default is not None}
        return {declared[key].name: value for key, value in (found | item.values).items()}

    def _typed_values(
        self, item: _Item, own: dict[str, str], values: dict[str, str]
    ) -> dict[str, Any]:
        """Attributes as the types that they are declared with; one that the element itself says otherwise too stays."""
        declared = self._declared[item.kind]
        types = {each.name: each.type for each in declared.values()}
        types |= {declared[key].name: declared[key].type for key in item.values}
        return {
            PREFIX + name if name in own else name: typed_value(value, types[name])
            for name, value in values.items()
            if own.get(name) != value
        }


def _before(own: dict[str, str], values: dict[str, str]) -> dict[str, str]:
    """What an element says itself, then what its attributes say otherwise."""
    return own | {name: value for name, value in values.items() if name not in own}


IMPORTER = Importer(
    name="gexf",
    suffixes=(".gexf",),
    summary="GEXF 1.1 to 1.3: nodes and edges with weight, kind and attributes",
    read=read,
    has_labels=True,
)
