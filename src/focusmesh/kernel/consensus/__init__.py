"""Consensus: engines that agree on one chain of blocks, votes and certificates they do it with, proofs against liars.

May import: focusmesh.protocol, focusmesh.errors. Nothing here sends, waits, keeps or decides what a block is.
Start reading at interface.py, then quorum.py (votes and certificates) and solo.py.
"""

from __future__ import annotations

from focusmesh.kernel.consensus.accusing import accuse
from focusmesh.kernel.consensus.agreeing import Cut, Quorum
from focusmesh.kernel.consensus.batches import BATCH_BYTES_MAX, SignalBatch, Tip, in_order
from focusmesh.kernel.consensus.following import Follower, TrustTerms
from focusmesh.kernel.consensus.interface import (
    NOTICE_BYTES_MAX,
    Consensus,
    Effects,
    Inquiry,
    Notice,
    Pledge,
    Turn,
)
from focusmesh.kernel.consensus.mempool import BatchPool
from focusmesh.kernel.consensus.motion import (
    Anchor,
    Decision,
    Motion,
    data_digest,
    end_slot,
)
from focusmesh.kernel.consensus.pacing import Pace
from focusmesh.kernel.consensus.quorum import (
    VOTE_DOMAIN,
    Ballot,
    Certificate,
    Electorate,
    Equivocation,
    Slot,
    Tally,
    Vote,
    conflicts,
    guilty_weight,
)
from focusmesh.kernel.consensus.sampled import Sampling, safety_error
from focusmesh.kernel.consensus.simplex import Simplex
from focusmesh.kernel.consensus.snowman import Snowman
from focusmesh.kernel.consensus.solo import (
    Solo,
)

__all__ = [
    "BATCH_BYTES_MAX",
    "NOTICE_BYTES_MAX",
    "VOTE_DOMAIN",
    "Anchor",
    "Ballot",
    "BatchPool",
    "Certificate",
    "Consensus",
    "Cut",
    "Decision",
    "Effects",
    "Electorate",
    "Equivocation",
    "Follower",
    "Inquiry",
    "Motion",
    "Notice",
    "Pace",
    "Pledge",
    "Quorum",
    "Sampling",
    "SignalBatch",
    "Simplex",
    "Slot",
    "Snowman",
    "Solo",
    "Tally",
    "Tip",
    "TrustTerms",
    "Turn",
    "Vote",
    "accuse",
    "conflicts",
    "data_digest",
    "end_slot",
    "guilty_weight",
    "in_order",
    "safety_error",
]
