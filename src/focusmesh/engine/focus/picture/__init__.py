"""Pictures and HTML of what focus answers.

May import: focusmesh.errors, engine.{support,links}, focus.{operator,solve,context,explanation}.
Start reading at picture.py.
"""

from __future__ import annotations
