"""What N-Triples and N-Quads share: the grammar of a line, the names of terms, blocks of statements.

May import: focusmesh.engine.graph.importers.{objects,reading,source}, focusmesh.engine.graph.{links,names},
focusmesh.errors. Start reading at statements.py.
"""

from __future__ import annotations
