"""SIF, the simple interaction format of Cytoscape: a node, an interaction, and the nodes that it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.markup.elements import Elements
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.text_rows.lines import text_lines
from focusmesh.engine.links import shorten

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a SIF file: ``source interaction target …`` a line, the interaction as relation; O(bytes).

    Where a line has a tab, tabs part its fields, and names may have blanks; elsewhere blanks do. A line with one field
    is a node without links. A line that says again what an earlier one said is one more link, as Cytoscape draws it.
    """
    elements = Elements(reading)
    declared: set[str] = set()
    for number, line in text_lines(path, reading):
        if line is None or not line.strip():
            continue
        fields = _fields(line)
        if len(fields) == 2 or not all(fields):
            reading.refuse(
                number, f"{shorten(line)} is neither a node nor a node, an interaction and nodes"
            )
            continue
        ends = [fields[0], *fields[2:]]
        for name in ends:
            if name not in declared:
                declared.add(name)
                elements.node(number, name, {})
        for target in ends[1:]:
            elements.edge(number, (ends[0], target), False, {"relation": fields[1]})
    return elements.columns()


def _fields(line: str) -> list[str]:
    """The fields of a line; a tab at its end ends it."""
    if "\t" not in line.strip():
        return line.split()
    return [field.strip() for field in line.rstrip().split("\t")]


IMPORTER = Importer(
    name="sif",
    suffixes=(".sif",),
    summary="SIF (Cytoscape): a node, an interaction and the nodes that it reaches, a line each",
    read=read,
)
