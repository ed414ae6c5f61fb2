"""Snowman in two phases: samples choose what is notarised, and only what a quorum notarised is finalised.

In round 0 of a height a validator signs what its samples accepted in the *notarise* slot. Who holds signatures of a
quorum there signs the *end* slot, and a quorum of those is final. Where nothing is notarised in time, validators vote
for the time-out of round 0, in the same end slot, and rounds 1, 2, … of Simplex follow for this height: so acceptances
that are split stop nothing. The next height begins with samples again. It is the idea of Frosty (Buchwald et al.,
arXiv 2404.14250), which assumes that less than a fifth lies; the votes and the argument are those of Simplex (Chan
and Pass 2023), for which less than a third is enough: docs/explanation/consensus.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from focusmesh.kernel.consensus.messages import SyncStatus
from focusmesh.kernel.consensus.quorum import Certificate
from focusmesh.kernel.consensus.slots import SNOWMAN_ENGINE
from focusmesh.kernel.consensus.snowman.heights import HeightVotes, anchor_block
from focusmesh.kernel.consensus.snowman.sample_signer import SampleSigner
from focusmesh.kernel.consensus.snowman.snowman import Snowman

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.interface import Effects
    from focusmesh.kernel.consensus.messages import ProposalMessage, Sampled
    from focusmesh.kernel.consensus.proposal import Decision, Proposal
    from focusmesh.kernel.consensus.quorum import Slot, Vote
    from focusmesh.protocol.identity import SigningKey


class TwoPhaseSnowman(Snowman):
    """One epoch as one node sees it, in networks whose rules can change. All is given as for ``Snowman``."""

    known: HeightVotes
    _accepter: SampleSigner
    _engine: ClassVar[str] = SNOWMAN_ENGINE
    _votes: ClassVar[type[HeightVotes]] = HeightVotes
    _signer_type: ClassVar[type[SampleSigner]] = SampleSigner
    _now = 0

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due; None while it rests."""
        rounds = None if self._has_stopped else self._accepter.rounds.deadline
        dues = (super().deadline, rounds)
        return min((due for due in dues if due is not None), default=None)

    @property
    def round(self) -> int:
        """That of the height that is decided next: turns for another one are over."""
        return self._accepter.rounds.number

    @property
    def round_told(self) -> int:
        """The round of that height."""
        return self._accepter.rounds.round

    @property
    def base(self) -> bytes | None:
        """The last decided block, while there is a turn; None else."""
        return super().base if self._is_sampling else self._accepter.rounds.base

    @property
    def root(self) -> Proposal:
        """The last decided proposal, or where the epoch begins."""
        return self.known.root

    def own_proposal(self, number: int) -> bytes | None:
        """The digest of its own proposal of a round, if it made one that is not decided."""
        rounds = self._accepter.rounds
        if number == rounds.known.slots.number(0):
            return super().own_proposal(rounds.known.height)
        return rounds.own_proposal(number - rounds.known.slots.number(0))

    def number(self, proposal: Proposal) -> int:
        """By which proposals are ordered: the height, then the round."""
        return self.known.slots(proposal.height).number(proposal.round)

    def holds(self, digest: bytes) -> bool:
        """Whether a proposal is known and open."""
        return super().holds(digest) or digest in self._accepter.rounds.known.proposals.held

    def tick(self, now: int) -> Effects:
        """As of ``Snowman``; votes for the time-out of a round that took too long."""
        if not self._has_stopped:
            self._accepter.rounds.tick(now)
        return super().tick(now)

    def propose(self, now: int, round_: int, subject: bytes, data: bytes) -> Effects:
        """Moves a block, in answer to a turn."""
        if self._is_sampling:
            return super().propose(now, round_, subject, data)
        rounds = self._accepter.rounds
        rounds.propose_block(round_ - rounds.known.slots.number(0), subject, data)
        return self._finish(now)

    def judge(self, now: int, digest: bytes, good: bool, wanted: bool = True) -> Effects:
        """Whether the block of a proposal is valid, and whether this validator is to vote for it."""
        self._accepter.rounds.judge_block(digest, good, wanted)
        return super().judge(now, digest, good, wanted)

    def _signer(self, signing: SigningKey | None) -> SampleSigner:
        given = self.known, self._blocks, signing, self._acts
        return self._signer_type(*given, self._patience, self._resend_ms)

    def _next_parent(self, decided: Proposal) -> Proposal:
        return anchor_block(decided)

    # What it hears.

    def _hear(self, now: int, sender: bytes, said: Sampled) -> None:
        rounds = self._accepter.rounds
        if isinstance(said, Certificate):
            self._hear_certificate(said)
            return
        super()._hear(now, sender, said)
        if isinstance(said, SyncStatus) and said.final == self.root.height:
            asked = tuple(each for each in said.proposals if self._blocks.find(each) is None)
            rounds.answer(now, sender, said._replace(final=-1, proposals=asked))

    def _hear_certificate(self, certificate: Certificate) -> None:
        self.known.add_certificate(certificate)
        slot, value = certificate.ballot
        if self.known.height_of(certificate.ballot) == self._accepter.rounds.known.height:
            self._wake(slot, value)

    def _hear_vote(self, now: int, sender: bytes, vote: Vote) -> None:
        self.known.add(vote)
        slot, height = vote.ballot.slot, self.known.height_of(vote.ballot)
        if slot.height != self._epoch:
            return
        if height <= self.root.height:
            self._tell(now, sender, height - 1)
        elif height == self._accepter.rounds.known.height:
            self._accepter.rounds.note_heard(now, sender, vote)
            self._wake(slot, vote.ballot.value)
        else:
            # Somebody has decided this height.
            self._woken = True

    def _wake(self, slot: Slot, value: bytes) -> None:
        self._accepter.rounds.wake(slot.height, slot.round)
        if value and not slot.round:
            self._seek(value)

    def _receive_proposal(self, now: int, sender: bytes, tabled: ProposalMessage) -> None:
        proposal, rounds = tabled.proposal, self._accepter.rounds
        if proposal.epoch != self._epoch:
            return
        if proposal.round == 0:
            super()._receive_proposal(now, sender, tabled)
            self._accepter.hold(tabled)
        elif proposal.height == rounds.known.height:
            self.known.add_proposal(tabled)
            rounds.note_heard(now, sender, tabled)
            rounds.wake(proposal.epoch, proposal.round)
        elif proposal.height <= self.root.height:
            self._tell(now, sender, proposal.height - 1)

    # What it does.

    def _finish(self, now: int) -> Effects:
        self._now = now
        return super()._finish(now)

    @property
    def _needs_mover(self) -> bool:
        return self._is_sampling and super()._needs_mover

    @property
    def _is_sampling(self) -> bool:
        return self._accepter.rounds.round == 0

    @property
    def _may_sample(self) -> bool:
        return self._is_sampling and super()._may_sample

    @property
    def _is_busy(self) -> bool:
        return self._roused or self._woken or self._accepter.rounds.is_awake

    def _final(self) -> Decision | None:
        rounds = self._accepter.rounds
        rounds.rouse(self._roused)
        rounds.advance(self._now)
        return rounds.decision

    def _take_slot(self) -> None:
        if self._is_sampling:
            super()._take_slot()
