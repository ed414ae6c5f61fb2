"""A ledger as a graph: reads come from memory, edits are signed signals that return when their block is durable.

May import: focusmesh.kernel.{block,runtime,state}, focusmesh.protocol, focusmesh.engine and the leaves.
Start reading at graph.py, then session.py and packets.py.
"""

from __future__ import annotations

from focusmesh.kernel.session.naming import NAME_BYTES_MAX, Particle, is_cid, name_of, particle
from focusmesh.kernel.session.packets import Packet, Signer, Step

__all__ = [
    "NAME_BYTES_MAX",
    "Packet",
    "Particle",
    "Signer",
    "Step",
    "is_cid",
    "name_of",
    "particle",
]
