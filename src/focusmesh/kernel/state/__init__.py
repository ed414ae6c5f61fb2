"""State: one key-space under one Merkle root, in a store that commits a block at a time.

May import: focusmesh.engine, focusmesh.protocol and the leaves.
Start reading at state.py, then working.py and tree.py.
"""

from __future__ import annotations

from focusmesh.kernel.state.parameters import Parameters
from focusmesh.kernel.state.working import NO_RELATION, Working

__all__ = ["NO_RELATION", "Parameters", "Working"]
