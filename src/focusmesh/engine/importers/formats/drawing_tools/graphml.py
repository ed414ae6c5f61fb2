"""GraphML (graphml.graphdrawing.org): keys with defaults, nested graphs, edges directed or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from focusmesh.engine.importers.markup.element_properties import typed_value
from focusmesh.engine.importers.markup.elements import Elements
from focusmesh.engine.importers.markup.xml_elements import KEPT_BLANKS, read_xml
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.links import shorten

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns

_DIRECTED = {"true": True, "1": True, "false": False, "0": False}
_HYPEREDGE = "a hyperedge joins any number of nodes: write it as edges"


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a GraphML file: all its graphs together, nested ones included.

    The ``id`` of a node is its particle's name. Blanks at the ends of data are passed over, unless the data says
    ``xml:space="preserve"``. A graph without ``edgedefault`` is undirected. Ports are passed over.
    """
    document = _Document(reading)
    read_xml(path, reading, "graphml", document)
    return document.elements.columns()


@dataclass(slots=True)
class _Key:
    """What a ``<key>`` declares."""

    name: str
    of: str
    type: str = "string"
    default: str | None = None


@dataclass(slots=True)
class _Item:
    """A node or an edge that is open, with what its ``<data>`` said so far."""

    kind: str
    line: int
    attributes: dict[str, str]
    data: dict[str, str] = field(default_factory=dict)


class _Document:
    """Handles the elements. Items stay open while a graph is nested in them."""

    def __init__(self, reading: Reading) -> None:
        self.elements = Elements(reading)
        self._reading = reading
        self._keys: dict[str, _Key] = {}
        self._open_key: _Key | None = None
        self._open_data: str | None = None
        self._keeps_blanks = False
        self._items: list[_Item | None] = []
        self._directed: list[bool] = []

    def start(self, name: str, attributes: dict[str, str], line: int) -> bool:
        if name in {"node", "edge"}:
            self._items.append(_Item(name, line, attributes))
        elif name == "data":
            return self._start_data(attributes, line)
        elif name == "graph":
            self._items.append(None)
            self._directed.append(self._is_directed(attributes.get("edgedefault"), line))
        elif name == "key":
            self._start_key(attributes, line)
        elif name == "default":
            return self._open_key is not None
        elif name in {"hyperedge", "port"}:
            # What lies in them, such as data, is theirs and not that of the node around them.
            self._items.append(None)
            if name == "hyperedge":
                self._reading.refuse(line, _HYPEREDGE)
        return False

    def _is_directed(self, said: str | None, line: int) -> bool:
        if said is None:
            self._reading.warn(
                f"{self._reading.path}:{line}: the graph has no edgedefault: its edges count both ways"
            )
        elif said not in {"directed", "undirected"}:
            self._reading.refuse(
                line, f"edgedefault is {shorten(said)}: not directed or undirected"
            )
        return said == "directed"

    def end(self, name: str, text: str) -> None:
        if name in {"node", "edge"}:
            self._close(self._items.pop())
        elif name == "data" and self._open_data is not None:
            item = self._items[-1]
            if item is not None:
                item.data[self._open_data] = text if self._keeps_blanks else text.strip()
            self._open_data = None
        elif name == "graph":
            self._items.pop()
            self._directed.pop()
        elif name in {"hyperedge", "port"}:
            self._items.pop()
        elif name == "default" and self._open_key is not None:
            self._open_key.default = text.strip()
        elif name == "key":
            self._open_key = None

    def _start_key(self, attributes: dict[str, str], line: int) -> None:
        key = attributes.get("id")
        if not key or key in self._keys:
            fault = f"is declared twice: {shorten(key)}" if key else "has no id"
            self._reading.refuse(line, f"a key {fault}")
            return
        self._open_key = _Key(
            attributes.get("attr.name", key),
            attributes.get("for", "all"),
            attributes.get("attr.type", "string"),
        )
        self._keys[key] = self._open_key

    def _start_data(self, attributes: dict[str, str], line: int) -> bool:
        item = self._items[-1] if self._items else None
        if item is None:
            return False
        key = attributes.get("key", "")
        if key not in self._keys:
            self._reading.refuse(line, f"no key {shorten(key)} is declared")
            return False
        if key in item.data:
            self._reading.refuse(line, f"the {item.kind} has two data for the key {shorten(key)}")
            return False
        self._open_data = key
        self._keeps_blanks = attributes.get(KEPT_BLANKS) == "preserve"
        return True

    def _close(self, item: _Item | None) -> None:
        """Takes a node or an edge whose end is reached."""
        if item is None:
            return
        values = self._values(item)
        attributes = item.attributes
        if item.kind == "node":
            self.elements.node(
                item.line, attributes.get("id"), values, self._typed_values(item, values)
            )
            return
        said = attributes.get("directed")
        directed = (
            self._directed[-1] if said is None and self._directed else _DIRECTED.get(said or "")
        )
        if directed is None:
            self._reading.refuse(item.line, f"directed is {shorten(said)}: not true or false")
            return
        ends = (attributes.get("source"), attributes.get("target"))
        self.elements.edge(item.line, ends, not directed, values, self._typed_values(item, values))

    def _values(self, item: _Item) -> dict[str, str]:
        """Attributes of an item by their names, with defaults where it says nothing."""
        found = {
            key.name: key.default
            for key in self._keys.values()
            if key.default is not None and key.of in {item.kind, "all"}
        }
        return found | {self._keys[key].name: value for key, value in item.data.items()}

    def _typed_values(self, item: _Item, values: dict[str, str]) -> dict[str, Any]:
        """Attributes of an item as the types that their keys declare; of several of one name that which it says."""
        types = {key.name: key.type for key in self._keys.values() if key.of in {item.kind, "all"}}
        types |= {self._keys[key].name: self._keys[key].type for key in item.data}
        return {name: typed_value(value, types[name]) for name, value in values.items()}


IMPORTER = Importer(
    name="graphml",
    suffixes=(".graphml",),
    summary="GraphML: nodes, edges and nested graphs; undirected edges become links both ways",
    read=read,
    has_labels=True,
)
