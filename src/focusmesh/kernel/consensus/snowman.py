"""Snowman: a chain decided by repeated samples, for large open sets of voters (Rocket et al., arXiv 1906.08936).

Every node asks k voters, drawn by weight, which block they prefer as the newest; an answer is one for all blocks before
it too. Blocks that exclude each other are told apart bit by bit of their digests, each bit a ``Choice`` by the rule of
Snowflake⁺, as arXiv 2404.14250 does it. What is decided is so with a probability (``safety_error``), not by a
certificate: decisions have none, and convince nobody but who took the samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.consensus.interface import (
    NOTICE_BYTES_MAX,
    Effects,
    Inquiry,
    Notice,
    Pledge,
    Turn,
)
from focusmesh.kernel.consensus.motion import Decision, Motion, data_digest, move_slot
from focusmesh.kernel.consensus.notices import Tabled, read
from focusmesh.kernel.consensus.pacing import Pace, leader
from focusmesh.kernel.consensus.preferring import Preferences
from focusmesh.kernel.consensus.quorum import NUMBER_MAX, VALUE_BYTES, Ballot, Certificate, Vote
from focusmesh.kernel.consensus.sampled import Sampling
from focusmesh.kernel.consensus.saying import Acts
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.kernel.consensus.motion import Anchor
    from focusmesh.kernel.consensus.quorum import Electorate
    from focusmesh.protocol.identity import SigningKey

_ATTEMPTS = 1 << 8
"""As many voters, one after the other, may move a block for one height."""
_SOUGHT_MAX = 16


class Snowman:
    """One node's view. ``rng(n)`` gives n random bytes; ``rank`` (stake-weighted focus) orders what is new."""

    def __init__(
        self,
        network: bytes,
        electorate: Electorate,
        root: Anchor,
        signing: SigningKey | None = None,
        *,
        rng: Callable[[int], bytes],
        rank: Callable[[bytes], int] = lambda voter: 0,
        sampling: Sampling = Sampling(),  # noqa: B008
        decision: Decision | None = None,
        pledges: Iterable[Pledge] = (),
        pace: Pace = Pace(),  # noqa: B008
        check: Callable[[Vote], bool] = Vote.holds,
    ) -> None:
        """Raises ParameterError as ``Sampling.verify`` and ``Pace.verify``."""
        sampling.verify()
        pace.verify()
        begun = root.motion(0) if decision is None else decision.motion
        is_voter = signing is not None and electorate.weight(signing.public) > 0
        self._signing = signing if is_voter else None
        self._network, self._electorate, self._check = network, electorate, check
        self._rng, self._sampling, self._pace = rng, sampling, pace
        self._blocks = Preferences(network, begun, sampling, rank)
        self._acts = Acts()
        self._roused = False
        self._attempt = 0
        self._attempt_due: int | None = None
        self._turn: Turn | None = None
        self._poll = 0
        self._poll_due: int | None = None
        self._asked: dict[bytes, int] = {}
        self._answers: dict[bytes, int] = {}
        self._moved = {pledge.round for pledge in pledges}

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due; None while it rests."""
        dues = (self._poll_due, self._attempt_due)
        return min((due for due in dues if due is not None), default=None)

    def begin(self, now: int) -> Effects:
        """Asks the others where they are."""
        self._begin_poll(now)
        return self._done(now)

    def rouse(self, now: int) -> Effects:
        """There is something to make a block of: whoever's turn it is moves one, after a while the next."""
        self._roused = True
        return self._done(now)

    def tick(self, now: int) -> Effects:
        """Ends a sample that not all answered, and passes the turn on where no block came."""
        if self._poll_due is not None and now >= self._poll_due:
            self._end_poll()
        if self._attempt_due is not None and now >= self._attempt_due:
            self._attempt_due = None
            self._attempt = (self._attempt + 1) % _ATTEMPTS
        return self._done(now)

    def propose(self, now: int, round_: int, subject: bytes, data: bytes) -> Effects:
        """Moves a block, in answer to a turn; does nothing where that is over."""
        turn, signing = self._turn, self._signing
        tip = self._blocks.preferred_tip()
        fits = turn is not None and turn.round == round_ and turn.parent == tip.subject
        if fits and signing is not None and round_ not in self._moved:
            parent, carried = tip.digest(self._network), data_digest(data)
            motion = Motion(0, round_, tip.height + 1, parent, subject, carried)
            slot = move_slot(self._network, round_)
            vote = Vote.signed(Ballot(slot, motion.digest(self._network)), signing)
            self._moved.add(round_)
            self._acts.pledges.append(Pledge(round_, vote.ballot.value))
            tabled = Tabled(motion, data, vote)
            self._blocks.add(tabled)
            self._blocks.judge(vote.ballot.value, True)
            self._acts.say(tabled)
        return self._done(now)

    def judged(self, now: int, digest: bytes, good: bool) -> Effects:
        """Whether the block of a motion is valid: only such are ever preferred."""
        self._blocks.judge(digest, good)
        return self._done(now)

    def deliver(self, now: int, sender: bytes, data: bytes) -> Effects:
        """Takes a notice. Raises ProofError: ``"notice"``, ``"motion"``, ``"vote"``."""
        try:
            kind, *parts = decode(data, bytes_max=NOTICE_BYTES_MAX)
            if kind == "motion":
                self._hear_motion(data)
            else:
                self._hear(sender, kind, parts)
        except (CodecError, TypeError, ValueError) as error:
            if isinstance(error, ProofError):
                raise
            raise ProofError("notice", f"these bytes are no notice: {error}") from error
        return self._done(now)

    # What it hears.

    def _hear_motion(self, data: bytes) -> None:
        tabled = read(data, self._network)
        if not isinstance(tabled, Tabled):
            raise CodecError("it is no motion")
        motion, vote = tabled.motion, tabled.vote
        slot = move_slot(self._network, motion.round)
        right = (
            motion.epoch == 0
            and motion.height == motion.round // _ATTEMPTS
            and vote.voter == leader(self._electorate, self._network, 0, motion.round)
            and vote.ballot == Ballot(slot, motion.digest(self._network))
        )
        if not right:
            raise ProofError("motion", f"round {motion.round} is not that of {vote.voter.hex()}")
        if not self._check(vote):
            raise ProofError("vote", f"a motion of {vote.voter.hex()} is not signed by it")
        self._blocks.add(tabled)

    def _hear(self, sender: bytes, kind: str, parts: list[Any]) -> None:
        if kind == "poll":
            (number,) = parts
            if type(number) is not int or not 0 <= number <= NUMBER_MAX:
                raise CodecError("a sample has a number")
            tip = self._blocks.preferred_tip().digest(self._network)
            self._say("chit", number, tip, to=sender)
        elif kind == "chit":
            number, tip = parts
            # What it names is asked of everybody.
            if type(tip) is not bytes or len(tip) != VALUE_BYTES:
                raise CodecError("a block is named by its digest")
            times = self._asked.pop(sender, 0) if number == self._poll else 0
            if times:
                self._answers[tip] = self._answers.get(tip, 0) + times
                self._blocks.seek(tip)
        elif kind == "seek":
            (digests,) = parts
            for digest in digests[:_SOUGHT_MAX]:
                tabled = self._blocks.find(digest)
                if tabled is not None:
                    self._acts.say(tabled, sender)
        else:
            raise CodecError(f"{kind!r} is nothing that voters say")

    # What it does.

    def _done(self, now: int) -> Effects:
        if self._poll_due is not None and not self._asked:
            self._end_poll()
        for digest, tabled, parent in self._blocks.to_judge():
            asked = Inquiry(digest, tabled.motion, parent, tabled.vote.voter, tabled.data)
            self._acts.inquiries.append(asked)
        sought = self._blocks.to_seek()[:_SOUGHT_MAX]
        if sought:
            self._say("seek", sought)
        if self._poll_due is None and (self._blocks.has_open or sought):
            self._begin_poll(now)
        self._take_turn(now)
        return self._acts.done()

    def _begin_poll(self, now: int) -> None:
        self._poll += 1
        self._asked, self._answers = {}, {}
        for _ in range(self._sampling.k):
            voter = self._draw()
            self._asked[voter] = self._asked.get(voter, 0) + 1
        me = None if self._signing is None else self._signing.public
        mine = self._asked.pop(me, 0) if me is not None else 0
        if mine:
            self._answers[self._blocks.preferred_tip().digest(self._network)] = mine
        for voter in self._asked:
            self._say("poll", self._poll, to=voter)
        self._poll_due = now + self._pace.resend

    def _draw(self) -> bytes:
        place = int.from_bytes(self._rng(16), "big") * self._electorate.total >> 128
        for voter, weight in self._electorate.weights.items():
            place -= weight
            if place < 0:
                return voter
        raise AssertionError("the place is below the total weight")

    def _end_poll(self) -> None:
        self._poll_due = None
        for motion in self._blocks.record(self._answers):
            ballot = Ballot(move_slot(self._network, motion.round), motion.digest(self._network))
            self._acts.decisions.append(Decision(motion, Certificate(ballot, ())))
            self._roused, self._attempt, self._turn = False, 0, None
            self._attempt_due = None
        self._asked, self._answers = {}, {}

    def _take_turn(self, now: int) -> None:
        """One block at a time: the next height has its turn when the last one is decided."""
        if not self._roused or self._blocks.has_open or self._signing is None:
            self._attempt_due = None
            return
        if self._attempt_due is None:
            self._attempt_due = now + self._pace.first
        root = self._blocks.root
        height = root.height + 1
        number = height * _ATTEMPTS + self._attempt
        mine = leader(self._electorate, self._network, 0, number) == self._signing.public
        turn = Turn(number, height, root.subject)
        if mine and turn != self._turn and number not in self._moved:
            self._turn = turn
            self._acts.turns.append(turn)

    def _say(self, *parts: Any, to: bytes | None = None) -> None:
        self._acts.notices.append(Notice(to, encode(list(parts))))
