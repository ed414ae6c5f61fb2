"""What is voted on: a proposal names a block and the proposal that it follows; a decision is one that is final."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.consensus.quorum import (
    NUMBER_MAX,
    VALUE_BYTES,
    Ballot,
    Certificate,
    Slot,
    ValidatorSet,
)
from focusmesh.kernel.consensus.recovery import Recovery, turn_of_number
from focusmesh.kernel.consensus.slots import END as END
from focusmesh.kernel.consensus.slots import MOVE as MOVE
from focusmesh.kernel.consensus.slots import SlotName, VoteSlots
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.protocol.codec import Value

PROPOSAL_DATA_BYTES_MAX = 1 << 16
"""The most that travels with a proposal: a header, and what names the batches of its body."""
TIME_OUT = b""
"""What is voted in the slot ``END`` of a round by whom its time ran out; a finalise vote there names its proposal."""
CLOSING = bytes(VALUE_BYTES)
"""The subject of a proposal without a block, which follows the last block of an epoch."""


class Proposal(NamedTuple):
    """``subject`` is to be the block at ``height``, after that of the proposal whose digest ``parent`` is.

    ``epoch`` says which validator set decides, ``round`` who moves it; ``data`` is the digest of what travels with it.
    """

    epoch: int
    round: int
    height: int
    parent: bytes
    subject: bytes
    data: bytes

    def digest(self, network: bytes) -> bytes:
        """What votes name it by. Raises ProofError ``"motion"`` for what is none."""
        numbers, digests = self[:3], (network, *self[3:])
        right = all(type(part) is int and 0 <= part <= NUMBER_MAX for part in numbers) and all(
            type(part) is bytes and len(part) == VALUE_BYTES for part in digests
        )
        if not right:
            raise ProofError("motion", f"the proposal has invalid parts: {self!r}")
        return sha256(encode([network, *self])).digest()

    @classmethod
    def of(cls, parts: Value) -> Proposal:
        """Of an array that was decoded. Raises ProofError ``"motion"``."""
        if type(parts) is not list or len(parts) != len(cls._fields):
            raise ProofError("motion", "a proposal must be an array of six parts")
        proposal = cls(*parts)
        proposal.digest(bytes(VALUE_BYTES))
        return proposal


class Anchor(NamedTuple):
    """A decided block that an epoch begins after."""

    height: int
    subject: bytes

    def proposal(self, epoch: int) -> Proposal:
        """The proposal of round 0, which needs no votes."""
        nothing = bytes(VALUE_BYTES)
        return Proposal(epoch, 0, self.height, nothing, self.subject, nothing)


def data_digest(data: bytes) -> bytes:
    """What a proposal has of its data. Raises ProofError ``"motion"`` for more than PROPOSAL_DATA_BYTES_MAX bytes."""
    if len(data) > PROPOSAL_DATA_BYTES_MAX:
        raise ProofError(
            "motion",
            f"a proposal carries at most {PROPOSAL_DATA_BYTES_MAX:,} bytes, not {len(data):,}",
        )
    return sha256(data).digest()


def move_slot(network: bytes, epoch: int, height: int) -> Slot:
    """Where a validator may move one block of a height, where nobody notarises; no vote elsewhere is one of it."""
    return Slot(network, epoch, height, MOVE)


def end_slot(network: bytes, epoch: int, round_: int) -> Slot:
    """Where a validator may finalise a proposal of a round or say that its time is out: the two exclude each other."""
    return Slot(network, epoch, round_, END)


@dataclass(frozen=True)
class Decision:
    """A proposal that is final, with the finalise votes of a quorum: what a light client checks beside a header.

    ``recovery``: the statement by which the turn of its votes began; nothing in the first turn of an epoch.
    """

    proposal: Proposal
    certificate: Certificate
    recovery: bytes = b""

    @property
    def engine(self) -> str:
        """What the slot of its votes calls the engine. Raises ProofError ``"vote"``."""
        return SlotName.read(self.certificate.ballot.slot.step).engine

    @property
    def number(self) -> int:
        """By which vote records and decisions of its engine are ordered. Raises ProofError ``"vote"``."""
        return self._slots(self.certificate.ballot.slot.network).number(self.proposal.round)

    def verify(
        self, network: bytes, validator_set: ValidatorSet, engine: str | None = None
    ) -> None:
        """``engine``: what slots have to call it; None: as they do, for who does not know how a network agrees.

        Raises ProofError ``"decision"`` where the votes are for something else, else as ``Certificate.verify``;
        ``"recovery"`` where their turn is not the first, and no statement of a quorum began it.
        """
        self.verify_votes(network, validator_set, engine)
        if turn_of_number(self.proposal.epoch) or self.recovery:
            recovery = Recovery.from_bytes(self.recovery)
            recovery.verify_for(self.proposal.epoch, self.proposal.height)
            recovery.verify(network, validator_set)

    def verify_votes(
        self, network: bytes, validator_set: ValidatorSet, engine: str | None = None
    ) -> None:
        """The votes alone, for who knows how their turn began. Raises ProofError ``"decision"``, and as above."""
        proposal, ballot = self.proposal, self.certificate.ballot
        try:
            slot, named = self._slots(network).end(proposal.round), self.engine
        except ProofError as error:
            raise ProofError("decision", f"the votes decide nothing: {error}") from error
        if ballot != Ballot(slot, proposal.digest(network)) or engine not in (None, named):
            raise ProofError(
                "decision", "the votes are not for this proposal, or do not finalise it"
            )
        self.certificate.verify(validator_set)

    def _slots(self, network: bytes) -> VoteSlots:
        return VoteSlots.of(self.engine, network, self.proposal.epoch, self.proposal.height)

    def to_bytes(self) -> bytes:
        """Canonical: one decision has one encoding. Some 100 bytes and 100 a validator."""
        parts: list[Value] = [list(self.proposal), self.certificate.to_bytes()]
        return encode([*parts, self.recovery] if self.recovery else parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Decision:
        """Reads ``to_bytes``; it is still to be verified. Raises ProofError ``"decision"``."""
        try:
            proposal, certificate, *shown = decode(data)
            if type(certificate) is not bytes:
                raise CodecError("a certificate must be bytes")
            if shown and not (len(shown) == 1 and type(shown[0]) is bytes and shown[0]):
                raise CodecError("a decision carries at most one statement")
            return cls(Proposal.of(proposal), Certificate.from_bytes(certificate), *shown)
        except (CodecError, ProofError, TypeError, ValueError) as error:
            raise ProofError("decision", f"these bytes are not a decision: {error}") from error
