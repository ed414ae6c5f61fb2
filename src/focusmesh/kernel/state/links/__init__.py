"""The links of a ledger in its store: one row a source, changed a block at a time.

May import: kernel.state's rows and store.
Start reading at links.py.
"""

from __future__ import annotations
