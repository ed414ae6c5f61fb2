"""What the Python tree importer knows about Python: files, scopes, and how dotted names are resolved.

May import: focusmesh.engine.graph.importers.reading, focusmesh.errors. Start reading at scopes.py.
"""

from __future__ import annotations
