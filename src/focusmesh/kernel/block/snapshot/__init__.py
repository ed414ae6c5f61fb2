"""Snapshots of a chain: making, restoring and rebuilding them.

May import: kernel.block.chain and what lies beside this folder.
Start reading at snapshot.py, then restore.py.
"""

from __future__ import annotations
