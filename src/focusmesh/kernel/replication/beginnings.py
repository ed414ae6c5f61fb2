"""What an engine begins with: where its epoch began, and what was decided in it already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.block import epoch_end
from focusmesh.kernel.consensus import Anchor, Decision, data_digest

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain


def anchor_of(chain: Chain, epoch: int) -> Anchor:
    """The last block of the epoch before."""
    height = epoch_end(epoch - 1, chain.parameters)
    return Anchor(height, chain.header(height).id)


def last_decision(chain: Chain, epoch: int) -> Decision | None:
    """The newest one of an epoch, None where there is none yet. A block may be covered by that of a later one."""
    for height in range(chain.height, epoch_end(epoch - 1, chain.parameters), -1):
        decision = chain.decision_of(height)
        if decision:
            return Decision.from_bytes(decision)
    return None


def travelled(data: bytes, decision: Decision | None) -> bool:
    """Whether these bytes travelled with a decided motion."""
    return decision is not None and data_digest(data) == decision.motion.data
