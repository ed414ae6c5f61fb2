"""Consensus: who may vote with what weight, votes, certificates of more than two thirds, proofs of double votes.

May import: focusmesh.protocol, focusmesh.errors. Nothing here sends, waits or decides what a vote is about.
Start reading at quorum.py.
"""

from __future__ import annotations

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

__all__ = [
    "VOTE_DOMAIN",
    "Ballot",
    "Certificate",
    "Electorate",
    "Equivocation",
    "Slot",
    "Tally",
    "Vote",
    "conflicts",
    "guilty_weight",
]
