"""Pajek networks: numbered vertices with labels, then arcs and edges, one a line or as lists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from focusmesh.engine.importers.markup.elements import Elements
from focusmesh.engine.importers.numbered_particles import verify_vertex_count
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.text_rows.lines import text_lines
from focusmesh.engine.links import integer_of, shorten
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns

_WORD = re.compile(r'"([^"]*)"|(\S+)')
_SECTIONS = {"*arcs": 1, "*edges": 1, "*arcslist": 0, "*edgeslist": 0}
"""Sections of links, and whether a link has a weight."""
_PARAMETERS = {"l": "relation", "author": "author", "time": "time"}
"""What of the words behind a weight, each with its value, is a link's; ``l`` is Pajek's label of a line."""
_PASSED_OVER = {"*network", "*partition", "*vector", "*permutation", "*cluster", "*hierarchy"}


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a Pajek file: arcs one way, edges both ways, the third field of each as weight; O(bytes).

    The number of a vertex is its particle's name, its label the text. ``*Arcs :2 "cites"`` gives its links the relation
    ``cites``, and so does ``l "cites"`` behind a weight; ``author`` and ``time`` may stand there too. Matrices and
    networks in time are not read: InputError. What is drawn (places, colours) is passed over.
    """
    network = _Network(path, reading)
    for number, line in text_lines(path, reading):
        if line is not None and line.strip() and not line.lstrip().startswith("%"):
            network.take(number, line.strip())
    return network.columns()


class _Network:
    """Follows the sections of a file."""

    def __init__(self, path: Path, reading: Reading) -> None:
        self._path = path
        self._reading = reading
        self._elements = Elements(reading)
        self._section = ""
        self._relation = ""
        self._count: int | None = None
        self._count_line = 0
        self._declared: set[int] = set()

    def take(self, number: int, line: str) -> None:
        """A line that says something."""
        if line.startswith("*"):
            self._begin(number, line)
        elif self._section == "*vertices":
            self._vertex(number, line)
        elif self._section in _SECTIONS:
            self._links(number, line)
        elif self._section not in _PASSED_OVER:
            self._reading.refuse(number, f"{shorten(line)} stands before *Vertices")

    def columns(self) -> LinkColumns:
        """All links; vertices that the header counts and no line describes are particles without text."""
        if self._count is None:
            raise InputError(f"{self._path}: no *Vertices; a Pajek network begins with them")
        verify_vertex_count(
            self._count, self._reading.line_count, f"{self._path}:{self._count_line}"
        )
        for vertex in range(1, self._count + 1):
            if vertex not in self._declared:
                self._elements.node(self._count_line, str(vertex), {})
        return self._elements.columns()

    def _begin(self, number: int, line: str) -> None:
        """A section: ``*Vertices n`` or one of links."""
        words = _words(line)
        name = words[0].lower()
        self._section = name
        if name == "*vertices":
            count = integer_of(words[1].encode()) if len(words) > 1 else None
            if count is None or count < 0 or self._count is not None:
                more = "a second list of vertices" if self._count is not None else shorten(line)
                raise InputError(
                    f"{self._path}:{number}: {more}: one '*Vertices n' with their number is read"
                )
            self._count, self._count_line = count, number
        elif name in _SECTIONS:
            self._relation = words[-1] if len(words) > 2 and words[1].startswith(":") else ""
        elif name not in _PASSED_OVER:
            raise InputError(
                f"{self._path}:{number}: {shorten(words[0])} is not read, only *Vertices, *Arcs, *Edges, *Arcslist "
                "and *Edgeslist: save the network with one of these"
            )

    def _vertex(self, number: int, line: str) -> None:
        words = _words(line)
        vertex = self._vertex_of(words[0])
        if vertex is None:
            self._reading.refuse(number, f"no vertex has the number {shorten(words[0])}")
            return
        self._declared.add(vertex)
        self._elements.node(number, str(vertex), {"label": words[1]} if len(words) > 1 else {})

    def _links(self, number: int, line: str) -> None:
        words = _words(line)
        weighted = _SECTIONS[self._section]
        ends = words[:2] if weighted else words
        if len(ends) < 2:
            self._reading.refuse(number, f"{shorten(line)} has no target")
            return
        unknown = [word for word in ends if self._vertex_of(word) is None]
        if unknown:
            self._reading.refuse(number, f"no vertex has the number {shorten(unknown[0])}")
            return
        attributes = {"relation": self._relation} if self._relation else {}
        if weighted and len(words) > 2:
            attributes["weight"] = words[2]
            parameters = zip(words[3::2], words[4::2], strict=False)
            attributes |= {
                _PARAMETERS[key]: value for key, value in parameters if key in _PARAMETERS
            }
        source, *targets = (str(self._vertex_of(word)) for word in ends)
        for target in targets:
            self._elements.edge(
                number, (source, target), self._section.startswith("*edges"), attributes
            )

    def _vertex_of(self, word: str) -> int | None:
        vertex = integer_of(word.encode())
        known = vertex is not None and self._count is not None and 1 <= vertex <= self._count
        return vertex if known else None


def _words(line: str) -> list[str]:
    """The words of a line; quoted ones may have blanks."""
    return [
        quoted if quoted is not None else plain
        for quoted, plain in (found.group(1, 2) for found in _WORD.finditer(line))
    ]


IMPORTER = Importer(
    name="pajek",
    suffixes=(".net", ".paj", ".pajek"),
    summary="Pajek networks: numbered vertices, arcs and edges",
    read=read,
    has_labels=True,
)
