"""The graph file: one memory-mapped container of raw arrays, and files of sections in its layout.

May import: focusmesh.errors, engine.support, the rest of links but its store.
Start reading at container.py, then sections.py.
"""

from __future__ import annotations
