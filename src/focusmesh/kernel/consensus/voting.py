"""One voter's own votes: cast once, pledged before they are said, said again as long as nobody seems to have heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.consensus.interface import Pledge
from focusmesh.kernel.consensus.motion import END, NOTARISE, Motion, end_slot, notarise_slot
from focusmesh.kernel.consensus.notices import (
    ASKED_MAX,
    CERTIFICATES_MAX,
    Tabled,
    Whereabouts,
    read,
    write,
)
from focusmesh.kernel.consensus.quorum import Ballot, Vote
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.knowledge import Knowledge
    from focusmesh.kernel.consensus.rounds import RoundView
    from focusmesh.kernel.consensus.saying import Acts
    from focusmesh.protocol.identity import SigningKey


class Voter:
    """Casts what it is told to, if ``signing`` is that of a voter; else nothing. Whether it may is not decided here."""

    def __init__(self, known: Knowledge, signing: SigningKey | None, acts: Acts) -> None:
        is_voter = signing is not None and known.electorate.weight(signing.public) > 0
        self._signing = signing if is_voter else None
        self._known = known
        self._acts = acts

    def leads(self, view: RoundView) -> bool:
        """Whether a round is its own."""
        return self._signing is not None and view.leader == self._signing.public

    def notarise(self, view: RoundView, digest: bytes) -> None:
        """For a motion."""
        view.voted = digest
        self._cast(NOTARISE, view.number, digest, self._known.motions.held[digest])

    def end(self, view: RoundView, value: bytes) -> None:
        """For a round's time-out, or to finalise its motion."""
        view.ended = value
        self._cast(END, view.number, value)

    def move(self, view: RoundView, motion: Motion, data: bytes) -> None:
        """Its own motion, which it votes for, with what justifies it."""
        if self._signing is None:
            return
        digest, known = motion.digest(self._known.network), self._known
        view.voted = view.first = digest
        tabled = Tabled(motion, data, self._signed(NOTARISE, view.number, digest))
        known.motions.held[digest] = tabled
        known.motions.good[digest] = True
        self._acts.pledges.append(_pledge(tabled.vote, tabled))
        self._say_motion(tabled)
        known.add_vote(tabled.vote)

    def say_again(self) -> None:
        """Where it is and what it lacks, and what it said of rounds that are not decided."""
        known, view = self._known, self._known.view(self._known.current)
        motions, rounds = known.lacking_motions(), known.lacking_rounds()
        lacking = (tuple(motions[:ASKED_MAX]), tuple(rounds[-ASKED_MAX:]))
        self._acts.say(Whereabouts(known.current, known.root.round, *lacking))
        if self._signing is None:
            return
        if view.voted is not None:
            tabled = known.motions.held.get(view.voted)
            if tabled is not None and self.leads(view):
                self._say_motion(tabled)
            else:
                self._acts.say(self._signed(NOTARISE, view.number, view.voted))
        for vote in self.ends():
            self._acts.say(vote)

    def ends(self) -> list[Vote]:
        """Its votes in the end slots of the last rounds."""
        if self._signing is None:
            return []
        views = [self._known.rounds[number] for number in sorted(self._known.rounds)[-ASKED_MAX:]]
        return [
            self._signed(END, view.number, view.ended) for view in views if view.ended is not None
        ]

    def recall(self, pledge: Pledge) -> None:
        """What it voted before it was started again. Raises ProofError ``"vote"`` for a pledge that is none."""
        try:
            epoch, number, step, value, motion = decode(pledge.data)
            tabled = read(motion, self._known.network) if motion else None
        except (CodecError, ProofError, TypeError, ValueError) as error:
            raise ProofError("vote", f"this is no pledge: {pledge.data.hex()}") from error
        if epoch != self._known.epoch or number <= self._known.root.round:
            return
        view = self._known.view(number)
        if isinstance(tabled, Tabled):
            view.voted = value
            self._known.add_motion(tabled)
        else:
            view.ended = value
        if self._signing is not None:
            self._known.add_vote(self._signed(step, number, value))

    def _cast(self, step: str, number: int, value: bytes, tabled: Tabled | None = None) -> None:
        if self._signing is None:
            return
        vote = self._signed(step, number, value)
        self._acts.pledges.append(_pledge(vote, tabled))
        self._acts.say(vote)
        self._known.add_vote(vote)

    def _say_motion(self, tabled: Tabled) -> None:
        shown = self._known.shown_for(tabled.motion)[:CERTIFICATES_MAX]
        self._acts.say(tabled._replace(shown=tuple(shown)))

    def _signed(self, step: str, number: int, value: bytes) -> Vote:
        assert self._signing is not None, "who has no key does not vote"
        slot_of = notarise_slot if step == NOTARISE else end_slot
        ballot = Ballot(slot_of(self._known.network, self._known.epoch, number), value)
        return Vote.signed(ballot, self._signing)


def _pledge(vote: Vote, tabled: Tabled | None) -> Pledge:
    """With the motion: were all who voted for it to forget it, nobody could follow it, nor pass it over."""
    _, epoch, number, step = vote.ballot.slot
    motion = b"" if tabled is None else write(tabled)
    return Pledge(number, encode([epoch, number, step, vote.ballot.value, motion]))
