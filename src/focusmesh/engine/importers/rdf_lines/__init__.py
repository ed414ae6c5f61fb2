"""What the formats of RDF share: the grammar of a line, the names of terms, blocks of statements, documents.

May import: focusmesh.engine.importers.{import_run,markup,source,text_rows}, focusmesh.engine.links,
focusmesh.errors; pyoxigraph, in documents.py alone. Start reading at statements.py.
"""

from __future__ import annotations
