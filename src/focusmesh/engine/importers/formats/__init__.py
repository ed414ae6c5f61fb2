"""The import formats, one module each, all of one shape: read, then what it needs, then IMPORTER.

May import: focusmesh.errors, focusmesh.engine.links, what importers share. Start reading at edge_list.py.
A new format is a new file here and a line in the registry's FORMATS.
"""

from __future__ import annotations
