"""What a validator does in the rounds of Simplex: it judges, votes, lets their time run out and goes on to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.consensus.interface import LeaderSlot, ValidationRequest
from focusmesh.kernel.consensus.messages import ProposalMessage, SyncStatus
from focusmesh.kernel.consensus.proposal import TIME_OUT, Decision, Proposal, data_digest
from focusmesh.kernel.consensus.quorum import Vote
from focusmesh.kernel.consensus.simplex.outbox import Outbox, answers
from focusmesh.kernel.consensus.simplex.signer import VoteSigner

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.messages import Said
    from focusmesh.kernel.consensus.round_timer import RoundTimer
    from focusmesh.kernel.consensus.simplex.knowledge import Knowledge
    from focusmesh.kernel.consensus.simplex.rounds import RoundView
    from focusmesh.protocol.identity import SigningKey


class RoundVoting:
    """The rounds behind one root. It says what is to be done into ``acts``, and votes if ``signing`` is a validator's.

    ``patience`` says how long rounds take; after ``resend_ms`` without a step all is said again.
    """

    def __init__(
        self,
        known: Knowledge,
        signing: SigningKey | None,
        acts: Outbox,
        patience: RoundTimer,
        resend_ms: int,
        last_height: int | None,
    ) -> None:
        self.known = known
        self._last_height = last_height
        self._endings: set[bytes] = set()
        self._patience, self._resend_ms = patience, resend_ms
        self._acts = acts
        self._validator = VoteSigner(known, signing, acts)
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

    @property
    def round(self) -> int:
        """The round it is in."""
        return self.known.current

    @property
    def base(self) -> bytes | None:
        """The proposal that the turn of this round follows; None while there is no turn."""
        return self._base

    def own_proposal(self, number: int) -> bytes | None:
        """The digest of its own proposal of a round, if it made one that is not decided."""
        view = self.known.rounds.get(number)
        is_ours = view is not None and self._validator.leads(view)
        return view.voted if view is not None and is_ours else None

    @property
    def is_over(self) -> bool:
        """Whether the epoch's last block is decided."""
        return self._is_last(self.known.root)

    def note_last(self, subject: bytes) -> None:
        """A block says that it ends the epoch: what follows it names it once more, until it is decided."""
        self._endings.add(subject)

    # What it is told.

    def note_heard(self, now: int, sender: bytes, said: Said) -> None:
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

    def propose_block(self, round_: int, subject: bytes, data: bytes) -> None:
        """Moves a block: the answer to a turn of the round it is in."""
        base = None if self._base is None else self.known.proposal(self._base)
        if self._base is None or base is None or round_ != self.round or self._is_last(base):
            return
        self._move(self._base, base.height + 1, subject, data)

    def judge_block(self, digest: bytes, good: bool, wanted: bool) -> None:
        """Whether the block of a proposal is valid, and whether this validator is to vote for it."""
        if digest in self.known.proposals.asked:
            self.known.proposals.good.setdefault(digest, good)
            if not wanted:
                self.known.proposals.unwanted.add(digest)

    def wake(self, epoch: int, number: int) -> None:
        """Somebody has something to decide in a round."""
        if epoch == self.known.epoch and number >= self.round:
            self._woken = max(self._woken, self.round)

    def answer(self, now: int, sender: bytes, asked: SyncStatus) -> None:
        """What helps a validator on from where it says that it is, not too often."""
        last = self._answered.get(sender)
        is_validator = bool(self.known.validator_set.weight(sender))
        if not is_validator or (last is not None and now - last < self._resend_ms // 2):
            return
        self._answered[sender] = now
        for notice in answers(self.known, asked, self._validator.ends()):
            self._acts.say(notice, sender)

    # What it does.

    def advance(self, now: int) -> None:
        """Does all that can be done now."""
        self._settle(now)
        if self.is_awake:
            self._set_timers(now)
        else:
            self._timer = self._resend = None

    def _set_timers(self, now: int) -> None:
        view = self.known.view(self.round)
        if self._timer is None and view.ended is None:
            self._timer = now + self._round_ms(view)
            self._began, self._was_silent = now, self._patience.is_silent(view.leader)
        if self._resend is None:
            self._resend = now + self._resend_ms

    def _round_ms(self, view: RoundView) -> int:
        return self._patience.of(view.leader)

    @property
    def is_awake(self) -> bool:
        """Whether there is something to decide."""
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
            elif self._may_leave(now, self.known.view(self.round)):
                self._leave(now)
            elif not self._take_slot():
                break

    def _may_leave(self, now: int, view: RoundView) -> bool:
        return view.is_over

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

    def run_out(self) -> None:
        """The time of the round is over."""
        self._timer = None
        self._miss()
        self._time_out()

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
            self._patience.note_notarised(self._duration(now))
        elif not self._was_silent:
            self._patience.timed_out()
        self.known.leave()
        self._enter()

    def _duration(self, now: int) -> int | None:
        """How long the round took to be notarised; None where nobody knows when there was something to do."""
        return None if self._began is None else now - self._began

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
        if not (mine and self.is_awake and view.voted is None and self._base is None):
            return False
        self._base = self.known.base(self.round)
        if self._base is None:
            return False
        base = self.known.proposal(self._base)
        assert base is not None, "what is good is known"
        own = self._own_block(base)
        if own is not None:
            self._move(self._base, *own)
            return True
        number = self.known.slots.number(self.round)
        self._acts.turns.append(LeaderSlot(number, base.height + 1, base.subject))
        return False

    def _own_block(self, base: Proposal) -> tuple[int, bytes, bytes] | None:
        """What it moves behind a base without being given a block: the height, the block, and what travels with it."""
        return (base.height, base.subject, b"") if self._is_last(base) else None

    def _is_last(self, proposal: Proposal) -> bool:
        is_known = self._last_height is not None and proposal.height >= self._last_height
        return is_known or proposal.subject in self._endings

    def _move(self, parent: bytes, height: int, subject: bytes, data: bytes) -> None:
        view, known = self.known.view(self.round), self.known
        if self._validator.leads(view) and view.voted is None:
            carried = data_digest(data)
            proposal = Proposal(known.epoch, self.round, height, parent, subject, carried)
            self._validator.move(view, proposal, data)
