"""Graph: named particles, weighted links, the layout that solvers read, importers and the graph file.

May import: focusmesh.errors, focusmesh.ids, focusmesh.engine.{arrays,compiled,files,parallel,progress}.
Start reading at graph.py, then structure.py and building.py.
"""

from __future__ import annotations

from focusmesh.engine.graph.arrow import arrow_table
from focusmesh.engine.graph.building import axon_totals, falling_order, verify_totals
from focusmesh.engine.graph.container import SUFFIX, Section, list_sections
from focusmesh.engine.graph.edits import NO_TIME, Link
from focusmesh.engine.graph.graph import Graph
from focusmesh.engine.graph.importers import (
    BAD_LINES_KEPT,
    BadLine,
    ImportReport,
    read_links,
    read_seeds,
    required_roles,
    time_of,
    usable_weight,
)
from focusmesh.engine.graph.journal import Edited, JournaledGraph, PlainEdits
from focusmesh.engine.graph.links import LinkColumns
from focusmesh.engine.graph.making import checked_edge
from focusmesh.engine.graph.memory import (
    OBSERVATION,
    TYPE,
    MemoryLink,
    entity_link,
    memory_name,
    memory_text,
    observation_link,
    relation_link,
)
from focusmesh.engine.graph.names import Names, label
from focusmesh.engine.graph.rows import LANES, SHORT, Rows
from focusmesh.engine.graph.sectioned import (
    SectionKind,
    SectionStream,
    open_sections,
    write_sections,
)
from focusmesh.engine.graph.sections import (
    InconsistentError,
    names_from_arrays,
    names_to_arrays,
)
from focusmesh.engine.graph.structure import EditedStructure, Structure

__all__ = [
    "BAD_LINES_KEPT",
    "LANES",
    "NO_TIME",
    "OBSERVATION",
    "SHORT",
    "SUFFIX",
    "TYPE",
    "BadLine",
    "Edited",
    "EditedStructure",
    "Graph",
    "ImportReport",
    "InconsistentError",
    "JournaledGraph",
    "Link",
    "LinkColumns",
    "MemoryLink",
    "Names",
    "PlainEdits",
    "Rows",
    "Section",
    "SectionKind",
    "SectionStream",
    "Structure",
    "arrow_table",
    "axon_totals",
    "checked_edge",
    "entity_link",
    "falling_order",
    "label",
    "list_sections",
    "memory_name",
    "memory_text",
    "names_from_arrays",
    "names_to_arrays",
    "observation_link",
    "open_sections",
    "read_links",
    "read_seeds",
    "relation_link",
    "required_roles",
    "time_of",
    "usable_weight",
    "verify_totals",
    "write_sections",
]
