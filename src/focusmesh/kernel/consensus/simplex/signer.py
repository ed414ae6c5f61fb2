"""One validator's own votes: cast once, pledged before they are said, said again while nobody seems to have heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.consensus.interface import VoteRecord
from focusmesh.kernel.consensus.messages import (
    ASKED_MAX,
    CERTIFICATES_MAX,
    ProposalMessage,
    SyncStatus,
    read,
    write,
)
from focusmesh.kernel.consensus.quorum import Ballot, Slot, Vote
from focusmesh.kernel.consensus.slots import END, MOVE, NOTARISE
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.proposal import Proposal
    from focusmesh.kernel.consensus.simplex.knowledge import Knowledge
    from focusmesh.kernel.consensus.simplex.outbox import Outbox
    from focusmesh.kernel.consensus.simplex.rounds import RoundView
    from focusmesh.protocol.identity import SigningKey


class VoteSigner:
    """Casts what it is told, if ``signing`` is of a validator; else nothing. Whether it may is not decided here."""

    def __init__(self, known: Knowledge, signing: SigningKey | None, acts: Outbox) -> None:
        is_validator = signing is not None and known.validator_set.weight(signing.public) > 0
        self._signing = signing if is_validator else None
        self._known = known
        self._acts = acts

    def leads(self, view: RoundView) -> bool:
        """Whether a round is its own."""
        return self._signing is not None and view.leader == self._signing.public

    def notarise(self, view: RoundView, digest: bytes) -> None:
        """For a proposal."""
        view.voted = digest
        self._cast(NOTARISE, view.number, digest, self._known.proposals.held[digest])

    def end(self, view: RoundView, value: bytes) -> None:
        """For a round's time-out, or to finalise its proposal."""
        view.ended = value
        self._cast(END, view.number, value)

    def move(self, view: RoundView, proposal: Proposal, data: bytes) -> None:
        """Its own proposal, which it votes for, with what justifies it."""
        if self._signing is None:
            return
        digest, known = proposal.digest(self._known.network), self._known
        view.voted = view.first = digest
        tabled = ProposalMessage(proposal, data, self._sign(NOTARISE, view.number, digest))
        known.proposals.held[digest] = tabled
        known.proposals.good[digest] = True
        self._record(tabled.vote, tabled)
        self._send_proposal(tabled)
        known.add_vote(tabled.vote)

    def say_again(self) -> None:
        """Where it is and what it lacks, and what it said of rounds that are not decided."""
        known, view = self._known, self._known.view(self._known.current)
        proposals, rounds = known.missing_proposals(), known.lacking_rounds()
        lacking = (tuple(proposals[:ASKED_MAX]), tuple(rounds[-ASKED_MAX:]))
        self._acts.say(SyncStatus(known.current, known.final_number, *lacking))
        if self._signing is None:
            return
        if view.voted is not None:
            tabled = known.proposals.held.get(view.voted)
            if tabled is not None and self.leads(view):
                self._send_proposal(tabled)
            else:
                self._acts.say(self._sign(NOTARISE, view.number, view.voted))
        for vote in self.ends():
            self._acts.say(vote)

    def ends(self) -> list[Vote]:
        """Its votes in the end slots of the rounds before the current one, and of those after it.

        After a restart the current round is an early one, and the vote book has votes of many after it: they lie idle
        until whoever began again at the same place is there.
        """
        if self._signing is None:
            return []
        rounds, until = self._known.rounds, self._known.current + ASKED_MAX // 2
        numbers = [number for number in sorted(rounds) if number < until][-ASKED_MAX:]
        views = [rounds[number] for number in numbers]
        return [
            self._sign(END, view.number, view.ended) for view in views if view.ended is not None
        ]

    def recall(self, vote_record: VoteRecord) -> None:
        """What it voted before it was started again. Raises ProofError ``"vote"`` for a vote record that is none."""
        try:
            epoch, number, text, value, proposal = decode(vote_record.data)
            tabled = read(proposal, self._known.network) if proposal else None
        except (CodecError, ProofError, TypeError, ValueError) as error:
            raise ProofError(
                "vote", f"this is not a vote record: {vote_record.data.hex()}"
            ) from error
        step = self._known.slots.step(Slot(self._known.network, epoch, number, text))
        if step in ("", MOVE) or number <= self._known.root.round:
            return
        view = self._known.view(number)
        if isinstance(tabled, ProposalMessage):
            view.voted = value
            self._known.restore(tabled)
        else:
            view.ended = value
        if self._signing is not None:
            self._known.count(self._sign(step, number, value))

    def _cast(
        self, step: str, number: int, value: bytes, tabled: ProposalMessage | None = None
    ) -> None:
        if self._signing is None:
            return
        vote = self._sign(step, number, value)
        self._record(vote, tabled)
        self._acts.say(vote)
        self._known.add_vote(vote)

    def _send_proposal(self, tabled: ProposalMessage) -> None:
        shown = self._known.shown_for(tabled.proposal)[:CERTIFICATES_MAX]
        self._acts.say(tabled._replace(shown=tuple(shown)))

    def _sign(self, step: str, number: int, value: bytes) -> Vote:
        assert self._signing is not None, "who has no key does not vote"
        slots = self._known.slots
        slot = slots.notarise(number) if step == NOTARISE else slots.end(number)
        return Vote.sign(Ballot(slot, value), self._signing)

    def _record(self, vote: Vote, tabled: ProposalMessage | None) -> None:
        """With the proposal: were all who voted for it to forget it, nobody could follow it, nor pass it over."""
        _, epoch, number, step = vote.ballot.slot
        proposal = b"" if tabled is None else write(tabled)
        data = encode([epoch, number, step, vote.ballot.value, proposal])
        self._acts.vote_records.append(VoteRecord(self._known.slots.number(number), data))
