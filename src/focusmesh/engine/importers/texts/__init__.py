"""Documents in sections, whatever they were written in: how they are called, linked and laid out as particles.

May import: focusmesh.errors, what importers share, focusmesh.engine.links. Start reading at document.py,
then section_links.py.
"""

from __future__ import annotations
