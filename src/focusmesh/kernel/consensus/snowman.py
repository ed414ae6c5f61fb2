"""Snowman: a chain decided by repeated samples (Rocket et al., arXiv 1906.08936), and certified for strangers.

Every voter asks k voters, drawn by weight, which block they prefer as the newest; an answer is one for all blocks
before it too. Blocks that exclude each other are told apart bit by bit of their digests, each bit a ``Choice`` by the
rule of Snowflake⁺, as arXiv 2404.14250 does it. What its samples decide on a voter *accepts*: it signs that block, once
a height. Signatures of a quorum are the certificate that makes it final, for voters as for strangers. Validators of
Avalanche sign what they accepted in the same way, for other chains (Warp messages).

So two blocks of a height are final only where more than a third of the weight signed both, which is a proof. Samples
choose what is signed; where they lead honest voters to different blocks, less probably than ``safety_error`` computes,
no quorum may come together, and the chain stops. One block at a time: the next height begins when the last is decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.consensus.accepter import Accepter
from focusmesh.kernel.consensus.accepting import Acceptances
from focusmesh.kernel.consensus.interface import Effects, Inquiry, Turn
from focusmesh.kernel.consensus.motion import END, Decision, Motion
from focusmesh.kernel.consensus.notices import (
    Answered,
    Asked,
    Tabled,
    Whereabouts,
    read_sampled,
)
from focusmesh.kernel.consensus.pacing import Pace, Patience, leader
from focusmesh.kernel.consensus.polling import Poll
from focusmesh.kernel.consensus.preferring import Preferences
from focusmesh.kernel.consensus.quorum import Certificate, Vote
from focusmesh.kernel.consensus.sampled import Sampling
from focusmesh.kernel.consensus.saying import Acts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.kernel.consensus.interface import Pledge
    from focusmesh.kernel.consensus.motion import Anchor
    from focusmesh.kernel.consensus.quorum import Electorate
    from focusmesh.protocol.identity import SigningKey

_ATTEMPTS = 1 << 8
"""As many voters, one after the other, have their turn to move a block of one height."""
_RANKED = 16
"""Movers whose turn is later than that are all alike to who has to prefer one."""
_PAUSES = 16
"""After a sample that changed nothing the next one waits for a part of ``Pace.resend``, longer each time."""


class Snowman:
    """One epoch as one node sees it. ``rng(n)`` gives n random bytes; the rest is as for ``Simplex``.

    ``sampling`` is each node's own: by default that for so many voters.
    """

    def __init__(
        self,
        network: bytes,
        electorate: Electorate,
        root: Anchor,
        signing: SigningKey | None = None,
        *,
        rng: Callable[[int], bytes],
        sampling: Sampling | None = None,
        epoch: int = 0,
        decision: Decision | None = None,
        pledges: Iterable[Pledge] = (),
        last_height: int | None = None,
        pace: Pace = Pace(),  # noqa: B008
        check: Callable[[Vote], bool] = Vote.holds,
    ) -> None:
        """Raises ParameterError as ``Sampling.verify`` and ``Pace.verify``, ProofError for pledges that are none."""
        sampling = Sampling.of(len(electorate.weights)) if sampling is None else sampling
        sampling.verify()
        begun = root.motion(epoch) if decision is None else decision.motion
        self.known = Acceptances(network, epoch, electorate, begun, decision, check)
        self.conflict: Decision | None = None
        """A decision of others that excludes ours: whoever meets one stops."""
        self._network, self._epoch, self._electorate = network, epoch, electorate
        self._last_height = last_height
        self._confident, self._resend_ms = sampling.alpha_confidence, pace.resend
        self._patience = Patience(pace)
        self._blocks = Preferences(network, begun, sampling, self._turn_of)
        self._acts = Acts()
        self._accepter = Accepter(self.known, self._blocks, signing, self._acts)
        self._poll = Poll(electorate, sampling.k, rng, self._accepter.voter)
        self._roused = False
        self._woken = False
        self._entered: int | None = None
        self._attempt = 0
        self._movers: dict[int, bytes] = {}
        self._turn: Turn | None = None
        self._pause = 0
        self._poll_due: int | None = None
        self._again_due: int | None = None
        self._attempt_due: int | None = None
        self._resend: int | None = None
        self._heard: dict[bytes, None] = {}
        self._answered: dict[bytes, int] = {}
        self._accused: set[object] = set()
        for pledge in pledges:
            self._accepter.recall(pledge)

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due; None while it rests."""
        dues = (self._poll_due, self._again_due, self._attempt_due, self._resend)
        return min((due for due in dues if due is not None), default=None)

    @property
    def round(self) -> int:
        """The height that is decided next: turns for another one are over."""
        return self._blocks.root.height + 1

    @property
    def base(self) -> bytes | None:
        """The motion that the turn of this height follows: the last decided one; None while there is no turn."""
        return None if self._turn is None else self._blocks.digest

    @property
    def root(self) -> Motion:
        """The last decided motion, or where the epoch begins."""
        return self._blocks.root

    @property
    def is_roused(self) -> bool:
        """Whether somebody said, since the last decision, that there is something to decide."""
        return self._roused

    @property
    def is_over(self) -> bool:
        """Whether the epoch's last block is decided."""
        return self._last_height is not None and self.root.height >= self._last_height

    def moved(self, number: int) -> bytes | None:
        """The digest of its own motion of a height, if it made one that is not decided."""
        return self._accepter.moved.get(number)

    def certificates(self) -> list[Certificate]:
        """All that it keeps: with those of another voter, what ``accuse`` needs."""
        return self.known.certificates()

    def begin(self, now: int) -> Effects:
        """Asks the others where they are."""
        self._begin_poll(now)
        return self._done(now)

    def rouse(self, now: int) -> Effects:
        """There is something to make a block of: whoever's turn it is moves one, after a while the next."""
        self._roused = True
        return self._done(now)

    def tick(self, now: int) -> Effects:
        """Ends a sample that not all answered, passes on a turn without a block, says again what nobody heard."""
        if self._poll_due is not None and now >= self._poll_due:
            self._end_poll(now)
        if self._again_due is not None and now >= self._again_due:
            self._again_due = None
        if self._attempt_due is not None and now >= self._attempt_due:
            self._attempt_due = None
            self._attempt = (self._attempt + 1) % _ATTEMPTS
            # Who is cut off learns nothing of how long a block takes.
            here = self._electorate.weight_of((*self._heard, self._accepter.voter or b""))
            if here >= self._electorate.quorum:
                self._patience.timed_out()
            self._heard.clear()
        if self._resend is not None and now >= self._resend:
            self._resend = None
            self._accepter.say_again()
        return self._done(now)

    def propose(self, now: int, round_: int, subject: bytes, data: bytes) -> Effects:
        """Moves a block, in answer to a turn; does nothing where there is one by now."""
        if self._turn is not None and round_ == self.round and not self._blocks.has_open:
            self._accepter.move(subject, data)
            self._turn = None
        return self._done(now)

    def judged(self, now: int, digest: bytes, good: bool) -> Effects:
        """Whether the block of a motion is valid: only such are ever preferred."""
        self._blocks.judge(digest, good)
        self._pause, self._again_due = 0, None
        return self._done(now)

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        """Takes a notice. Raises ProofError: ``"notice"``, or as what it says is refused."""
        said = read_sampled(data, self._network)
        self._heard[sender] = None
        if isinstance(said, Asked):
            self._acts.say(Answered(said.number, self._blocks.tip()), sender)
            self._tell(now, sender, said.final)
        elif isinstance(said, Answered):
            if self._poll.answer(sender, said.number, said.tip):
                self._seek(said.tip)
        elif isinstance(said, Whereabouts):
            self._tell(now, sender, said.final)
            for tabled in map(self._blocks.find, said.motions):
                if tabled is not None:
                    self._acts.say(tabled, sender)
        elif isinstance(said, Decision):
            self._hear_decision(now, said)
        elif isinstance(said, Vote):
            self._hear_vote(now, sender, said)
        elif isinstance(said, Tabled):
            self._hear_motion(now, sender, said)
        return self._done(now)

    # What it hears.

    def _hear_motion(self, now: int, sender: bytes, tabled: Tabled) -> None:
        motion = tabled.motion
        if motion.epoch != self._epoch:
            return
        self.known.add_move(tabled)
        self._blocks.add(tabled._replace(shown=()))
        self._woken |= motion.height > self.root.height
        if motion.height == self.round and motion.parent != self._blocks.digest:
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
        motion = decision.motion
        is_old = motion.height <= self.root.height
        if motion.epoch != self._epoch or (is_old and not self.known.contradicts(decision)):
            return
        decision.verify(self._network, self._electorate)
        self._decide(now, decision)

    def _seek(self, digest: bytes) -> None:
        if self._blocks.seek(digest):
            self._acts.say(Whereabouts(self.round, self.root.height, (digest,)))

    def _tell(self, now: int, asker: bytes, final: int) -> None:
        """The last decision, to whoever does not know it."""
        last = self._answered.get(asker)
        decision = self.known.decision
        is_due = last is None or now - last >= self._resend_ms // 2
        is_voter = bool(self._electorate.weight(asker))
        if decision is not None and final < self.root.height and is_due and is_voter:
            self._answered[asker] = now
            self._acts.say(decision, asker)

    # What it does.

    def _done(self, now: int) -> Effects:
        self._settle(now)
        self._take_turn(now)
        self._set_timers(now)
        for key, proof in self.known.evidence.items():
            if key not in self._accused:
                self._accused.add(key)
                self._acts.evidence.append(proof)
        return self._acts.done()

    @property
    def _has_stopped(self) -> bool:
        return self.is_over or self.conflict is not None

    def _settle(self, now: int) -> None:
        while not self._has_stopped:
            self._inquire()
            if self._poll.is_open and self._is_clear():
                self._end_poll(now)
            elif (decision := self._final()) is not None:
                self._decide(now, decision)
            elif self._blocks.accepted is not None:
                if not self._accepter.accept():
                    break
            elif self._poll.is_open or self._again_due is not None or not self._blocks.has_open:
                break
            else:
                self._begin_poll(now)

    def _inquire(self) -> None:
        root = self.root
        for digest, tabled in self._blocks.to_judge():
            motion = tabled.motion
            asked = Inquiry(digest, motion, root.subject, tabled.vote.voter, tabled.data)
            self._acts.inquiries.append(asked)

    def _is_clear(self) -> bool:
        """Whether what else is answered changes nothing: all is, or enough for what is preferred."""
        if self._poll.is_answered:
            return True
        return self._blocks.support(self._poll.answers) >= self._confident

    def _begin_poll(self, now: int) -> None:
        asked = Asked(self._poll.number + 1, self.root.height)
        for voter in self._poll.begin(self._blocks.tip(), self.known.guilty):
            self._acts.say(asked, voter)
        self._poll_due = now + self._resend_ms

    def _end_poll(self, now: int) -> None:
        self._poll_due = None
        answers = self._poll.end()
        is_success = self._blocks.support(answers) >= self._confident
        self._blocks.record(answers)
        if is_success:
            self._pause, self._again_due = 0, None
        else:
            self._pause = min(max(2 * self._pause, self._resend_ms // _PAUSES, 1), self._resend_ms)
            self._again_due = now + self._pause

    def _final(self) -> Decision | None:
        """What a quorum accepted, if its motion is here."""
        found = self.known.final()
        tabled = None if found is None else self._blocks.find(found[0])
        return None if found is None or tabled is None else Decision(tabled.motion, found[1])

    def _decide(self, now: int, decision: Decision) -> None:
        if self.known.contradicts(decision):
            self.conflict = decision
            self.known.note(decision)
            self._acts.conflicts.append(decision)
            return
        self.known.decide(decision)
        self._blocks.decide(decision.motion)
        self._accepter.go_on()
        self._acts.decisions.append(decision)
        if self._entered is not None:
            self._patience.notarised(now - self._entered)
        self._poll.end()
        self._movers.clear()
        self._roused = self._woken = False
        self._attempt, self._pause, self._turn, self._entered = 0, 0, None, None
        self._poll_due = self._again_due = self._attempt_due = self._resend = None

    def _set_timers(self, now: int) -> None:
        has_open = self._blocks.has_open
        is_busy = self._roused or self._woken or has_open or self.known.has_open
        if self._has_stopped or not is_busy:
            self._attempt_due = self._resend = self._again_due = None
            if self._has_stopped:
                self._poll_due = None
            return
        if self._entered is None:
            self._entered = now
        if self._resend is None:
            self._resend = now + self._resend_ms
        if not self._roused or has_open:
            self._attempt_due = None
        elif self._attempt_due is None:
            self._attempt_due = now + self._patience.milliseconds

    def _take_turn(self, now: int) -> None:
        """Whose turn it was has it for as long as there is no block of the height."""
        voter, height = self._accepter.voter, self.round
        if voter is None or not self._roused or self._has_stopped or self._blocks.has_open:
            return
        mine = self._mover(self._attempt) == voter
        if mine and self._turn is None and height not in self._accepter.moved:
            self._turn = Turn(height, height, self.root.subject)
            self._acts.turns.append(self._turn)

    def _mover(self, attempt: int) -> bytes:
        if attempt not in self._movers:
            number = self.round * _ATTEMPTS + attempt
            self._movers[attempt] = leader(self._electorate, self._network, self._epoch, number)
        return self._movers[attempt]

    def _turn_of(self, mover: bytes) -> int:
        """The first attempt at the next height that is a mover's; never, for who moved or voted twice."""
        if mover in self.known.guilty:
            return _ATTEMPTS + 1
        turns = (attempt for attempt in range(_RANKED) if self._mover(attempt) == mover)
        return next(turns, _ATTEMPTS)
