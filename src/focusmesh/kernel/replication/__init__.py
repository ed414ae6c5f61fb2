"""The node of a network: takes signals, makes or follows blocks, and serves what it has to its peers.

May import: focusmesh.kernel.{availability,block,consensus,runtime,session,state}, focusmesh.protocol, the leaves; each
module only when one of its names is first asked for. Start reading at replica.py, then syncing.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.replication.placing import next_nonce, outcomes, portion_bytes
    from focusmesh.kernel.replication.producer import PATIENCE_MS, Producer

__all__ = ["PATIENCE_MS", "Producer", "next_nonce", "outcomes", "portion_bytes"]

_HOMES = {
    "focusmesh.kernel.replication.placing": ("next_nonce", "outcomes", "portion_bytes"),
    "focusmesh.kernel.replication.producer": ("PATIENCE_MS", "Producer"),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
