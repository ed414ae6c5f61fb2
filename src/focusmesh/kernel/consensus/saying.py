"""What a voter says: effects as they gather during one call, and answers to who lags behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.consensus.interface import Effects, Inquiry, Notice, Pledge, Turn
from focusmesh.kernel.consensus.notices import write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.consensus.knowledge import Knowledge
    from focusmesh.kernel.consensus.motion import Decision
    from focusmesh.kernel.consensus.notices import Said, Sampled, Whereabouts
    from focusmesh.kernel.consensus.quorum import Equivocation, Vote

_ROUNDS_MAX = 8


class Acts:
    """Effects in the making."""

    def __init__(self) -> None:
        self.pledges: list[Pledge] = []
        self.notices: list[Notice] = []
        self.inquiries: list[Inquiry] = []
        self.turns: list[Turn] = []
        self.decisions: list[Decision] = []
        self.conflicts: list[Decision] = []
        self.evidence: list[Equivocation] = []

    def say(self, notice: Sampled, to: bytes | None = None) -> None:
        """To one voter, or to all."""
        self.notices.append(Notice(to, write(notice)))

    def done(self) -> Effects:
        """As they are carried out; the next ones begin empty."""
        effects = Effects(
            tuple(self.pledges),
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


def answers(known: Knowledge, asked: Whereabouts, finals: Iterable[Vote]) -> list[Said]:
    """What helps a voter on that is where it says: the last decision, certificates and motions it lacks, our votes."""
    found: list[Said] = []
    if known.decision is not None and asked.final < known.root.round:
        found.append(known.decision)
    first = max(asked.round, known.root.round + 1)
    behind = range(first, min(first + _ROUNDS_MAX, known.current))
    numbers = sorted({*behind, *asked.rounds})
    for number in numbers:
        if number in known.rounds:
            found.extend(known.rounds[number].certificates())
    found.extend(known.motions.held[each] for each in asked.motions if each in known.motions.held)
    found.extend(vote for vote in finals if vote.ballot.slot.round > asked.final)
    return found
