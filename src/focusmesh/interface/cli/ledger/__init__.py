"""Commands of a ledger: its node, transactions, queries, proofs, backups.

May import: interface.cli.shared, interface.cli.keys.
Start reading at node.py, then tx.py.
"""

from __future__ import annotations
