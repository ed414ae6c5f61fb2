"""What is known about Markdown notes: front matter, sections, the references in a text.

May import: focusmesh.errors, focusmesh.engine.importers.texts. Start reading at note_reader.py, then sections.py and
markdown.py.
"""

from __future__ import annotations
