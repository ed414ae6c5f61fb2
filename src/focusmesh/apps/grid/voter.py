"""One place in a vote: a pure state machine that is told messages and ticks, and says what it sends.

The protocol is Tendermint's (E. Buchman, J. Kwon, Z. Milosevic, arXiv:1807.04938, algorithm 1; the numbers of its
lines are in the comments), for one height. 2f + 1 is a quorum here and f + 1 whatever a quorum cannot do without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.apps.grid.opinions import (
    FAULTS_MAX,
    PRECOMMIT,
    PREVOTE,
    PROPOSE,
    Opinion,
    Proposal,
)
from focusmesh.errors import ProofError
from focusmesh.kernel.consensus import Ballot, Tally, Vote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.apps.grid.opinions import Question
    from focusmesh.engine.support.arrays import OffsetArray
    from focusmesh.kernel.consensus import Certificate, ValidatorSet
    from focusmesh.protocol.identity import SigningKey


@dataclass(frozen=True)
class Decided:
    """A decision for who could not come to it: the proposal, and the certificate of precommits on it."""

    proposal: Proposal
    certificate: Certificate


Word = Opinion | Proposal | Vote | Decided
"""What is sent: an opinion, a proposal, a prevote or precommit, a decision."""

NOTHING = b""
ROUND_MAX = 1_000
"""Words of later rounds are not kept: a round takes seconds where messages arrive."""


@dataclass(frozen=True)
class Timeouts:
    """Ticks that a step of round r is waited for: ``first + r · more``."""

    first: int = 6
    more: int = 3

    def after(self, round_: int) -> int:
        """For that round."""
        return self.first + round_ * self.more


class Voter:
    """``output`` None: it has no vote, and only proposes and tallies, as CENTRAL does.

    ``proposers``: public keys in the order of rounds. What ``start``, ``receive`` and ``tick`` return is to be sent to
    all neighbours: what it says, and what was new to it, so that everybody hears everything along the edges.
    ``decided`` has the proposal and its certificate once there are any. ``refused`` counts words that do not hold.
    """

    def __init__(
        self,
        question: Question,
        key: SigningKey,
        output: OffsetArray | None,
        validator_set: ValidatorSet,
        proposers: Sequence[bytes],
        timeouts: Timeouts | None = None,
        check: Callable[[Vote], bool] = Vote.holds,
    ) -> None:
        self.question = question
        self.decided: Decided | None = None
        self.round = -1
        self.refused = 0
        self.tally = Tally(validator_set, check)
        self._key = key
        self._output = output
        self._proposers = tuple(proposers)
        self._timeouts = timeouts or Timeouts()
        self._opinions: dict[bytes, Opinion] = {}
        self._proposals: dict[int, Proposal] = {}
        self._values: dict[int, bytes] = {}
        self._proved: set[int] = set()
        self._step = PROPOSE
        self._locked = (-1, NOTHING)
        self._valid: tuple[int, Proposal | None] = (-1, None)
        self._proposed = -1
        self._now = 0
        self._due: dict[tuple[str, int], int] = {}
        self._outbox: list[Word] = []
        self._heard: dict[int, set[bytes]] = {}

    def start(self) -> list[Word]:
        """Says its opinion and begins round 0."""
        if self._output is not None:
            self._say(Opinion.sign(self.question, self._output, self._key))
        self._start_round(0)
        return self._advance()

    def receive(self, word: Word) -> list[Word]:
        """Takes what somebody said. What does not hold is counted and otherwise ignored."""
        if not self._accept(word):
            return []
        self._outbox.append(word)
        return self._advance()

    def tick(self) -> list[Word]:
        """One unit of time has passed."""
        self._now += 1
        for (step, round_), due in sorted(self._due.items(), key=lambda item: item[1]):
            if self._now >= due and self.decided is None:
                del self._due[step, round_]
                self._timed_out(step, round_)
        return self._advance()

    def _accept(self, word: Word) -> bool:
        try:
            if isinstance(word, Vote):
                return self._accepted_vote(word)
            if isinstance(word, Opinion):
                return self._accepted_opinion(word)
            if isinstance(word, Decided):
                return self._accepted_decision(word)
            return self._accepted_proposal(word)
        except ProofError:
            self.refused += 1
            return False

    def _accepted_vote(self, vote: Vote) -> bool:
        slot = vote.ballot.slot
        known = slot.step in {PREVOTE, PRECOMMIT} and 0 <= slot.round <= ROUND_MAX
        if not known or slot != self.question.slot(slot.round, slot.step):
            raise ProofError("vote", "the vote is on another question")
        new = self.tally.add(vote)
        self._heard.setdefault(slot.round, set()).add(vote.signer)
        return new

    def _accepted_opinion(self, opinion: Opinion) -> bool:
        if not opinion.fits(self.question):
            raise ProofError(
                "vote", "the opinion is on another question, or its shares do not add up"
            )
        new = self.tally.add(opinion.vote)
        if new:
            self._opinions.setdefault(opinion.vote.signer, opinion)
        return new

    def _accepted_proposal(self, proposal: Proposal) -> bool:
        if proposal.round in self._proposals:
            return False
        if not 0 <= proposal.round <= ROUND_MAX or not -1 <= proposal.valid_round < proposal.round:
            raise ProofError("vote", "the proposal names no valid round")
        if proposal.proposer != self._proposer(proposal.round):
            raise ProofError("voter", "the proposer does not lead this round")
        if not proposal.is_signed(self.question):
            raise ProofError("vote", "the proposal is not signed by its proposer")
        for opinion in proposal.opinions:
            self._accepted_opinion(opinion)
        self._proposals[proposal.round] = proposal
        self._values[proposal.round] = self._value_of(proposal)
        if self._is_proved(proposal):
            self._proved.add(proposal.round)
        return True

    def _accepted_decision(self, decided: Decided) -> bool:
        if self.decided is not None:
            return False
        ballot = decided.certificate.ballot
        decided.certificate.verify(self.tally.validator_set)
        slot = self.question.slot(ballot.slot.round, PRECOMMIT)
        value = self._value_of(decided.proposal)
        if ballot != Ballot(slot, value) or value == NOTHING:
            raise ProofError("vote", "the decision is not on its proposal")
        self.decided = decided
        return True

    def _value_of(self, proposal: Proposal) -> bytes:
        """What a proposal is for; NOTHING where it is not valid, which nobody votes for."""
        voters = [opinion.vote.signer for opinion in proposal.opinions]
        count = len(self.tally.validator_set.weights)
        enough = count - FAULTS_MAX <= len(voters) == len(set(voters))
        known = self.tally.validator_set.weight_of(voters) == len(voters)
        good = all(one.fits(self.question) and one.vote.holds() for one in proposal.opinions)
        return self.question.value(proposal.output) if enough and known and good else NOTHING

    def _proposer(self, round_: int) -> bytes:
        return self._proposers[round_ % len(self._proposers)]

    def _start_round(self, round_: int) -> None:
        """Lines 11 to 21."""
        self.round = round_
        self._step = PROPOSE
        self._wait(PROPOSE)

    def _wait(self, step: str) -> None:
        self._due.setdefault((step, self.round), self._now + self._timeouts.after(self.round))

    def _advance(self) -> list[Word]:
        """Applies rules until none applies; what is to be sent."""
        while self.decided is None and self._apply_rule():
            pass
        sent, self._outbox = self._outbox, []
        return sent

    def _apply_rule(self) -> bool:
        rules = (
            *(self._decide, self._skip, self._propose, self._vote_on_new, self._vote_on_old),
            *(self._lock, self._give_up, self._await_prevotes, self._await_precommits),
        )
        return any(rule() for rule in rules)

    def _propose(self) -> bool:
        """Lines 14 to 19: what was valid before, or else the opinions of all but those who may never come."""
        mine = self._proposer(self.round) == self._key.public and self._proposed < self.round
        if not mine or self._step != PROPOSE:
            return False
        valid_round, valid = self._valid
        count = len(self.tally.validator_set.weights)
        if valid is None and len(self._opinions) < count - FAULTS_MAX:
            return False
        opinions, proof = tuple(self._opinions.values()), None
        if valid is not None:
            slot = self.question.slot(valid_round, PREVOTE)
            proof = self.tally.certificate(slot, self._values[valid_round])
            opinions = valid.opinions
        self._proposed = self.round
        said = (self.question, self.round, valid_round, opinions, self._key, proof)
        self._say(Proposal.sign(*said))
        return True

    def _vote_on_new(self) -> bool:
        """Lines 22 to 27."""
        proposal = self._proposals.get(self.round)
        if self._step != PROPOSE or proposal is None or proposal.valid_round != -1:
            return False
        locked_round, locked = self._locked
        value = self._values[self.round]
        self._vote(PREVOTE, value if locked_round == -1 or locked == value else NOTHING)
        return True

    def _vote_on_old(self) -> bool:
        """Lines 28 to 33."""
        proposal = self._proposals.get(self.round)
        if self._step != PROPOSE or proposal is None or proposal.valid_round < 0:
            return False
        value = self._values[self.round]
        slot = self.question.slot(proposal.valid_round, PREVOTE)
        if self.round not in self._proved and not self.tally.has_quorum(slot, value):
            return False
        locked_round, locked = self._locked
        free = locked_round <= proposal.valid_round or locked == value
        self._vote(PREVOTE, value if free else NOTHING)
        return True

    def _is_proved(self, proposal: Proposal) -> bool:
        """Whether the proposal brings along the prevotes that it rests on.

        A tally counts the first vote of each voter alone, and who votes twice may have told others the other one first:
        this stands for the paper's channels, where what one honest voter heard all hear in the end.
        """
        slot = self.question.slot(proposal.valid_round, PREVOTE)
        proof, ballot = proposal.proof, Ballot(slot, self._values[proposal.round])
        if proof is None or proof.ballot != ballot:
            return False
        try:
            proof.verify(self.tally.validator_set)
        except ProofError:
            return False
        return True

    def _await_prevotes(self) -> bool:
        """Lines 34 and 35."""
        slot = self.question.slot(self.round, PREVOTE)
        if self._step == PREVOTE and self.tally.has_quorum(slot):
            return self._waited_for(PREVOTE)
        return False

    def _await_precommits(self) -> bool:
        """Lines 47 and 48."""
        if self.tally.has_quorum(self.question.slot(self.round, PRECOMMIT)):
            return self._waited_for(PRECOMMIT)
        return False

    def _waited_for(self, step: str) -> bool:
        before = len(self._due)
        self._wait(step)
        return len(self._due) > before

    def _lock(self) -> bool:
        """Lines 36 to 43."""
        value = self._values.get(self.round, NOTHING)
        slot = self.question.slot(self.round, PREVOTE)
        if self._step == PROPOSE or value == NOTHING or self._valid[0] == self.round:
            return False
        if not self.tally.has_quorum(slot, value):
            return False
        self._valid = (self.round, self._proposals[self.round])
        if self._step == PREVOTE:
            self._locked = (self.round, value)
            self._vote(PRECOMMIT, value)
        return True

    def _give_up(self) -> bool:
        """Lines 44 to 46."""
        slot = self.question.slot(self.round, PREVOTE)
        if self._step != PREVOTE or not self.tally.has_quorum(slot, NOTHING):
            return False
        self._vote(PRECOMMIT, NOTHING)
        return True

    def _decide(self) -> bool:
        """Lines 49 to 54."""
        for round_, value in self._values.items():
            slot = self.question.slot(round_, PRECOMMIT)
            if value != NOTHING and self.tally.has_quorum(slot, value):
                certificate = self.tally.certificate(slot, value)
                self.decided = Decided(self._proposals[round_], certificate)
                self._outbox.append(self.decided)
                return True
        return False

    def _skip(self) -> bool:
        """Lines 55 and 56: so many are further on that one of them is honest."""
        validator_set = self.tally.validator_set
        ahead = [
            round_
            for round_, voters in self._heard.items()
            if round_ > self.round and validator_set.weight_of(voters) >= validator_set.veto
        ]
        if ahead:
            self._start_round(max(ahead))
        return bool(ahead)

    def _timed_out(self, step: str, round_: int) -> None:
        """Lines 57 to 67."""
        if round_ != self.round:
            return
        if step == PROPOSE and self._step == PROPOSE:
            self._vote(PREVOTE, NOTHING)
        elif step == PREVOTE and self._step == PREVOTE:
            self._vote(PRECOMMIT, NOTHING)
        elif step == PRECOMMIT:
            self._start_round(round_ + 1)

    def _vote(self, step: str, value: bytes) -> None:
        self._step = step
        if self._output is not None:
            ballot = Ballot(self.question.slot(self.round, step), value)
            self._say(Vote.sign(ballot, self._key))

    def _say(self, word: Word) -> None:
        self._outbox.append(word)
        self._accept(word)
