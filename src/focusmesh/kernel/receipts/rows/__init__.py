"""Bodies of context receipts with row proofs: the rows that were pushed and the pages that commit to them.

May import: what lies beside this folder.
Start reading at body.py.
"""

from __future__ import annotations
