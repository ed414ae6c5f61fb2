"""The structure: axons by rows both ways in solver order, and its builders, plain and compiled.

May import: focusmesh.errors, engine.support, links.columns.
Start reading at structure.py, then builder.py and rows.py.
"""

from __future__ import annotations
