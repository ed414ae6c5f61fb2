"""DOT, the language of Graphviz: nodes and edges with attributes, within graphs and subgraphs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from focusmesh.engine.importers.markup.dot_tokens import DotTokens
from focusmesh.engine.importers.markup.elements import LABEL_NAMES, TEXT_NAMES, Elements
from focusmesh.engine.importers.registry import Importer

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns

_DEPTH_MAX = 100
_GROUPED_EDGES_MAX = 1 << 24
_BREAK = re.compile(r"\\[nlr]")


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of all graphs of a DOT file together, both ways in those that are not ``digraph``; O(bytes), held whole.

    An edge from or to a group is one for each of its nodes, 2²⁴ of such at most. The attributes ``weight`` and
    ``label`` of an edge are its weight and its relation; defaults (``edge [weight=2]``) hold for what comes after. In a
    ``strict`` graph edges between the same nodes are one. What edges look like (``dir`` among it) counts for nothing.
    """
    document = _Document(DotTokens(path, reading), Elements(reading), reading.columns.get("text"))
    document.read_graphs()
    return document.columns()


@dataclass(slots=True)
class _Defaults:
    """Attributes that what is made from here on has: a subgraph begins with those around it."""

    node: dict[str, str] = field(default_factory=dict)
    edge: dict[str, str] = field(default_factory=dict)


class _Document:
    """Follows the grammar, and hands on edges as they come, nodes at the end: attributes may be added to them."""

    def __init__(self, tokens: DotTokens, elements: Elements, text_name: str | None) -> None:
        self._tokens = tokens
        self._elements = elements
        self._kept = {*TEXT_NAMES, *LABEL_NAMES}
        self._text_name = text_name
        self._nodes: dict[str, tuple[int, dict[str, str]]] = {}
        self._arrow = ""
        self._strict: dict[tuple[str, str], tuple[int, dict[str, str]]] | None = None
        self._grouped_count = 0

    def read_graphs(self) -> None:
        """All graphs of the file."""
        tokens = self._tokens
        while tokens.next.kind != "end":
            self._strict = {} if tokens.take_if("keyword", "strict") else None
            is_directed = tokens.take_if("keyword", "digraph")
            if not is_directed:
                tokens.expect("keyword", "graph")
            self._arrow = "->" if is_directed else "--"
            if tokens.next.kind == "id":
                tokens.take()
            self._group(_Defaults(), depth=0)
            for ends, (line, attributes) in (self._strict or {}).items():
                self._elements.edge(line, ends, not is_directed, attributes)

    def columns(self) -> LinkColumns:
        """The links."""
        for name, (line, attributes) in self._nodes.items():
            self._elements.node(line, name, attributes)
        return self._elements.columns()

    def _group(self, defaults: _Defaults, depth: int) -> dict[str, None]:
        """The statements between braces; the nodes that they name."""
        if depth > _DEPTH_MAX:
            self._tokens.fail(f"groups are nested deeper than {_DEPTH_MAX}")
        self._tokens.expect("mark", "{")
        found: dict[str, None] = {}
        while not self._tokens.take_if("mark", "}"):
            if not self._tokens.take_if("mark", ";"):
                found |= self._statement(defaults, depth)
        return found

    def _statement(self, defaults: _Defaults, depth: int) -> dict[str, None]:
        tokens = self._tokens
        if tokens.next.kind == "keyword" and tokens.next.text in ("graph", "node", "edge"):
            given, what = {"node": defaults.node, "edge": defaults.edge}, tokens.take().text
            given.get(what, {}).update(self._attributes())
            return {}
        line = tokens.line(tokens.next.at)
        first = self._end(defaults, depth)
        is_node = first.is_node
        if is_node and tokens.take_if("mark", "="):
            tokens.expect("id")
            return {}
        chain = [self._declare(first, defaults, line)]
        while tokens.next.kind == "arrow":
            if tokens.take().text != self._arrow:
                tokens.fail(f"another arrow than the {self._arrow} of this kind of graph")
            chain.append(self._declare(self._end(defaults, depth), defaults, line))
        attributes = self._attributes() if tokens.next[:2] == ("mark", "[") else {}
        if len(chain) > 1:
            for sources, targets in pairwise(chain):
                self._edges(line, sources, targets, defaults.edge | attributes)
        elif is_node:
            (name,) = chain[0]
            self._nodes[name][1].update(self._of_nodes(attributes))
        return dict.fromkeys(name for names in chain for name in names)

    def _end(self, defaults: _Defaults, depth: int) -> _End:
        """A node without its port, or a group."""
        tokens = self._tokens
        if tokens.take_if("keyword", "subgraph"):
            if tokens.next.kind == "id":
                tokens.take()
        elif tokens.next[:2] != ("mark", "{"):
            name = tokens.expect("id").text
            while tokens.take_if("mark", ":"):
                tokens.expect("id")
            return _End([name], is_node=True)
        inner = _Defaults(dict(defaults.node), dict(defaults.edge))
        return _End(list(self._group(inner, depth + 1)), is_node=False)

    def _declare(self, end: _End, defaults: _Defaults, line: int) -> list[str]:
        """The nodes of an end, which are there from now on."""
        for name in end.names:
            if name not in self._nodes:
                self._nodes[name] = line, self._of_nodes(defaults.node)
        return end.names

    def _edges(
        self, line: int, sources: list[str], targets: list[str], attributes: dict[str, str]
    ) -> None:
        """An edge from each to each."""
        count = len(sources) * len(targets)
        self._grouped_count += count if count > 1 else 0
        if self._grouped_count > _GROUPED_EDGES_MAX:
            self._tokens.fail(f"edges between groups stand for more than {_GROUPED_EDGES_MAX:,}")
        for ends in ((source, target) for source in sources for target in targets):
            if self._strict is None:
                self._elements.edge(line, ends, self._arrow == "--", attributes)
                continue
            backwards = ends[::-1]
            is_backwards = self._arrow == "--" and backwards in self._strict
            first = self._strict.setdefault(backwards if is_backwards else ends, (line, {}))
            first[1].update(attributes)

    def _attributes(self) -> dict[str, str]:
        """Lists in brackets, one after the other."""
        tokens, found = self._tokens, dict[str, str]()
        tokens.expect("mark", "[")
        while True:
            if tokens.take_if("mark", "]"):
                if not tokens.take_if("mark", "["):
                    return found
            elif not tokens.take_if("mark", ",") and not tokens.take_if("mark", ";"):
                key = tokens.expect("id").text
                # A key alone says "true", as in Graphviz.
                found[key] = tokens.expect("id").text if tokens.take_if("mark", "=") else "true"

    def _of_nodes(self, attributes: dict[str, str]) -> dict[str, str]:
        """Those that say something of a node, rather than of its looks; a label's breaks are ends of line."""
        return {
            key: _BREAK.sub("\n", value)
            for key, value in attributes.items()
            if (key == self._text_name or key.casefold() in self._kept) and value != "\\N"
        }


@dataclass(frozen=True, slots=True)
class _End:
    """The nodes at one end of an edge."""

    names: list[str]
    is_node: bool


IMPORTER = Importer(
    name="dot",
    suffixes=(".dot", ".gv"),
    summary="DOT of Graphviz: nodes and edges with attributes, subgraphs",
    read=read,
    has_labels=True,
)
