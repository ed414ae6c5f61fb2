"""Names of particles and labels, and the dense indices that they become.

May import: focusmesh.errors, focusmesh.ids, engine.support.
Start reading at names.py, then interning.py.
"""

from __future__ import annotations
