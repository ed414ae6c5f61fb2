"""Snowman: a chain decided by repeated samples (Rocket et al., arXiv 1906.08936), and certified for strangers.

Every validator asks k validators, drawn by weight, which block they prefer as the newest; an answer is one for all
blocks before it too. Blocks that exclude each other are told apart bit by bit of their digests, each bit a ``Choice``
by the rule of Snowflake⁺, as arXiv 2404.14250 does it. What its samples decide on a validator *accepts*: it signs that
block, once a height. Signatures of a quorum are the certificate that makes it final, for validators as for strangers.

So two blocks of a height are final only where more than a third of the weight signed both, which is a proof. Where
samples lead honest validators to different blocks (see ``safety_error``), the chain stops: two_phases.py goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from focusmesh.kernel.consensus.interface import Effects, LeaderSlot, ValidationRequest
from focusmesh.kernel.consensus.messages import (
    PollAnswer,
    PollRequest,
    ProposalMessage,
    SyncStatus,
    read_sampled,
)
from focusmesh.kernel.consensus.proposal import END, Decision, Proposal
from focusmesh.kernel.consensus.quorum import Certificate, Vote
from focusmesh.kernel.consensus.round_timer import Pace, RoundTimer
from focusmesh.kernel.consensus.simplex.outbox import Outbox
from focusmesh.kernel.consensus.slots import ANY_ENGINE
from focusmesh.kernel.consensus.snowman.acceptance import Acceptances
from focusmesh.kernel.consensus.snowman.movers import ATTEMPTS, Movers
from focusmesh.kernel.consensus.snowman.polls import Poll
from focusmesh.kernel.consensus.snowman.preference import Preferences
from focusmesh.kernel.consensus.snowman.sampler import BlockSampler
from focusmesh.kernel.consensus.snowman.signer import AcceptanceSigner
from focusmesh.kernel.consensus.snowman.snowflake import SnowflakeParams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.kernel.consensus.interface import VoteRecord
    from focusmesh.kernel.consensus.messages import Sampled
    from focusmesh.kernel.consensus.proposal import Anchor
    from focusmesh.kernel.consensus.quorum import ValidatorSet
    from focusmesh.protocol.identity import SigningKey


class Snowman:
    """One epoch as one node sees it. ``rng(n)`` gives n random bytes; the rest is as for ``Simplex``.

    ``sampling`` is each node's own: by default that for so many validators.
    """

    _engine: ClassVar[str] = ANY_ENGINE
    _votes: ClassVar[type[Acceptances]] = Acceptances

    def __init__(
        self,
        network: bytes,
        validator_set: ValidatorSet,
        root: Anchor,
        signing: SigningKey | None = None,
        *,
        rng: Callable[[int], bytes],
        sampling: SnowflakeParams | None = None,
        epoch: int = 0,
        decision: Decision | None = None,
        vote_records: Iterable[VoteRecord] = (),
        last_height: int | None = None,
        pace: Pace = Pace(),  # noqa: B008
        check: Callable[[Vote], bool] = Vote.holds,
    ) -> None:
        """Raises ParameterError as both settings' ``verify``, ProofError for vote records that are none."""
        sampling = SnowflakeParams.of(len(validator_set.weights)) if sampling is None else sampling
        sampling.verify()
        begun = root.proposal(epoch) if decision is None else decision.proposal
        self._acts, self._patience = Outbox(), RoundTimer(pace, validator_set)
        self._network, self._epoch, self._validator_set = network, epoch, validator_set
        self._last_height, self._resend_ms = last_height, pace.resend
        self.known = self._votes(network, epoch, validator_set, begun, decision, check)
        self.conflict: Decision | None = None  # One of others, that excludes ours.
        self._blocks = Preferences(network, self._next_parent(begun), sampling, self._slot_of)
        self._accepter = self._signer(signing)
        poll = Poll(validator_set, sampling.k, rng, self._accepter.validator)
        self._sampler = BlockSampler(poll, self._blocks, sampling.alpha_confidence, pace.resend)
        self._roused, self._woken, self._attempt = False, False, 0
        self._entered: int | None = None
        self._movers = Movers(validator_set, network, epoch)
        self._unwanted, self._endings = set[bytes](), set[bytes]()
        self._turn: LeaderSlot | None = None
        self._attempt_due: int | None = None
        self._resend: int | None = None
        self._heard: dict[bytes, None] = {}
        self._answered: dict[bytes, int] = {}
        self._accused: set[object] = set()
        for vote_record in vote_records:
            self._accepter.recall(vote_record)

    def _signer(self, signing: SigningKey | None) -> AcceptanceSigner:
        return AcceptanceSigner(self.known, self._blocks, signing, self._acts)

    def _next_parent(self, decided: Proposal) -> Proposal:
        """What proposals of the next height name as their parent."""
        return decided

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due; None while it rests."""
        dues = (self._sampler.deadline, self._attempt_due, self._resend)
        return min((due for due in dues if due is not None), default=None)

    @property
    def round(self) -> int:
        """The height that is decided next: turns for another one are over."""
        return self._blocks.root.height + 1

    @property
    def base(self) -> bytes | None:
        """The proposal that the turn of this height follows: the last decided one; None while there is no turn."""
        return None if self._turn is None else self._blocks.digest

    @property
    def root(self) -> Proposal:
        """The last decided proposal, or where the epoch begins."""
        return self._blocks.root

    @property
    def is_roused(self) -> bool:
        """Whether somebody said, since the last decision, that there is something to decide."""
        return self._roused

    @property
    def is_over(self) -> bool:
        """Whether the epoch's last block is decided."""
        last = self._last_height
        return self.root.subject in self._endings or (last is not None and self.root.height >= last)

    def note_last(self, subject: bytes) -> None:
        """A block says that it ends the epoch."""
        self._endings.add(subject)

    @property
    def round_told(self) -> int:
        """What others are told of where it is: the height."""
        return self.round

    def number(self, proposal: Proposal) -> int:
        """By which proposals are ordered: the height."""
        return proposal.round

    def own_proposal(self, number: int) -> bytes | None:
        """The digest of its own proposal of a height, if it made one that is not decided."""
        return self._accepter.moved.get(number)

    def votes_on(self, proposal: Proposal) -> tuple[Vote, ...]:
        """The votes that are kept by which somebody said that a proposal is right."""
        return self.known.votes_on(proposal)

    def certificates(self) -> list[Certificate]:
        """All that it keeps: with those of another validator, what ``accuse`` needs."""
        return self.known.certificates()

    def begin(self, now: int) -> Effects:
        """Asks the others where they are."""
        self._begin_poll(now)
        return self._finish(now)

    def rouse(self, now: int) -> Effects:
        """There is something to make a block of: whoever's turn it is moves one, after a while the next."""
        self._roused = True
        return self._finish(now)

    def tick(self, now: int) -> Effects:
        """Ends a sample that not all answered, passes on a turn without a block, says again what nobody heard."""
        self._sampler.tick(now)
        if self._attempt_due is not None and now >= self._attempt_due:
            self._attempt_due = None
            self._pass_on()
        if self._resend is not None and now >= self._resend:
            self._resend = None
            self._accepter.say_again()
        return self._finish(now)

    def propose(self, now: int, round_: int, subject: bytes, data: bytes) -> Effects:
        """Moves a block, in answer to a turn; does nothing where there is one by now."""
        if self._turn is not None and round_ == self.round and not self._blocks.has_open:
            self._accepter.move(subject, data)
            self._turn = None
        return self._finish(now)

    def rest(self, now: int) -> Effects:
        """Of what it was roused for nothing is left."""
        self._roused = False
        return self._finish(now)

    def holds(self, digest: bytes) -> bool:
        """Whether a proposal is known and open."""
        return self._blocks.find(digest) is not None

    def judge(self, now: int, digest: bytes, good: bool, wanted: bool = True) -> Effects:
        """Whether the block of a proposal is valid: only such are preferred, one that is not wanted last of all."""
        if good and not wanted:
            self._unwanted.add(digest)
        else:
            self._blocks.judge(digest, good)
        self._sampler.hurry()
        return self._finish(now)

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        """Takes a notice. Raises ProofError: ``"notice"``, or as what it says is refused."""
        said = read_sampled(data, self._network)
        self._heard[sender] = None
        self._patience.note_heard(sender)
        self._hear(now, sender, said)
        return self._finish(now)

    def _hear(self, now: int, sender: bytes, said: Sampled) -> None:
        if isinstance(said, PollRequest):
            self._acts.say(PollAnswer(said.number, self._blocks.tip()), sender)
            self._tell(now, sender, said.final)
        elif isinstance(said, PollAnswer):
            if self._sampler.poll.answer(sender, said.number, said.tip):
                self._seek(said.tip)
        elif isinstance(said, SyncStatus):
            self._tell(now, sender, said.final)
            for tabled in filter(None, map(self._blocks.find, said.proposals)):
                self._acts.say(tabled, sender)
        elif isinstance(said, Decision):
            self._hear_decision(now, said)
        elif isinstance(said, Vote):
            self._hear_vote(now, sender, said)
        elif isinstance(said, ProposalMessage):
            self._receive_proposal(now, sender, said)

    def _pass_on(self) -> None:
        """The time of an attempt is over: the next validator has its turn."""
        # Who is cut off learns nothing of how long a block takes.
        mover = self._mover(self._attempt)
        here = self._validator_set.weight_of((*self._heard, self._accepter.validator or b""))
        if here >= self._validator_set.quorum and not self._patience.is_silent(mover):
            self._patience.timed_out()
            if mover not in (*self._heard, self._accepter.validator):
                self._patience.note_missed(mover)
        self._heard.clear()
        if self._attempt >= len(self._validator_set.weights):
            # Everybody moves once a height: were all of these refused for good, none would be left.
            for digest in self._unwanted:
                self._blocks.judge(digest, True)
        self._attempt = (self._attempt + 1) % ATTEMPTS

    # What it hears.

    def _receive_proposal(self, now: int, sender: bytes, tabled: ProposalMessage) -> None:
        proposal = tabled.proposal
        if proposal.epoch != self._epoch:
            return
        self.known.add_move(tabled)
        self._blocks.add(tabled._replace(shown=()))
        self._woken |= proposal.height > self.root.height
        if proposal.height == self.root.height + 1 and proposal.parent != self._blocks.digest:
            # Somebody decided otherwise: either of us will see that it is so.
            self._tell(now, sender, self.root.height - 1)

    def _hear_vote(self, now: int, sender: bytes, vote: Vote) -> None:
        self.known.add(vote)
        slot = vote.ballot.slot
        if slot.height != self._epoch:
            return
        if slot.round <= self.root.height:
            self._tell(now, sender, slot.round - 1)
        elif slot.step == END:
            self._woken = True
            self._seek(vote.ballot.value)

    def _hear_decision(self, now: int, decision: Decision) -> None:
        proposal = decision.proposal
        is_old = proposal.height <= self.root.height
        if proposal.epoch != self._epoch or (is_old and not self.known.contradicts(decision)):
            return
        decision.verify_votes(self._network, self._validator_set, self._engine)
        self._decide(now, decision)

    def _seek(self, digest: bytes) -> None:
        if self._blocks.seek(digest):
            self._acts.say(SyncStatus(self.round_told, self.root.height, (digest,)))

    def _tell(self, now: int, asker: bytes, final: int) -> None:
        """The last decision, to whoever does not know it."""
        last, decision = self._answered.get(asker), self.known.decision
        is_due = last is None or now - last >= self._resend_ms // 2
        is_owed = is_due and self._validator_set.weight(asker) > 0
        if decision is not None and final < self.root.height and is_owed:
            self._answered[asker] = now
            self._acts.say(decision, asker)

    def _finish(self, now: int) -> Effects:
        self._settle(now)
        self._take_slot()
        self._set_timers(now)
        for key, proof in self.known.evidence.items():
            if key not in self._accused:
                self._accused.add(key)
                self._acts.evidence.append(proof)
        return self._acts.take_effects()

    @property
    def _has_stopped(self) -> bool:
        return self.is_over or self.conflict is not None

    def _settle(self, now: int) -> None:
        while not self._has_stopped:
            self._request_validation()
            if self._sampler.is_clear:
                self._sampler.end(now)
            elif (decision := self._final()) is not None:
                self._decide(now, decision)
            elif self._blocks.accepted is not None:
                if not self._accepter.accept():
                    break
            elif not (self._sampler.rests and self._may_sample):
                break
            else:
                self._begin_poll(now)

    def _request_validation(self) -> None:
        for digest, tabled in self._blocks.to_judge():
            given = tabled.proposal, self.root.subject, tabled.vote.signer, tabled.data
            self._acts.inquiries.append(ValidationRequest(digest, *given))

    @property
    def _may_sample(self) -> bool:
        return self._blocks.has_open

    def _begin_poll(self, now: int) -> None:
        asked = PollRequest(self._sampler.poll.number + 1, self.root.height)
        for validator in self._sampler.begin(now, self.known.guilty):
            self._acts.say(asked, validator)

    def _final(self) -> Decision | None:
        """What a quorum accepted, if its proposal is here."""
        found = self.known.final()
        tabled = None if found is None else self._blocks.find(found[0])
        return None if found is None or tabled is None else Decision(tabled.proposal, found[1])

    def _decide(self, now: int, decision: Decision) -> None:
        if self.known.contradicts(decision):
            self.conflict = decision
            self.known.note(decision)
            self._acts.conflicts.append(decision)
            return
        self.known.decide(decision)
        self._blocks.decide(self._next_parent(decision.proposal))
        self._accepter.go_on()
        self._acts.decisions.append(decision)
        if self._entered is not None:
            self._patience.note_notarised(now - self._entered)
        self._sampler.restart()
        self._unwanted.clear()
        self._roused = self._woken = False
        self._attempt, self._turn, self._entered = 0, None, None
        self._attempt_due = self._resend = None

    def _set_timers(self, now: int) -> None:
        if self._has_stopped or not self._is_busy:
            self._attempt_due = self._resend = None
            self._sampler.rest(for_good=self._has_stopped)
            return
        if self._entered is None:
            self._entered = now
        if self._resend is None:
            self._resend = now + self._resend_ms
        if not self._needs_mover:
            self._attempt_due = None
        elif self._attempt_due is None:
            self._attempt_due = now + self._patience.of(self._mover(self._attempt))

    @property
    def _needs_mover(self) -> bool:
        return self._roused and not self._blocks.has_open

    @property
    def _is_busy(self) -> bool:
        return self._roused or self._woken or self._blocks.has_open or self.known.has_open

    def _take_slot(self) -> None:
        """Whose turn it was has it for as long as there is no block of the height."""
        validator, height = self._accepter.validator, self.root.height + 1
        if validator is None or not self._roused or self._has_stopped or self._blocks.has_open:
            return
        mine = self._mover(self._attempt) == validator
        if mine and self._turn is None and height not in self._accepter.moved:
            self._turn = LeaderSlot(self.round, height, self.root.subject)
            self._acts.turns.append(self._turn)

    def _mover(self, attempt: int) -> bytes:
        return self._movers.mover(self.root.height + 1, attempt)

    def _slot_of(self, mover: bytes) -> int:
        """The first attempt at the next height that is a mover's; never, for who moved or voted twice."""
        is_guilty = mover in self.known.guilty
        return ATTEMPTS + 1 if is_guilty else self._movers.place(self.root.height + 1, mover)
