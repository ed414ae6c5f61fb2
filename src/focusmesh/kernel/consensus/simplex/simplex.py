"""Simplex (Chan and Pass, "Simplex Consensus: A Simple and Fast Consensus Protocol", TCC 2023, eprint 2023/463).

A round has one leader, whose proposal extends a notarised one. A validator votes for at most one proposal of a round;
when its time runs out, for the time-out too. A quorum for either ends the round. Who leaves a round without having
voted for its time-out votes to finalise the proposal that was notarised there; a quorum makes it, and all before it,
final. Two quorums share an honest validator, so a round with a final proposal has no time-out certificate, and every
later proposal, which must show one for each round that it passes over, extends it.

What the paper leaves open is settled so: quorums are by weight; a finalise vote names its proposal, so the votes are
a certificate by themselves; time-out and finalise votes are values of one slot, so that who casts both has proved it;
what was said is said again until there is progress, since notices get lost; who knows of nothing to do rests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.consensus.messages import SyncStatus, read
from focusmesh.kernel.consensus.proposal import Decision
from focusmesh.kernel.consensus.quorum import Certificate, Vote
from focusmesh.kernel.consensus.round_timer import Pace, RoundTimer
from focusmesh.kernel.consensus.simplex.knowledge import Knowledge
from focusmesh.kernel.consensus.simplex.outbox import Outbox
from focusmesh.kernel.consensus.simplex.round_votes import RoundVoting
from focusmesh.kernel.consensus.slots import ANY_ENGINE, VoteSlots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.kernel.consensus.interface import Effects, VoteRecord
    from focusmesh.kernel.consensus.proposal import Anchor, Proposal
    from focusmesh.kernel.consensus.quorum import ValidatorSet
    from focusmesh.protocol.identity import SigningKey


class Simplex(RoundVoting):
    """One epoch as one node sees it: it votes if ``signing`` is that of a validator, and follows otherwise.

    It begins after ``root``; ``decision`` is the last one of this epoch, where the node was here before, and
    ``vote_records`` what it was told to keep then. ``last_height``: the block there ends the epoch; what follows it
    before it is decided names the same block once more. ``engine`` is what slots of its votes name.
    """

    def __init__(
        self,
        network: bytes,
        validator_set: ValidatorSet,
        root: Anchor,
        signing: SigningKey | None = None,
        *,
        epoch: int = 0,
        decision: Decision | None = None,
        vote_records: Iterable[VoteRecord] = (),
        last_height: int | None = None,
        pace: Pace = Pace(),  # noqa: B008
        check: Callable[[Vote], bool] = Vote.holds,
        engine: str = ANY_ENGINE,
    ) -> None:
        begun = root.proposal(epoch) if decision is None else decision.proposal
        known = Knowledge(VoteSlots(network, epoch, engine), validator_set, begun, check)
        known.decision = decision
        timer = RoundTimer(pace, validator_set)
        super().__init__(known, signing, Outbox(), timer, pace.resend, last_height)
        self._accused: set[bytes] = set()
        for vote_record in vote_records:
            self._validator.recall(vote_record)

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due; None while it rests."""
        return min((each for each in (self._timer, self._resend) if each is not None), default=None)

    @property
    def round_told(self) -> int:
        """The same, for people and validators."""
        return self.round

    @property
    def root(self) -> Proposal:
        """The last decided proposal, or where the epoch begins."""
        return self.known.root

    @property
    def is_roused(self) -> bool:
        """Whether somebody said, since the last decision, that there is something to decide."""
        return self._roused

    def number(self, proposal: Proposal) -> int:
        """By which proposals are ordered: the round."""
        return proposal.round

    def holds(self, digest: bytes) -> bool:
        """Whether a proposal is known and open."""
        return digest in self.known.proposals.held

    def votes_on(self, proposal: Proposal) -> tuple[Vote, ...]:
        """The votes that are kept by which somebody said that a proposal is right."""
        return self.known.votes_on(proposal)

    def certificates(self) -> list[Certificate]:
        """All that it keeps: with those of another validator, what ``accuse`` needs."""
        return self.known.certificates()

    def begin(self, now: int) -> Effects:
        """Enters its first round."""
        self._enter()
        return self._finish(now)

    def rouse(self, now: int) -> Effects:
        """There is something to decide. The leader of the round has its turn, for as long as the round lasts."""
        self._roused = True
        return self._finish(now)

    def tick(self, now: int) -> Effects:
        """Votes for the time-out of a round that took too long; says again what nobody seems to have heard."""
        if self._timer is not None and now >= self._timer:
            self.run_out()
        if self._resend is not None and now >= self._resend:
            self._resend = None
            self._validator.say_again()
        return self._finish(now)

    def propose(self, now: int, round_: int, subject: bytes, data: bytes) -> Effects:
        """Moves a block: the answer to a turn of the round it is in."""
        self.propose_block(round_, subject, data)
        return self._finish(now)

    def judge(self, now: int, digest: bytes, good: bool, wanted: bool = True) -> Effects:
        """Whether the block of a proposal is valid, and whether this validator is to vote for it."""
        self.judge_block(digest, good, wanted)
        return self._finish(now)

    def rest(self, now: int) -> Effects:
        """Of what it was roused for nothing is left."""
        self._roused = False
        return self._finish(now)

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        """Takes a notice. Raises ProofError: ``"notice"``, or as what it says is refused."""
        said = read(data, self.known.network)
        self.note_heard(now, sender, said)
        if isinstance(said, SyncStatus):
            self.answer(now, sender, said)
        elif isinstance(said, Decision):
            self._hear_decision(now, said)
        elif isinstance(said, Certificate):
            self.known.add_certificate(said)
            self.wake(said.ballot.slot.height, said.ballot.slot.round)
        elif isinstance(said, Vote):
            self._hear_vote(now, sender, said)
        else:
            self.known.add_proposal(said)
            self.wake(said.proposal.epoch, said.proposal.round)
        return self._finish(now)

    def _hear_vote(self, now: int, sender: bytes, vote: Vote) -> None:
        self.known.add_vote(vote)
        slot = vote.ballot.slot
        if slot.height == self.known.epoch and slot.round <= self.known.root.round:
            self.answer(now, sender, SyncStatus(self.round, slot.round - 1))
        self.wake(slot.height, slot.round)

    def _hear_decision(self, now: int, decision: Decision) -> None:
        proposal, known = decision.proposal, self.known
        if proposal.epoch != known.epoch or proposal.round <= known.root.round:
            return
        decision.verify_votes(known.network, known.validator_set, known.slots.engine)
        self._decide(now, decision)

    def _finish(self, now: int) -> Effects:
        self.advance(now)
        for validator, proof in self.known.evidence.items():
            if validator not in self._accused:
                self._accused.add(validator)
                self._acts.evidence.append(proof)
        return self._acts.take_effects()
