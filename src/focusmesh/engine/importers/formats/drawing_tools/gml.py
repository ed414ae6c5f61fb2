"""GML: graphs with lists of keys and values for each node and edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from focusmesh.engine.importers.markup.elements import Elements
from focusmesh.engine.importers.markup.gml_tokens import gml_pairs
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.links import integer_of, shorten
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.markup.gml_tokens import Pair
    from focusmesh.engine.links import LinkColumns

_ITEMS = {"node", "edge"}
_ENDS = {"source", "target"}
_PARALLEL = "key"
"""What NetworkX tells edges between the same nodes of a multigraph apart by; it describes nothing."""


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a GML file: all its graphs together, undirected unless they say ``directed 1`` before their edges.

    The ``id`` of a node is its particle's name, its ``label`` the text; what else nodes and edges say are properties:
    text in quotes, numbers without. Lists within nodes and edges, such as
    ``graphics``, are passed over.
    """
    document = _Document(path, reading)
    for pair in gml_pairs(path, reading):
        document.take(pair)
    return document.elements.columns()


@dataclass(slots=True)
class _Item:
    """A node or an edge that is open."""

    kind: str
    line: int
    values: dict[str, str] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)
    fault: str = ""

    def add(self, pair: Pair) -> None:
        """Takes a value, unless the item has one by that key."""
        if pair.key in self.values:
            self.fault = self.fault or f"the {self.kind} has two values for {shorten(pair.key)}"
        elif not pair.value.isprintable() and not _is_unicode(pair.value):
            self.fault = self.fault or f"the value of {shorten(pair.key)} is not UTF-8"
        self.values.setdefault(pair.key, pair.value)
        self.typed.setdefault(pair.key, pair.value if pair.quoted else _number(pair.value))


class _Document:
    """Follows the lists that are open: graphs, then nodes and edges, then others inside of them."""

    def __init__(self, path: Path, reading: Reading) -> None:
        self.elements = Elements(reading)
        self._path = path
        self._reading = reading
        self._open: list[str] = []
        self._item: _Item | None = None
        self._directed = False
        self._is_parallel = False
        self._edges = 0

    def take(self, pair: Pair) -> None:
        """A key with its value, or the beginning or end of a list."""
        if pair.opens:
            self._begin(pair)
        elif not pair.key:
            self._open.pop()
            if len(self._open) == 1 and self._item is not None:
                self._close(self._item)
                self._item = None
        elif self._item is not None and len(self._open) == 2:
            self._item.add(pair)
        elif self._open == ["graph"] and pair.key == "directed":
            self._direct(pair)
        elif self._open == ["graph"] and pair.key == "multigraph":
            self._is_parallel = pair.value == "1"

    def _begin(self, pair: Pair) -> None:
        self._open.append(pair.key)
        if self._open == ["graph"]:
            self._directed = self._is_parallel = False
            self._edges = 0
        elif self._open[0] != "graph" or pair.key not in {*_ITEMS, "graph"}:
            return
        elif len(self._open) == 2 and pair.key in _ITEMS:
            self._item = _Item(pair.key, pair.line)
        else:
            self._reading.refuse(pair.line, f"a {pair.key} within a {self._open[-2]} is not read")

    def _direct(self, pair: Pair) -> None:
        if pair.value not in {"0", "1"}:
            self._reading.refuse(pair.line, f"directed is {shorten(pair.value)}: not 0 or 1")
            return
        if self._edges and self._directed != (pair.value == "1"):
            raise InputError(
                f"{self._path}:{pair.line}: the graph says that it is directed after its first edge: "
                "move that line before its edges"
            )
        self._directed = pair.value == "1"

    def _close(self, item: _Item) -> None:
        """Takes a node or an edge whose end is reached."""
        values, typed = item.values, item.typed
        self._edges += item.kind == "edge"
        if item.fault:
            self._reading.refuse(item.line, item.fault)
        elif item.kind == "node":
            typed.pop("id", None)
            self.elements.node(item.line, _name(values.pop("id", None)), values, typed)
        else:
            ends = (_name(values.pop("source", None)), _name(values.pop("target", None)))
            passed_over = _ENDS | ({_PARALLEL} if self._is_parallel else set())
            said = {key: value for key, value in typed.items() if key not in passed_over}
            self.elements.edge(item.line, ends, not self._directed, values, said)


def _number(word: str) -> int | float | str:
    """A word without quotes as the number that it is; what is none stays as it is written."""
    for kind in (int, float) if "_" not in word else ():
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def _name(value: str | None) -> str | None:
    """An identifier; one number written two ways, such as 7 and +07, is one name."""
    if value is None or integer_of(value.encode()) is not None:
        return value
    digits = value.lstrip("+-")
    if not digits.isdecimal() or not digits.isascii():
        return value
    sign = "-" if value.startswith("-") and digits.strip("0") else ""
    return sign + (digits.lstrip("0") or "0")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


IMPORTER = Importer(
    name="gml",
    suffixes=(".gml",),
    summary="GML: nodes and edges as lists of keys and values",
    read=read,
    has_labels=True,
)
