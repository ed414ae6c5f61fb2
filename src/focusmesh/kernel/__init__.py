"""The kernel: state under one root, blocks, receipts; deterministic, the same on every node.

May import: focusmesh.protocol, focusmesh.engine and the leaves; never a clock, a random source or the environment.
Start reading at block/chain.py, then state/state.py.
"""

from __future__ import annotations
