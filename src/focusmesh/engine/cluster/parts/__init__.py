"""Parts of a graph that is too large for one machine: consecutive particles each, in files with a manifest.

May import: focusmesh.engine.{arrays,files,focus,graph,parallel,progress}. Start reading at part.py, then making.py
(parts of a graph in this process) and folder.py.
"""

from __future__ import annotations

from focusmesh.engine.cluster.parts.cutting import verify_count
from focusmesh.engine.cluster.parts.folder import open_part, write_parts
from focusmesh.engine.cluster.parts.joining import join_parts
from focusmesh.engine.cluster.parts.making import make_parts
from focusmesh.engine.cluster.parts.manifest import Manifest, PartFile, open_manifest
from focusmesh.engine.cluster.parts.part import READ_INWARD, READ_OUTWARD, Part, Whole
from focusmesh.engine.cluster.parts.part_file import verify_folder

__all__ = [
    "READ_INWARD",
    "READ_OUTWARD",
    "Manifest",
    "Part",
    "PartFile",
    "Whole",
    "join_parts",
    "make_parts",
    "open_manifest",
    "open_part",
    "verify_count",
    "verify_folder",
    "write_parts",
]
