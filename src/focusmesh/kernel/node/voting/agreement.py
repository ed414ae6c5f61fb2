"""How a node agrees with others, and how it stands among them."""

from __future__ import annotations

from dataclasses import dataclass, field

from focusmesh.kernel.consensus import Pace


@dataclass(frozen=True)
class AgreementSettings:
    """``pace`` of rounds; ``forgets``: vote at once though this node has no vote records, and may have voted already.

    ``batch_s``: the least time between signals that go into this validator's lane; each batch costs every validator a
    vote.
    """

    pace: Pace = field(default_factory=Pace)
    forgets: bool = False
    look_s: float = 0.04
    batch_s: float = 0.1
    stale_s: float = 2.0


@dataclass(frozen=True)
class AgreementStatus:
    """How a node stands among validators. ``validators``: those connected, itself if it votes; weights of all."""

    epoch: int
    round: int
    votes: bool
    own_votes: int
    validators: tuple[bytes, ...]
    weight: int
    weight_present: int
    equivocations: int
    decided_ago: float | None
    refused: dict[str, int]
    """Notices and blocks that were refused in this epoch, by why."""
    jailed: int = 0
    """Bonds that are kept from voting."""
