"""The operator R: its parameters, row sums and vectors, and how sums are reduced over cores and ranks.

May import: focusmesh.errors, engine.{support,links}.
Start reading at operator.py, then sums.py.
"""

from __future__ import annotations
