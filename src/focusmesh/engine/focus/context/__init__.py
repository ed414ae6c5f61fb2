"""Contexts: pushes, sweeps and solves from seeds, and walks drawn from them.

May import: focusmesh.errors, engine.{support,links}, focus.{operator,devices,solve}.
Start reading at context.py, then effort.py.
"""

from __future__ import annotations
