"""Importers: files of links, tables and source trees become link columns, with a report of what was bad.

May import: focusmesh.engine.graph.{links,names,arrow,interning}, focusmesh.engine.progress, focusmesh.errors.
Start reading at read.py, then text.py (what the text formats share) and formats/edge_list.py.
"""

from __future__ import annotations

from focusmesh.engine.graph.importers.read import read_links
from focusmesh.engine.graph.importers.registry import Importer, importers
from focusmesh.engine.graph.importers.report import BAD_LINES_KEPT, BadLine, ImportReport
from focusmesh.engine.graph.importers.roles import required_roles
from focusmesh.engine.graph.importers.seeds import read_seeds
from focusmesh.engine.graph.importers.values import time_of, usable_weight

__all__ = [
    "BAD_LINES_KEPT",
    "BadLine",
    "ImportReport",
    "Importer",
    "importers",
    "read_links",
    "read_seeds",
    "required_roles",
    "time_of",
    "usable_weight",
]
