"""The import formats, one module each, all of one shape: read, then what it needs, then IMPORTER.

May import: the rest of focusmesh.engine.graph, focusmesh.errors. Start reading at edge_list.py.
A new format is a new file here: the registry finds it by its IMPORTER.
"""

from __future__ import annotations
