"""What the notes importer knows about Markdown notes: references in a text, front matter, how links are resolved.

May import: focusmesh.errors. Start reading at markdown.py.
"""

from __future__ import annotations
