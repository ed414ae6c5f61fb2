"""Tables: columns and roles, values as people write them, rows put together into link columns, Arrow.

May import: focusmesh.errors, engine.support, links.{columns,edits,names}.
Start reading at assembly.py.
"""

from __future__ import annotations
