"""Exporter: what a format has to say of itself, and how a graph comes into a file whole or with an error."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from focusmesh.engine.links import NO_TIME, shorten
from focusmesh.errors import InputError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from focusmesh.engine.exporters.ranked_graph import RankedGraph

_LINES_AT_ONCE = 8_192


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format: ``lines`` yields a file's text in pieces; names and texts have no character of ``forbidden``."""

    name: str
    suffix: str
    lines: Callable[[RankedGraph], Iterator[str]]
    forbidden: re.Pattern[str]
    instead: str
    has_texts: bool = True
    has_properties: bool = True

    def write(self, graph: RankedGraph, file: BinaryIO) -> None:
        """Streams ``graph`` as UTF-8; O(n + m), with the names of particles in memory.

        Raises InputError that names what the format cannot hold, before anything is written.
        """
        self._verify(graph)
        lines = self.lines(graph)
        while block := "".join(islice(lines, _LINES_AT_ONCE)):
            file.write(block.encode())

    def node_attributes(self, graph: RankedGraph) -> tuple[str, ...]:
        """What is written of each particle."""
        has_texts = self.has_texts and graph.links.texts is not None
        more = self._property_names(graph, "node")
        return ("id", "label", *(("text",) if has_texts else ()), *more, "focus", "rank")

    def edge_attributes(self, graph: RankedGraph) -> tuple[str, ...]:
        """What is written of each link."""
        more = self._property_names(graph, "edge")
        return ("source", "target", "weight", *link_labels(graph), *more)

    def _property_names(self, graph: RankedGraph, of: str) -> list[str]:
        found = graph.properties.attributes(of) if self.has_properties else []
        return [name for _, name, _ in found]

    def _verify(self, graph: RankedGraph) -> None:
        if "" in graph.names:
            raise InputError(
                f"a particle's name is empty, which {self.name} cannot hold: give it a name"
            )
        self._verify_all("particle", graph.names, graph.names)
        self._verify_all("relation", graph.relations, graph.relations)
        self._verify_all("author", graph.authors, graph.authors)
        if self.has_texts and graph.links.texts is not None:
            self._verify_all("text of the particle", graph.names, graph.texts())
        if self.has_properties:
            said = list(graph.properties.texts())
            self._verify_all("property", said, said)

    def _verify_all(self, what: str, names: list[str], values: Iterable[str]) -> None:
        search = self.forbidden.search
        for name, value in zip(names, values, strict=True):
            if found := search(value):
                held = " ".join(f"U+{ord(character):04X}" for character in found[0])
                raise InputError(
                    f"the {what} {shorten(name)} has {held}, which {self.name} cannot hold: {self.instead}"
                )


def link_labels(graph: RankedGraph) -> tuple[str, ...]:
    """Which of relation, author and time links have."""
    links = graph.links
    found = {"relation": links.relation, "author": links.author, "time": links.time}
    return tuple(name for name, column in found.items() if column is not None)


def times_of(graph: RankedGraph) -> int:
    """The time that stands for none: that of every edge where links have no times."""
    return 0 if graph.links.time is None else NO_TIME
