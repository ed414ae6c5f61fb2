"""Parts of a graph that is too large for one machine: consecutive particles each, in files with a manifest.

May import: focusmesh.engine.{support,links,focus,graph}. Start reading at part.py, then builder.py
(parts of a graph in this process) and folder.py.
"""

from __future__ import annotations

from focusmesh.engine.cluster.parts.builder import make_parts as make_parts
from focusmesh.engine.cluster.parts.cut import verify_count as verify_count
from focusmesh.engine.cluster.parts.folder import open_part as open_part
from focusmesh.engine.cluster.parts.folder import write_parts as write_parts
from focusmesh.engine.cluster.parts.join import join_parts as join_parts
from focusmesh.engine.cluster.parts.manifest import Manifest as Manifest
from focusmesh.engine.cluster.parts.manifest import PartFile as PartFile
from focusmesh.engine.cluster.parts.manifest import open_manifest as open_manifest
from focusmesh.engine.cluster.parts.part import READ_INWARD as READ_INWARD
from focusmesh.engine.cluster.parts.part import READ_OUTWARD as READ_OUTWARD
from focusmesh.engine.cluster.parts.part import Part as Part
from focusmesh.engine.cluster.parts.part import Whole as Whole
from focusmesh.engine.cluster.parts.part_file import verify_folder as verify_folder
