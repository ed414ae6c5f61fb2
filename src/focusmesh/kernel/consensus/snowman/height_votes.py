"""The rounds of one height: in the first a validator notarises what its samples accepted, later ones are Simplex's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.consensus.simplex.round_votes import RoundVoting

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.interface import VoteRecord
    from focusmesh.kernel.consensus.messages import ProposalMessage
    from focusmesh.kernel.consensus.proposal import Decision, Proposal
    from focusmesh.kernel.consensus.round_timer import RoundTimer
    from focusmesh.kernel.consensus.simplex.outbox import Outbox
    from focusmesh.kernel.consensus.simplex.rounds import RoundView
    from focusmesh.kernel.consensus.snowman.heights import HeightKnowledge
    from focusmesh.kernel.consensus.snowman.preference import Preferences
    from focusmesh.protocol.identity import SigningKey

_SAMPLED_ROUNDS = 4
"""Samples have the time of so many rounds before validators vote for its time-out."""


class HeightVoting(RoundVoting):
    """Ends with ``decision``. ``blocks`` are those that samples choose from, which leaders propose again.

    What follows a notarised block before it is decided names the same block once more: a height has one.
    """

    known: HeightKnowledge

    def __init__(
        self,
        known: HeightKnowledge,
        signing: SigningKey | None,
        acts: Outbox,
        patience: RoundTimer,
        resend_ms: int,
        blocks: Preferences,
    ) -> None:
        super().__init__(known, signing, acts, patience, resend_ms, known.height)
        self._blocks = blocks
        self.decision: Decision | None = None
        self._notarised_at: int | None = None

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due."""
        dues = (self._timer, self._leaving_at)
        return min((due for due in dues if due is not None), default=None)

    @property
    def number(self) -> int:
        """The round it is in, by which turns are told apart."""
        return self.known.slots.number(self.round)

    @property
    def is_awake(self) -> bool:
        """Whether there is something to decide: a block that nobody has voted for yet among it."""
        return super().is_awake or (self._blocks.has_open and not self._has_stopped)

    def rouse(self, is_roused: bool) -> None:
        """Whether there is something to make a block of."""
        self._roused = is_roused

    def tick(self, now: int) -> None:
        """Votes for the time-out of a round that took too long."""
        if self._timer is not None and now >= self._timer:
            self.run_out()

    def say_again(self) -> None:
        """Where it is, what it lacks and what it voted."""
        self._validator.say_again()

    def accept(self, digest: bytes) -> bool:
        """Notarises what samples accepted, in round 0 and once: whether it did now."""
        view = self.known.view(0)
        if self.round or view.voted is not None or digest not in self.known.proposals.held:
            return False
        self._validator.notarise(view, digest)
        return True

    def recall(self, vote_record: VoteRecord) -> None:
        """As ``VoteSigner.recall``; what it notarised in round 0 it prefers."""
        self._validator.recall(vote_record)
        voted = self.known.view(0).voted
        tabled = None if voted is None else self.known.proposals.held.get(voted)
        if tabled is not None and voted is not None:
            self._blocks.accept(tabled)
            self.known.proposals.asked.add(voted)

    def _round_ms(self, view: RoundView) -> int:
        times = 1 if view.number else _SAMPLED_ROUNDS
        return times * super()._round_ms(view)

    def _set_timers(self, now: int) -> None:
        super()._set_timers(now)
        self._resend = None

    def _miss(self) -> None:
        if self.round:
            super()._miss()

    @property
    def _has_stopped(self) -> bool:
        return self.decision is not None

    @property
    def _leaving_at(self) -> int | None:
        """A round that is notarised is left after a while: where votes to finalise come, nobody needs another one."""
        at = self._notarised_at
        return None if at is None else at + self._patience.milliseconds

    def _may_leave(self, now: int, view: RoundView) -> bool:
        if view.notarised and self._notarised_at is None:
            self._notarised_at = now
        at = self._leaving_at
        return view.timed_out is not None or (at is not None and now >= at)

    def _duration(self, now: int) -> int | None:
        return super()._duration(now if self._notarised_at is None else self._notarised_at)

    def _enter(self) -> None:
        super()._enter()
        self._notarised_at = None

    def _decide(self, now: int, decision: Decision) -> None:
        self.decision = decision
        self._timer = self._notarised_at = None

    def _ask(self, digest: bytes, tabled: ProposalMessage, parent: Proposal) -> None:
        proposal, proposals = tabled.proposal, self.known.proposals
        if proposal.parent != self.known.root_digest:
            again = (parent.height, parent.subject, parent.data)
            proposals.good[digest] = (proposal.height, proposal.subject, proposal.data) == again
            return
        same = self.known.contents(proposal)
        if same is None:
            super()._ask(digest, tabled, parent)
            return
        proposals.good[digest] = proposals.good[same]
        if same in proposals.unwanted:
            proposals.unwanted.add(digest)

    def _own_block(self, base: Proposal) -> tuple[int, bytes, bytes] | None:
        digest = self._blocks.tip() if self._base == self.known.root_digest else self._base
        tabled = None if digest is None else self._find(digest)
        if tabled is None:
            return None
        return self.known.height, tabled.proposal.subject, tabled.data

    def _find(self, digest: bytes) -> ProposalMessage | None:
        return self.known.proposals.held.get(digest) or self._blocks.find(digest)
