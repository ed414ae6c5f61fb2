"""One validator's own proposals and acceptances: one of each a height, pledged before they are said, said again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.consensus.interface import VoteRecord
from focusmesh.kernel.consensus.messages import ASKED_MAX, ProposalMessage, SyncStatus, read, write
from focusmesh.kernel.consensus.proposal import (
    END,
    MOVE,
    Proposal,
    data_digest,
    end_slot,
    move_slot,
)
from focusmesh.kernel.consensus.quorum import Ballot, Vote
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.quorum import Slot
    from focusmesh.kernel.consensus.simplex.outbox import Outbox
    from focusmesh.kernel.consensus.snowman.acceptance import Acceptances
    from focusmesh.kernel.consensus.snowman.preference import Preferences
    from focusmesh.protocol.identity import SigningKey


class AcceptanceSigner:
    """Signs what it is told, if ``signing`` is a validator's. ``moved``: the digests of its proposals by height."""

    def __init__(
        self, known: Acceptances, blocks: Preferences, signing: SigningKey | None, acts: Outbox
    ) -> None:
        is_validator = signing is not None and known.validator_set.weight(signing.public) > 0
        self._signing = signing if is_validator else None
        self._known, self._blocks, self._acts = known, blocks, acts
        self._accepted: dict[int, ProposalMessage] = {}
        self.moved: dict[int, bytes] = {}

    @property
    def validator(self) -> bytes | None:
        """Its key; None for who only follows."""
        return None if self._signing is None else self._signing.public

    def move(self, subject: bytes, data: bytes) -> None:
        """Its own block, after the last decided one."""
        known, root = self._known, self._known.root
        height = root.height + 1
        if self._signing is None or height in self.moved:
            return
        parent = self._blocks.digest
        round_ = self._round_of(height)
        proposal = Proposal(known.epoch, round_, height, parent, subject, data_digest(data))
        tabled = ProposalMessage(
            proposal, data, self._sign(MOVE, height, proposal.digest(known.network))
        )
        self.moved[height] = tabled.vote.ballot.value
        self._record(tabled.vote, height, tabled)
        known.add_move(tabled)
        self._blocks.add(tabled)
        self._blocks.judge(tabled.vote.ballot.value, True)
        self._acts.say(tabled)

    def accept(self) -> bool:
        """Signs what samples decided on, once a height: whether it did now."""
        digest, root = self._blocks.accepted, self._known.root
        tabled = None if digest is None else self._blocks.find(digest)
        height = root.height + 1
        if self._signing is None or tabled is None or not self._may_accept(height):
            return False
        vote = self._sign(END, height, tabled.proposal.digest(self._known.network))
        self._accepted[height] = tabled
        self._record(vote, height, tabled)
        self._acts.say(vote)
        self._known.add(vote)
        return True

    def _may_accept(self, height: int) -> bool:
        return height not in self._accepted

    def say_again(self) -> None:
        """Where it is and what it lacks, what it accepted, and what it moved."""
        root = self._known.root
        sought = tuple(self._blocks.sought[:ASKED_MAX])
        self._acts.say(SyncStatus(root.height + 1, root.height, sought))
        for height, tabled in self._accepted.items():
            if self._signing is not None:
                digest = tabled.proposal.digest(self._known.network)
                self._acts.say(self._sign(END, height, digest))
        for found in map(self._blocks.find, self.moved.values()):
            if found is not None:
                self._acts.say(found)

    def go_on(self) -> None:
        """After a decision: what is decided needs no votes any more."""
        last = self._known.root.height
        self._accepted = {at: each for at, each in self._accepted.items() if at > last}
        self.moved = {at: each for at, each in self.moved.items() if at > last}
        self._prefer_accepted()

    def _prefer_accepted(self) -> None:
        """A validator may have accepted more than what is decided in its store, when it is started again."""
        accepted = self._accepted.get(self._known.root.height + 1)
        if accepted is not None:
            self._blocks.accept(accepted)

    def recall(self, vote_record: VoteRecord) -> None:
        """What it signed before it was started again. Raises ProofError ``"vote"`` for a vote record that is none."""
        try:
            epoch, height, step, value, proposal = decode(vote_record.data)
            tabled = self._read_proposal(proposal)
        except (CodecError, ProofError, TypeError, ValueError) as error:
            raise ProofError(
                "vote", f"this is not a vote record: {vote_record.data.hex()}"
            ) from error
        if epoch != self._known.epoch or height <= self._known.root.height:
            return
        if step == MOVE:
            self.moved[height] = value
            self._blocks.add(tabled)
        else:
            self._accepted[height] = tabled
            self._prefer_accepted()
        if self._signing is not None:
            self._known.add(self._sign(step, height, value))

    def _read_proposal(self, data: bytes) -> ProposalMessage:
        tabled = read(data, self._known.network)
        if not isinstance(tabled, ProposalMessage):
            raise CodecError("it has no proposal")
        return tabled

    def _sign(self, step: str, height: int, value: bytes) -> Vote:
        assert self._signing is not None, "who has no key does not vote"
        return Vote.sign(Ballot(self._slot(step, height), value), self._signing)

    def _slot(self, step: str, height: int) -> Slot:
        slot_of = move_slot if step == MOVE else end_slot
        return slot_of(self._known.network, self._known.epoch, height)

    def _round_of(self, height: int) -> int:
        """What proposals of a height name as their round."""
        return height

    def _number_of(self, height: int) -> int:
        """By which vote records of a height are ordered."""
        return height

    def _record(self, vote: Vote, height: int, tabled: ProposalMessage) -> None:
        """With the proposal: were all who accepted it to forget it, nobody could follow it."""
        _, epoch, round_, step = vote.ballot.slot
        data = encode([epoch, round_, step, vote.ballot.value, write(tabled)])
        self._acts.vote_records.append(VoteRecord(self._number_of(height), data))
