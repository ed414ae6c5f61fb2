"""The node of a network: takes signals, makes or follows blocks, and serves what it has to its peers.

May import: focusmesh.kernel.{availability,block,consensus,runtime,session,state}, focusmesh.protocol, the leaves; each
module only when one of its names is first asked for. Start reading at replica.py, then syncing.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.replication.agreement import AgreementSettings, AgreementStatus
    from focusmesh.kernel.replication.finality import FINALITY_BUCKETS, Finality
    from focusmesh.kernel.replication.joining import Joining
    from focusmesh.kernel.replication.mempool import Mempool, MempoolLimits, NoUsers
    from focusmesh.kernel.replication.peers import PeerLimits, Peers, fresh_scores
    from focusmesh.kernel.replication.placing import (
        BLOCK_BYTES,
        next_nonce,
        outcomes,
        portion_bytes,
    )
    from focusmesh.kernel.replication.producer import PATIENCE_MS, Producer
    from focusmesh.kernel.replication.replica import (
        AgreedParts,
        Replica,
        ReplicaSettings,
        ReplicaStatus,
    )
    from focusmesh.kernel.replication.squares import PeerSquares
    from focusmesh.kernel.replication.working import AtOnce, Workers

__all__ = [
    "BLOCK_BYTES",
    "FINALITY_BUCKETS",
    "PATIENCE_MS",
    "AgreedParts",
    "AgreementSettings",
    "AgreementStatus",
    "AtOnce",
    "Finality",
    "Joining",
    "Mempool",
    "MempoolLimits",
    "NoUsers",
    "PeerLimits",
    "PeerSquares",
    "Peers",
    "Producer",
    "Replica",
    "ReplicaSettings",
    "ReplicaStatus",
    "Workers",
    "fresh_scores",
    "next_nonce",
    "outcomes",
    "portion_bytes",
]

_HOMES = {
    "focusmesh.kernel.replication.agreement": ("AgreementSettings", "AgreementStatus"),
    "focusmesh.kernel.replication.finality": ("FINALITY_BUCKETS", "Finality"),
    "focusmesh.kernel.replication.joining": ("Joining",),
    "focusmesh.kernel.replication.mempool": ("Mempool", "MempoolLimits", "NoUsers"),
    "focusmesh.kernel.replication.peers": ("PeerLimits", "Peers", "fresh_scores"),
    "focusmesh.kernel.replication.placing": (
        "BLOCK_BYTES",
        "next_nonce",
        "outcomes",
        "portion_bytes",
    ),
    "focusmesh.kernel.replication.producer": ("PATIENCE_MS", "Producer"),
    "focusmesh.kernel.replication.replica": (
        *("AgreedParts", "Replica", "ReplicaSettings", "ReplicaStatus"),
    ),
    "focusmesh.kernel.replication.squares": ("PeerSquares",),
    "focusmesh.kernel.replication.working": ("AtOnce", "Workers"),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
