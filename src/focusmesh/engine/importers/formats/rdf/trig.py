"""TriG, through the extra ``rdf``: a link a statement, subject → object, the predicate as relation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.registry import Importer

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a TriG file; see rdf_lines/documents.py, and terms.py for how terms are called."""
    from focusmesh.engine.importers.rdf_lines.documents import TRIG, read_document

    return read_document(path, reading, TRIG)


IMPORTER = Importer(
    name="trig",
    suffixes=(".trig",),
    summary="RDF 1.1 TriG: Turtle with named graphs",
    read=read,
    has_labels=True,
)
