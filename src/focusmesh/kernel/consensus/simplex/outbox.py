"""What a validator says: effects as they gather during one call, and answers to who lags behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.consensus.interface import (
    Effects,
    LeaderSlot,
    Message,
    ValidationRequest,
    VoteRecord,
)
from focusmesh.kernel.consensus.messages import write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.consensus.messages import Said, Sampled, SyncStatus
    from focusmesh.kernel.consensus.proposal import Decision
    from focusmesh.kernel.consensus.quorum import Equivocation, Vote
    from focusmesh.kernel.consensus.simplex.knowledge import Knowledge

_ROUNDS_MAX = 8


class Outbox:
    """Effects in the making."""

    def __init__(self) -> None:
        self.vote_records: list[VoteRecord] = []
        self.notices: list[Message] = []
        self.inquiries: list[ValidationRequest] = []
        self.turns: list[LeaderSlot] = []
        self.decisions: list[Decision] = []
        self.conflicts: list[Decision] = []
        self.evidence: list[Equivocation] = []

    def say(self, notice: Sampled, to: bytes | None = None) -> None:
        """To one validator, or to all."""
        self.notices.append(Message(to, write(notice)))

    def take_effects(self) -> Effects:
        """As they are carried out; the next ones begin empty."""
        effects = Effects(
            tuple(self.vote_records),
            tuple(self.notices),
            tuple(self.inquiries),
            tuple(self.turns),
            tuple(self.decisions),
            tuple(self.conflicts),
            tuple(self.evidence),
        )
        for gathered in vars(self).values():
            gathered.clear()
        return effects


def answers(known: Knowledge, asked: SyncStatus, finals: Iterable[Vote]) -> list[Said]:
    """What helps a validator on from where it is: the last decision, certificates, proposals it lacks, our votes."""
    found: list[Said] = []
    if known.decision is not None and asked.final < known.root.round:
        found.append(known.decision)
    first = max(asked.round, known.root.round + 1)
    behind = range(first, min(first + _ROUNDS_MAX, known.current))
    numbers = sorted({*behind, *asked.rounds})
    for number in numbers:
        if number in known.rounds:
            found.extend(known.rounds[number].certificates())
    found.extend(
        known.proposals.held[each] for each in asked.proposals if each in known.proposals.held
    )
    found.extend(vote for vote in finals if vote.ballot.slot.round > asked.final)
    return found
