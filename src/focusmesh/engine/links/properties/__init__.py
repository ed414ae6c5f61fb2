"""Properties and labels: typed, sparse values of particles and links, and labels of particles.

May import: focusmesh.errors, engine.support, the names of links.
Start reading at properties.py, then table.py.
"""

from __future__ import annotations
