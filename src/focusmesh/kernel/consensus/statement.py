"""A statement: what more than two thirds of an epoch's weight sign outside of the chain, and a block then shows.

Two kinds: ``halt`` (behind the block of a height nothing but the next statement comes into blocks) and ``resume``. Each
has the number after the one that was shown last, and is of the epoch in whose blocks it can be shown: so none counts
twice, and none in another epoch than that of who signed it.
"""

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
    Vote,
)
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.protocol.identity import SigningKey

HALT, RESUME = "halt", "resume"
_STEP, _ROUND_BYTES = "statement", 7


class StatementText(NamedTuple):
    """What is signed. ``end_height``: the last block that has more than heartbeats, for a halt; 0 for a resume."""

    network: bytes
    epoch: int
    number: int
    kind: str
    end_height: int

    def ballot(self) -> Ballot:
        """What is signed. Raises ProofError ``"statement"`` for what is no statement.

        The slot is named after the text too: who signs two texts has not voted twice, and loses nothing by it.
        """
        numbers = [self.epoch, self.number, self.end_height]
        right = all(type(each) is int and 0 <= each <= NUMBER_MAX for each in numbers)
        if not right or type(self.network) is not bytes or len(self.network) != VALUE_BYTES:
            raise ProofError("statement", f"this is no statement: {self!r}")
        if self.kind not in (HALT, RESUME) or (self.kind == HALT) != (self.end_height > 0):
            raise ProofError("statement", "a statement is a halt behind a block, or a resume")
        value = sha256(encode(["focusmesh/statement/1", *self])).digest()
        round_ = int.from_bytes(value[:_ROUND_BYTES], "big")
        return Ballot(Slot(self.network, self.epoch, round_, _STEP), value)

    def sign(self, key: SigningKey) -> Statement:
        """The statement with one signature."""
        vote = Vote.sign(self.ballot(), key)
        return Statement(self, ((vote.signer, vote.signature),))


@dataclass(frozen=True)
class Statement:
    """A text with signatures by rising key, of as many as have signed so far."""

    text: StatementText
    signatures: tuple[tuple[bytes, bytes], ...]

    @property
    def digest(self) -> bytes:
        """What headers and states name it by: that of what is signed, whoever did."""
        return self.text.ballot().value

    def join(self, other: Statement) -> Statement:
        """With the signatures of another copy. Raises ProofError ``"statement"`` where that says something else."""
        if other.text != self.text:
            raise ProofError(
                "statement", "these are two statements: only copies of one can be joined"
            )
        both = dict(other.signatures) | dict(self.signatures)
        return Statement(self.text, tuple(sorted(both.items())))

    def verify(self, validator_set: ValidatorSet) -> None:
        """Raises ProofError ``"certificate"``, ``"quorum"`` unless more than two thirds of the weight signed it."""
        Certificate(self.text.ballot(), self.signatures).verify(validator_set)

    def to_bytes(self) -> bytes:
        """Canonical: some 60 bytes and 100 a signature."""
        return encode([list(self.text), [list(pair) for pair in self.signatures]])

    @classmethod
    def from_bytes(cls, data: bytes) -> Statement:
        """Reads ``to_bytes``; it is still to be verified. Raises ProofError ``"statement"``."""
        try:
            text, signatures = decode(data)
            pairs = tuple((signer, signature) for signer, signature in signatures)
            found = cls(StatementText(*text), pairs)
            found.text.ballot()
            if {type(part) for pair in pairs for part in pair} - {
                bytes
            } or found.to_bytes() != data:
                raise CodecError("it is not in the canonical encoding")
        except (CodecError, TypeError, ValueError) as error:
            raise ProofError("statement", f"these bytes are no statement: {error}") from error
        return found
