"""RDF documents (Turtle, TriG, RDF/XML, JSON-LD): pyoxigraph reads them, and what it finds is read as N-Quads.

Nothing is fetched: a remote context of JSON-LD and an external entity of XML are refused.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.engine.importers.rdf_lines.grammar import N_QUADS
from focusmesh.engine.importers.rdf_lines.labels import call_resources
from focusmesh.engine.importers.rdf_lines.statements import Statements
from focusmesh.engine.importers.rdf_lines.xml_bounds import XmlBounds
from focusmesh.engine.importers.source import Source
from focusmesh.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns

_STATEMENTS_AT_ONCE = 1 << 14
_ANONYMOUS = re.compile(r"_:[a-f][0-9a-f]{19,31}")
"""What the library calls a blank node without a label: a random number."""
_PLACE = re.compile(r"^Parser error (?:at|between) .*?: ")


class Language(NamedTuple):
    """How a language is called, here and by pyoxigraph."""

    title: str
    code: str


TURTLE = Language("Turtle", "TURTLE")
TRIG = Language("TriG", "TRIG")
RDF_XML = Language("RDF/XML", "RDF_XML")
JSON_LD = Language("JSON-LD", "JSON_LD")


def read_document(path: Path, reading: Reading, language: Language) -> LinkColumns:
    """Links of the statements of a document: subject → object, the predicate as relation, the graph as author.

    Blank nodes without a label are called ``_:b1``, ``_:b2`` … in order of appearance. A statement about a statement
    (RDF 1.2) is refused, with its place among the statements. Streams, except JSON-LD. Raises InputError with the line
    of what is not well-formed, since nothing can be told of what follows; MissingExtraError without the extra ``rdf``.
    """
    oxigraph = _library(language)
    statements = Statements(reading, N_QUADS, of_lines=False)
    with Source(path, reading) as source:
        document = _Document(source, XmlBounds(path) if language is RDF_XML else None)
        try:
            found = oxigraph.parse(document, format=getattr(oxigraph.RdfFormat, language.code))
            while quads := list(islice(found, _STATEMENTS_AT_ONCE)):
                statements.take(oxigraph.serialize(quads, format=oxigraph.RdfFormat.N_QUADS))
                if reading.first is not None and statements.count >= reading.first:
                    break
        except SyntaxError as error:
            raise InputError(_fault(path, language, error)) from error
        except MemoryError as error:
            raise InputError(f"{path}: a term is longer than may be: {error}") from error
    statements.rename_blank_nodes(_ANONYMOUS)
    links = statements.columns()
    reading.line_count = document.line_count
    return call_resources(links) if reading.by_label else links


class _Document:
    """The bytes of a document as the library asks for them, with its lines counted."""

    def __init__(self, source: Source, bounds: XmlBounds | None) -> None:
        self._source = source
        self._bounds = bounds
        self._is_begun = self._is_ended = False
        self._ends_open = False
        self.line_count = 0

    def read(self, size: int) -> bytes:
        """About ``size`` bytes, none at the end."""
        data = self._source.read(size) if self._is_begun else self._source.head(size)
        self._is_begun = True
        if self._bounds is not None and not self._is_ended:
            self._bounds.feed(data)
        if data:
            self._ends_open = not data.endswith(b"\n")
            self.line_count += data.count(b"\n")
        elif not self._is_ended:
            self._is_ended = True
            self.line_count += self._ends_open
        return data


def _library(language: Language) -> Any:
    try:
        import pyoxigraph
    except ImportError:
        raise MissingExtraError("rdf", f"reading {language.title}") from None
    return pyoxigraph


def _fault(path: Path, language: Language, error: SyntaxError) -> str:
    """What the library says of a document that it cannot read, and what helps."""
    told = error.msg
    where = f"{path}:{error.lineno}" if error.lineno else str(path)
    words = _PLACE.sub("", told)
    if "No scheme found" in told:
        words = "an IRI is relative, and the document names no base: name one (@base, xml:base)"
    elif "LoadDocumentCallback" in told:
        words = (
            "its @context is an address, and nothing is fetched: write the context into the file"
        )
    return f"{where}: not {language.title}: {words}; nothing was imported"
