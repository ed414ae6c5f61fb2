"""Documents in sections, whatever they were written in: how they are called, linked and laid out as particles.

May import: focusmesh.errors, what importers share, focusmesh.engine.graph.{links,names}. Start reading at document.py,
then linking.py.
"""

from __future__ import annotations
