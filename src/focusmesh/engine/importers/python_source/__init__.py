"""What the Python tree importer knows about Python: files, scopes, and how dotted names are resolved.

May import: focusmesh.engine.importers.import_run, focusmesh.errors. Start reading at scopes.py.
"""

from __future__ import annotations
