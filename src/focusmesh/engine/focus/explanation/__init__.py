"""Explanations: the strongest walks by which a context reaches a particle.

May import: focusmesh.errors, engine.{support,links}, focus.{operator,solve}.
Start reading at explanation.py, then walks.py.
"""

from __future__ import annotations
