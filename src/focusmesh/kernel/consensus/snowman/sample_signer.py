"""One validator's own proposals for samples to choose from, and its votes in the rounds of the height that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.consensus.messages import ASKED_MAX, SyncStatus
from focusmesh.kernel.consensus.slots import MOVE, SlotName
from focusmesh.kernel.consensus.snowman.height_votes import HeightVoting
from focusmesh.kernel.consensus.snowman.signer import AcceptanceSigner
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.interface import VoteRecord
    from focusmesh.kernel.consensus.messages import ProposalMessage
    from focusmesh.kernel.consensus.quorum import Slot
    from focusmesh.kernel.consensus.round_timer import RoundTimer
    from focusmesh.kernel.consensus.simplex.outbox import Outbox
    from focusmesh.kernel.consensus.snowman.heights import HeightVotes
    from focusmesh.kernel.consensus.snowman.preference import Preferences
    from focusmesh.protocol.identity import SigningKey


class SampleSigner(AcceptanceSigner):
    """``rounds`` are those of the next height: what samples accepted is notarised there, and not final at once."""

    _voting: ClassVar[type[HeightVoting]] = HeightVoting

    def __init__(
        self,
        known: HeightVotes,
        blocks: Preferences,
        signing: SigningKey | None,
        acts: Outbox,
        patience: RoundTimer,
        resend_ms: int,
    ) -> None:
        super().__init__(known, blocks, signing, acts)
        self._votes = known
        self._timing = patience, resend_ms
        self._records: dict[int, list[VoteRecord]] = {}
        self.rounds = self._begin()

    def move(self, subject: bytes, data: bytes) -> None:
        """Its own block, after the last decided one."""
        super().move(subject, data)
        digest = self.moved.get(self.rounds.known.height)
        tabled = None if digest is None else self._blocks.find(digest)
        if digest is not None and tabled is not None:
            self._sample(tabled)
            self.rounds.judge_block(digest, good=True, wanted=True)

    def accept(self) -> bool:
        """Notarises what samples decided on, once a height: whether it did now."""
        accepted = self._blocks.accepted
        return accepted is not None and self.rounds.accept(accepted)

    def say_again(self) -> None:
        """Where it is and what it lacks, what it voted, and what it moved."""
        self.rounds.say_again()
        root, sought = self._known.root, tuple(self._blocks.sought[:ASKED_MAX])
        if sought:
            self._acts.say(SyncStatus(self.rounds.round, root.height, sought))
        for found in map(self._blocks.find, self.moved.values()):
            if found is not None:
                self._acts.say(found)

    def go_on(self) -> None:
        """After a decision: the rounds of the next height."""
        last = self._known.root.height
        self.moved = {at: each for at, each in self.moved.items() if at > last}
        self.rounds = self._begin()

    def hold(self, tabled: ProposalMessage) -> None:
        """A block of the height that is open: to sample from, or to follow where a quorum voted for it."""
        digest, known = tabled.proposal.digest(self._known.network), self.rounds.known
        if tabled.proposal.height != known.height:
            return
        if self._blocks.find(digest) is not None:
            self._sample(tabled)
        elif digest in known.missing_proposals():
            known.hold(tabled)

    def _sample(self, tabled: ProposalMessage) -> None:
        """Whether it is good is asked for samples, and not once more."""
        known = self.rounds.known
        known.hold(tabled)
        known.proposals.asked.add(tabled.proposal.digest(known.network))

    def recall(self, vote_record: VoteRecord) -> None:
        """What it signed before it was started again. Raises ProofError ``"vote"`` for a vote record that is none."""
        try:
            epoch, _, text, _, proposal = decode(vote_record.data)
            height = SlotName.read(text).height
            if proposal:
                self._read_proposal(proposal)
        except (CodecError, ProofError, TypeError, ValueError, AttributeError) as error:
            raise ProofError(
                "vote", f"this is not a vote record: {vote_record.data.hex()}"
            ) from error
        if epoch == self._known.epoch and height is not None and height > self._known.root.height:
            self._records.setdefault(height, []).append(vote_record)
            if height == self.rounds.known.height:
                self._restore(vote_record)

    def _begin(self) -> HeightVoting:
        given = self._votes.open, self._signing, self._acts, *self._timing
        self.rounds = self._voting(*given, self._blocks)
        for tabled in self._blocks.of_height(self.rounds.known.height):
            self._sample(tabled)
        for vote_record in self._records.pop(self.rounds.known.height, []):
            self._restore(vote_record)
        return self.rounds

    def _restore(self, vote_record: VoteRecord) -> None:
        _, _, text, value, proposal = decode(vote_record.data)
        if SlotName.read(text).step != MOVE:
            self.rounds.recall(vote_record)
            return
        tabled = self._read_proposal(proposal)
        self.moved[self.rounds.known.height] = value
        self._blocks.add(tabled)
        self.hold(tabled)
        if self._signing is not None:
            self._known.add(self._sign(MOVE, self.rounds.known.height, value))

    def _slot(self, step: str, height: int) -> Slot:
        return self._votes.slots(height).move()

    def _round_of(self, height: int) -> int:
        return 0

    def _number_of(self, height: int) -> int:
        return self._votes.slots(height).number(0)
