"""What is known about Markdown notes: front matter, sections, the references in a text.

May import: focusmesh.errors, focusmesh.engine.graph.importers.texts. Start reading at reading.py, then sections.py and
markdown.py.
"""

from __future__ import annotations
