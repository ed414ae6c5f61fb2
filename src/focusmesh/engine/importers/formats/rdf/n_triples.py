"""RDF 1.1 N-Triples: a link a statement, subject → object, the predicate as relation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.registry import Importer

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of an N-Triples file; rdf_lines/terms.py says how terms are called."""
    # Its patterns take a while to compile: only those who read RDF wait for that.
    from focusmesh.engine.importers.rdf_lines.grammar import N_TRIPLES
    from focusmesh.engine.importers.rdf_lines.statements import read_statements

    return read_statements(path, reading, N_TRIPLES)


IMPORTER = Importer(
    name="n-triples",
    suffixes=(".nt", ".ntriples"),
    summary="RDF N-Triples: subject predicate object .",
    read=read,
    has_labels=True,
)
