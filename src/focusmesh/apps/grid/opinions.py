"""What a cube votes on: the trimmed mean of signed outputs in whole numbers, one after the other in a chain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.grid.cube import PLACES, VERTICES, trimmed_integers
from focusmesh.engine.grid.model import SHARES
from focusmesh.errors import GridError
from focusmesh.kernel.consensus import Ballot, Slot, ValidatorSet, Vote
from focusmesh.protocol.codec import encode
from focusmesh.protocol.identity import SigningKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.engine.support.arrays import OffsetArray
    from focusmesh.kernel.consensus import Certificate
    from focusmesh.protocol.codec import Value

FAULTS_MAX = 2
"""f: so many of the eight may do whatever they like."""

OPINION, PROPOSE, PREVOTE, PRECOMMIT = "opinion", "propose", "prevote", "precommit"
_KEYS = b"focusmesh/grid/vertex-key/1\0"


def vertex_keys(secret: bytes, name: str) -> dict[str, SigningKey]:
    """A key for each place of the cube ``name``, drawn from 32 secret bytes: equal for equal arguments.

    Raises InputError for another number of bytes, MissingExtraError without the extra ``ledger``.
    """
    return {
        place: SigningKey(
            sha256(b"\0".join((_KEYS + secret, name.encode(), place.encode()))).digest()
        )
        for place in PLACES
    }


def validator_set_of(keys: Mapping[str, SigningKey] | Mapping[str, bytes]) -> ValidatorSet:
    """The eight vertices with a weight of 1 each; CENTRAL has no vote. ``keys``: signing keys or public ones."""
    public = [keys[vertex] for vertex in VERTICES]
    return ValidatorSet({key.public if isinstance(key, SigningKey) else key: 1 for key in public})


class Question(NamedTuple):
    """What is voted on: the output for ``data``, as the one after ``previous`` at ``height`` of a cube's chain."""

    network: bytes
    height: int
    previous: bytes
    data: bytes

    def value(self, output: OffsetArray) -> bytes:
        """The digest that votes are for: of height, predecessor, input and output."""
        parts: list[Value] = [
            self.height,
            self.previous,
            sha256(self.data).digest(),
            pack_output(output),
        ]
        return sha256(encode(parts)).digest()

    def slot(self, round_: int, step: str) -> Slot:
        """Where a ballot of this question belongs."""
        return Slot(self.network, self.height, round_, step)


@dataclass(frozen=True)
class Opinion:
    """A vertex's own output, int64 (256,), signed: a vote of step ``opinion`` for the digest of input and output."""

    output: OffsetArray
    vote: Vote

    @classmethod
    def sign(cls, question: Question, output: OffsetArray, key: SigningKey) -> Opinion:
        """The opinion of who has ``key``."""
        ballot = Ballot(question.slot(0, OPINION), _said(question, output))
        return cls(output, Vote.sign(ballot, key))

    def fits(self, question: Question) -> bool:
        """Whether it is one on this question, of shares that add up; who signed it is looked at elsewhere."""
        shape = self.output.shape == (256,) and self.output.dtype == np.int64
        # No share beyond all of them: sums could go round, and what is signed has 32 bits of each.
        if not shape or not 0 <= self.output.min() <= self.output.max() <= SHARES:
            return False
        if int(self.output.sum()) != SHARES:
            return False
        expected = Ballot(question.slot(0, OPINION), _said(question, self.output))
        return self.vote.ballot == expected


def _said(question: Question, output: OffsetArray) -> bytes:
    return sha256(question.previous + sha256(question.data).digest() + pack_output(output)).digest()


@dataclass(frozen=True)
class Proposal:
    """Opinions of n − f vertices or more, whose trimmed mean is to be the output; signed by who proposes.

    ``valid_round``: the round in which a quorum was for it already, −1 where there was none; ``proof`` then has the
    prevotes, for who heard something else from who voted twice.
    """

    round: int
    valid_round: int
    opinions: tuple[Opinion, ...]
    proposer: bytes
    signature: bytes
    proof: Certificate | None = None

    @classmethod
    def sign(
        cls,
        question: Question,
        round_: int,
        valid_round: int,
        opinions: Sequence[Opinion],
        key: SigningKey,
        proof: Certificate | None = None,
    ) -> Proposal:
        """The proposal of who has ``key``."""
        bundle = tuple(sorted(opinions, key=lambda opinion: opinion.vote.signer))
        unsigned = cls(round_, valid_round, bundle, key.public, b"")
        return cls(
            *(round_, valid_round, bundle, key.public),
            Vote.sign(unsigned.ballot(question), key).signature,
            proof,
        )

    def ballot(self, question: Question) -> Ballot:
        """What the proposer signs."""
        votes = [opinion.vote.signer + opinion.vote.ballot.value for opinion in self.opinions]
        body = sha256(encode([self.valid_round, votes])).digest()
        return Ballot(question.slot(self.round, PROPOSE), body)

    def is_signed(self, question: Question) -> bool:
        """Whether the proposer signed it."""
        return Vote(self.ballot(question), self.proposer, self.signature).holds()

    @cached_property
    def output(self) -> OffsetArray:
        """The trimmed mean: each number lies between the least and the greatest that honest vertices gave."""
        return trimmed_integers(np.array([one.output for one in self.opinions]), FAULTS_MAX)


def pack_output(output: OffsetArray) -> bytes:
    """256 numbers as little-endian u32."""
    return output.astype("<u4").tobytes()


def unpack_output(data: bytes) -> OffsetArray:
    """Reads ``pack_output``. Raises GridError ``"certificate"``."""
    if len(data) != 1024:
        raise GridError("certificate", f"an output has 1,024 bytes, this has {len(data)}")
    return np.frombuffer(data, "<u4").astype(np.int64)
