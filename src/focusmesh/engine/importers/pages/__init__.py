"""What is known about HTML pages and PDF files: sections, definitions, links. Needs the extra ``documents``.

May import: focusmesh.errors, focusmesh.engine.importers.texts. Start reading at html.py, then html_walk.py.
"""

from __future__ import annotations
