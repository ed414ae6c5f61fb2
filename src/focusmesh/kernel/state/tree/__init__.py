"""The sparse Merkle tree over the state's keys: records, batches of changes, proofs, audits.

May import: kernel.state's store, hashing and key space.
Start reading at tree.py, then update.py.
"""

from __future__ import annotations
