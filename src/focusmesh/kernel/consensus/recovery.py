"""The way out of an epoch that cannot end: a statement of a quorum, by which voting goes on in slots of its own.

What votes call their epoch is the epoch and a *turn*: ``epoch + turn · 2^40``. Turn 0 is how an epoch begins; each
statement begins the next turn behind a decided block. The validators, and the heights that the epoch has, stay. So no
vote of an earlier turn is one of a later, and who lost the votes of one has lost none of the next.
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
)
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from typing import Any

RECOVER = "recover"
"""The step in which the start of a turn is voted on, in round 0 of that turn."""
EPOCHS_MAX = 1 << 40
TURNS_MAX = 1 << 16


def vote_number(epoch: int, turn: int) -> int:
    """What votes of a turn call their epoch. Raises ProofError ``"recovery"`` for what is out of range."""
    if not (0 <= epoch < EPOCHS_MAX and 0 <= turn < TURNS_MAX):
        raise ProofError("recovery", f"there is no turn {turn} of epoch {epoch}")
    return epoch + turn * EPOCHS_MAX


def epoch_of_number(number: int) -> int:
    """Which validator set decides, where votes have this number."""
    return number % EPOCHS_MAX


def turn_of_number(number: int) -> int:
    """How many statements began that epoch anew."""
    return number // EPOCHS_MAX


def order_of_number(number: int) -> tuple[int, int]:
    """Epochs rise, and within an epoch its turns: numbers are compared by this."""
    return epoch_of_number(number), turn_of_number(number)


class Start(NamedTuple):
    """Where a turn begins: behind the decided ``block`` of ``height``. ``number`` is what its votes call the epoch."""

    number: int
    height: int
    block: bytes

    def ballot(self, network: bytes) -> Ballot:
        """What is signed, once a turn. Raises ProofError ``"recovery"`` for what is no start."""
        numbers = [self.number, self.height]
        right = all(type(each) is int and 0 <= each <= NUMBER_MAX for each in numbers)
        if not right or type(self.block) is not bytes or len(self.block) != VALUE_BYTES:
            raise ProofError("recovery", f"no turn can begin at {self!r}")
        if not 0 < turn_of_number(self.number) < TURNS_MAX:
            raise ProofError("recovery", "the first turn of an epoch begins by itself")
        value = sha256(encode([network, *self])).digest()
        return Ballot(Slot(network, self.number, 0, RECOVER), value)


@dataclass(frozen=True)
class Recovery:
    """A start that a quorum of the epoch's validator set signed."""

    start: Start
    certificate: Certificate

    def verify(self, network: bytes, validator_set: ValidatorSet) -> None:
        """Raises ProofError ``"recovery"`` where they signed something else, else as ``Certificate.verify``."""
        if self.certificate.ballot != self.start.ballot(network):
            raise ProofError("recovery", "the signatures are not for this start of a turn")
        self.certificate.verify(validator_set)

    def verify_for(self, number: int, height: int) -> None:
        """Raises ProofError ``"recovery"`` unless votes of this number decide a block of this height by it."""
        if self.start.number != number or self.start.height >= height:
            raise ProofError("recovery", f"this statement allows no vote of {number} on {height}")

    def to_bytes(self) -> bytes:
        """Canonical: some 100 bytes and 100 a validator."""
        return encode([list(self.start), self.certificate.to_bytes()])

    @classmethod
    def from_bytes(cls, data: bytes) -> Recovery:
        """Reads ``to_bytes``; it is still to be verified. Raises ProofError ``"recovery"``."""
        try:
            parts, certificate = decode(data)
            found = cls(_start_of(parts), Certificate.from_bytes(certificate))
            if found.to_bytes() != data:
                raise CodecError("it is not in the canonical encoding")
        except (CodecError, ProofError, TypeError, ValueError) as error:
            raise ProofError("recovery", f"these bytes are not a statement: {error}") from error
        return found


def _start_of(parts: Any) -> Start:
    start = Start(*parts)
    start.ballot(bytes(VALUE_BYTES))
    return start
