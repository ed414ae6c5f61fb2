"""Live focus: scores that stay certified while links are edited.

May import: focusmesh.errors, engine.{support,links}, focus.{operator,solve}.
Start reading at live.py, then keeper.py and ledger.py.
"""

from __future__ import annotations
