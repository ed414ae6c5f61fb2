"""Devices: which backends there are, and which of them does a piece of work.

May import: focusmesh.errors, engine.{support,links}, focus.operator.
Start reading at backend.py.
"""

from __future__ import annotations
