"""Rows of links: records, the pages that they commit to, proofs.

May import: kernel.state's hashing.
Start reading at records.py, then proof.py.
"""

from __future__ import annotations
