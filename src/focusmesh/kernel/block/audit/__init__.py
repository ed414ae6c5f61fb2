"""Checks of a whole chain, record by record.

May import: kernel.block.chain and kernel.block.snapshot.
Start reading at verification.py, then audit.py.
"""

from __future__ import annotations
