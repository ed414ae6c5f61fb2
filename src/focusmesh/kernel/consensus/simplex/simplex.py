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

from focusmesh.kernel.consensus.interface import Effects, LeaderSlot, ValidationRequest, VoteRecord
from focusmesh.kernel.consensus.messages import (
    ProposalMessage,
    SyncStatus,
    read,
)
from focusmesh.kernel.consensus.proposal import (
    TIME_OUT,
    Decision,
    Proposal,
    data_digest,
)
from focusmesh.kernel.consensus.quorum import Certificate, Vote
from focusmesh.kernel.consensus.round_timer import Pace, RoundTimer
from focusmesh.kernel.consensus.simplex.knowledge import Knowledge
from focusmesh.kernel.consensus.simplex.outbox import Outbox, answers
from focusmesh.kernel.consensus.simplex.signer import VoteSigner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.kernel.consensus.messages import Said
    from focusmesh.kernel.consensus.proposal import Anchor
    from focusmesh.kernel.consensus.quorum import ValidatorSet
    from focusmesh.kernel.consensus.simplex.rounds import RoundView
    from focusmesh.protocol.identity import SigningKey


class Simplex:
    """One epoch as one node sees it: it votes if ``signing`` is that of a validator, and follows otherwise.

    It begins after ``root``; ``decision`` is the last one of this epoch, where the node was here before, and
    ``vote_records`` what it was told to keep then. ``last_height``: the block there ends the epoch; what follows it
    before
    it is decided names the same block once more.
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
    ) -> None:
        begun = root.proposal(epoch) if decision is None else decision.proposal
        self.known = Knowledge(network, epoch, validator_set, begun, check)
        self.known.decision = decision
        self._last_height = last_height
        self._patience = RoundTimer(pace, validator_set)
        self._resend_ms = pace.resend
        self._acts = Outbox()
        self._validator = VoteSigner(self.known, signing, self._acts)
        self.conflict: Decision | None = None
        """A decision of others that excludes ours: whoever meets one stops."""
        self._roused = False
        self._woken = 0
        self._heard: dict[bytes, int] = {}
        """When each validator last said something."""
        self._was_silent = False
        self._began: int | None = None
        """When there was something to do in this round: how long nobody wanted anything says nothing of the pace."""
        self._timer: int | None = None
        self._resend: int | None = None
        self._base: bytes | None = None
        self._answered: dict[bytes, int] = {}
        self._accused: set[bytes] = set()
        for vote_record in vote_records:
            self._validator.recall(vote_record)

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due; None while it rests."""
        return min((each for each in (self._timer, self._resend) if each is not None), default=None)

    @property
    def round(self) -> int:
        """The round it is in."""
        return self.known.current

    @property
    def base(self) -> bytes | None:
        """The proposal that the turn of this round follows; None while there is no turn."""
        return self._base

    @property
    def root(self) -> Proposal:
        """The last decided proposal, or where the epoch begins."""
        return self.known.root

    @property
    def is_roused(self) -> bool:
        """Whether somebody said, since the last decision, that there is something to decide."""
        return self._roused

    def own_proposal(self, number: int) -> bytes | None:
        """The digest of its own proposal of a round, if it made one that is not decided."""
        view = self.known.rounds.get(number)
        is_ours = view is not None and self._validator.leads(view)
        return view.voted if view is not None and is_ours else None

    @property
    def is_over(self) -> bool:
        """Whether the epoch's last block is decided."""
        return self._last_height is not None and self.known.root.height >= self._last_height

    def holds(self, digest: bytes) -> bool:
        """Whether a proposal is known and open."""
        return digest in self.known.proposals.held

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
            self._timer = None
            self._miss()
            self._time_out()
        if self._resend is not None and now >= self._resend:
            self._resend = None
            self._validator.say_again()
        return self._finish(now)

    def propose(self, now: int, round_: int, subject: bytes, data: bytes) -> Effects:
        """Moves a block: the answer to a turn of the round it is in."""
        base = None if self._base is None else self.known.proposal(self._base)
        if round_ == self.round and base is not None and not self._is_last(base):
            self._move(base, base.height + 1, subject, data)
        return self._finish(now)

    def judge(self, now: int, digest: bytes, good: bool, wanted: bool = True) -> Effects:
        """Whether the block of a proposal is valid, and whether this validator is to vote for it."""
        if digest in self.known.proposals.asked:
            self.known.proposals.good.setdefault(digest, good)
            if not wanted:
                self.known.proposals.unwanted.add(digest)
        return self._finish(now)

    def rest(self, now: int) -> Effects:
        """Of what it was roused for nothing is left."""
        self._roused = False
        return self._finish(now)

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        """Takes a notice. Raises ProofError: ``"notice"``, or as what it says is refused."""
        said = read(data, self.known.network)
        self._note_heard(now, sender, said)
        if isinstance(said, SyncStatus):
            self._answer(now, sender, said)
        elif isinstance(said, Decision):
            self._hear_decision(now, said)
        elif isinstance(said, Certificate):
            self.known.add_certificate(said)
            self._wake(said.ballot.slot.height, said.ballot.slot.round)
        elif isinstance(said, Vote):
            self._hear_vote(now, sender, said)
        else:
            self.known.add_proposal(said)
            self._wake(said.proposal.epoch, said.proposal.round)
        return self._finish(now)

    # What it is told.

    def _note_heard(self, now: int, sender: bytes, said: Said) -> None:
        """Who speaks is there; what others hand on is of who signed it."""
        vote = said.vote if isinstance(said, ProposalMessage) else said
        validator = vote.signer if isinstance(vote, Vote) and not sender else sender
        if self.known.validator_set.weight(validator):
            self._heard[validator] = now
            self._patience.note_heard(validator)

    def _miss(self) -> None:
        """The time of a round is over: whether its leader is there is seen by what came from it."""
        view = self.known.view(self.round)
        heard, began = self._heard.get(view.leader), self._began
        is_here = view.first is not None or self._validator.leads(view)
        if not is_here and began is not None and (heard is None or heard < began):
            self._patience.note_missed(view.leader)

    def _hear_vote(self, now: int, sender: bytes, vote: Vote) -> None:
        self.known.add_vote(vote)
        slot = vote.ballot.slot
        if slot.height == self.known.epoch and slot.round <= self.known.root.round:
            self._answer(now, sender, SyncStatus(self.round, slot.round - 1))
        self._wake(slot.height, slot.round)

    def _hear_decision(self, now: int, decision: Decision) -> None:
        proposal = decision.proposal
        if proposal.epoch != self.known.epoch or proposal.round <= self.known.root.round:
            return
        decision.verify_votes(self.known.network, self.known.validator_set)
        self._decide(now, decision)

    def _wake(self, epoch: int, number: int) -> None:
        if epoch == self.known.epoch and number >= self.round:
            self._woken = max(self._woken, self.round)

    def _answer(self, now: int, sender: bytes, asked: SyncStatus) -> None:
        last = self._answered.get(sender)
        is_validator = bool(self.known.validator_set.weight(sender))
        if not is_validator or (last is not None and now - last < self._resend_ms // 2):
            return
        self._answered[sender] = now
        for notice in answers(self.known, asked, self._validator.ends()):
            self._acts.say(notice, sender)

    # What it does.

    def _finish(self, now: int) -> Effects:
        self._settle(now)
        if self._awake:
            if self._timer is None and self.known.view(self.round).ended is None:
                leader = self.known.view(self.round).leader
                self._timer = now + self._patience.of(leader)
                self._began, self._was_silent = now, self._patience.is_silent(leader)
            if self._resend is None:
                self._resend = now + self._resend_ms
        else:
            self._timer = self._resend = None
        for validator, proof in self.known.evidence.items():
            if validator not in self._accused:
                self._accused.add(validator)
                self._acts.evidence.append(proof)
        return self._acts.take_effects()

    @property
    def _awake(self) -> bool:
        busy = self._roused or self.known.has_open or self._woken >= self.round
        return busy and not self._has_stopped

    @property
    def _has_stopped(self) -> bool:
        return self.is_over or self.conflict is not None

    def _settle(self, now: int) -> None:
        while not self._has_stopped:
            self._request_validation()
            self._notarise()
            self._finalise()
            decision = self.known.newest_final()
            if decision is not None:
                self._decide(now, decision)
            elif self.known.view(self.round).is_over:
                self._leave(now)
            elif not self._take_slot():
                break

    def _request_validation(self) -> None:
        """Asks about every proposal whose parent is good; one whose parent is bad is bad."""
        proposals = self.known.proposals
        for digest, tabled in list(proposals.held.items()):
            parent = self.known.proposal(tabled.proposal.parent)
            if digest in proposals.good or digest in proposals.asked or parent is None:
                continue
            if proposals.good.get(tabled.proposal.parent) is False:
                proposals.good[digest] = False
            elif self.known.is_good(tabled.proposal.parent):
                self._ask(digest, tabled, parent)

    def _ask(self, digest: bytes, tabled: ProposalMessage, parent: Proposal) -> None:
        proposal, proposals = tabled.proposal, self.known.proposals
        if self._is_last(parent):
            same = proposal[2:] == (
                parent.height,
                proposal.parent,
                parent.subject,
                data_digest(b""),
            )
            proposals.good[digest] = same
        elif proposal.height != parent.height + 1:
            proposals.good[digest] = False
        else:
            proposals.asked.add(digest)
            asked = ValidationRequest(
                digest, proposal, parent.subject, tabled.vote.signer, tabled.data
            )
            self._acts.inquiries.append(asked)

    def _notarise(self) -> None:
        """Votes for the first proposal of the round, once it is known to be good and shows what justifies it."""
        view = self.known.view(self.round)
        if view.first is not None and self._may_notarise(view, view.first):
            self._validator.notarise(view, view.first)

    def _may_notarise(self, view: RoundView, digest: bytes) -> bool:
        proposal = self.known.proposals.held[digest].proposal
        return (
            view.voted is None
            and self.known.proposals.good.get(digest, False)
            and digest not in self.known.proposals.unwanted
            and self.known.is_justified(proposal)
        )

    def _time_out(self) -> None:
        view = self.known.view(self.round)
        if view.ended is None:
            self._validator.end(view, TIME_OUT)

    def _finalise(self) -> None:
        """Votes to finalise what is notarised in rounds whose time-out it did not vote for."""
        for number in sorted(self.known.rounds):
            view = self.known.rounds[number]
            if number <= self.round and view.notarised and self._may_finalise(view):
                self._validator.end(view, next(iter(view.notarised)))

    def _may_finalise(self, view: RoundView) -> bool:
        return view.ended is None

    def _leave(self, now: int) -> None:
        view = self.known.view(self.round)
        for certificate in view.certificates():
            self._acts.say(certificate)
        if view.notarised:
            self._patience.note_notarised(None if self._began is None else now - self._began)
        elif not self._was_silent:
            self._patience.timed_out()
        self.known.leave()
        self._enter()

    def _enter(self) -> None:
        self._timer = self._resend = self._base = self._began = None
        self._was_silent = False

    def _decide(self, now: int, decision: Decision) -> None:
        if self.known.contradicts(decision.proposal):
            self.conflict = decision
            self.known.note(decision.certificate)
            self._acts.conflicts.append(decision)
            return
        before = self.round
        self.known.decide(decision)
        self._acts.decisions.append(decision)
        self._roused = False
        if self.round > before:
            self._enter()

    def _take_slot(self) -> bool:
        """Whether it made a proposal itself, after the last block of the epoch."""
        view = self.known.view(self.round)
        mine = self._validator.leads(view)
        if not (mine and self._awake and view.voted is None and self._base is None):
            return False
        self._base = self.known.base(self.round)
        if self._base is None:
            return False
        base = self.known.proposal(self._base)
        assert base is not None, "what is good is known"
        if self._is_last(base):
            self._move(base, base.height, base.subject, b"")
            return True
        self._acts.turns.append(LeaderSlot(self.round, base.height + 1, base.subject))
        return False

    def _is_last(self, proposal: Proposal) -> bool:
        return self._last_height is not None and proposal.height >= self._last_height

    def _move(self, base: Proposal, height: int, subject: bytes, data: bytes) -> None:
        view, known = self.known.view(self.round), self.known
        if self._validator.leads(view) and view.voted is None:
            parent = base.digest(known.network)
            carried = data_digest(data)
            proposal = Proposal(known.epoch, self.round, height, parent, subject, carried)
            self._validator.move(view, proposal, data)
