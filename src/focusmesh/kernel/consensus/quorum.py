"""Votes by weight: a quorum is more than two thirds, so any two quorums share more than a third.

With less than a third of the weight in bad hands, two certificates for different values of one slot cannot both be;
where they are, ``conflicts`` names validators of more than a third of the weight, each with a proof that strangers can
check. A slot is what a validator may vote on once: a protocol whose choices exclude each other (a value, or a time-out)
makes them values of one slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import CodecError, ProofError
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import KEY_BYTES, SIGNATURE_BYTES, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.identity import SigningKey

VOTE_DOMAIN = b"focusmesh/vote/1\0"
VALUE_BYTES = 32
STEP_CHARACTERS_MAX = 32
WEIGHT_MAX = (1 << 63) - 1
"""As much as there can be of all tokens: what is bonded can be counted."""
NUMBER_MAX = (1 << 63) - 1


class Slot(NamedTuple):
    """What one validator may vote on once. ``network``: 32 bytes of whose vote this is, so none serves elsewhere."""

    network: bytes
    height: int
    round: int
    step: str


class Ballot(NamedTuple):
    """A slot and what is voted there: a digest of 32 bytes, or nothing (``b""``) for none of what was proposed."""

    slot: Slot
    value: bytes

    def digest(self) -> bytes:
        """What is signed: SHA-256 of the canonical encoding. Raises ProofError ``"vote"`` for what is no ballot."""
        network, height, round_, step = self.slot
        types = [type(part) for part in (network, height, round_, step, self.value)]
        if not (
            types == [bytes, int, int, str, bytes]
            and len(network) == VALUE_BYTES
            and len(self.value) in (0, VALUE_BYTES)
            and 0 <= height <= NUMBER_MAX
            and 0 <= round_ <= NUMBER_MAX
            and 0 < len(step) <= STEP_CHARACTERS_MAX
        ):
            raise ProofError("vote", f"the ballot has invalid parts: {self!r}")
        return sha256(encode([network, height, round_, step, self.value])).digest()


class Vote(NamedTuple):
    """A signed ballot."""

    ballot: Ballot
    signer: bytes
    signature: bytes

    @classmethod
    def sign(cls, ballot: Ballot, key: SigningKey) -> Vote:
        """The vote of who has ``key``."""
        return cls(ballot, key.public, key.sign(VOTE_DOMAIN, ballot.digest()))

    def holds(self) -> bool:
        """Whether who is named signed it. About 50 µs."""
        return verify(self.signer, VOTE_DOMAIN, self.ballot.digest(), self.signature)


class ValidatorSet:
    """Validators (public keys) and their weights, whole numbers above 0.

    ``total`` of them; ``quorum``: the least weight that is more than two thirds; ``veto``: the least that is a third
    or more, which no quorum can do without. Raises ProofError ``"validator_set"`` for what is none.
    """

    def __init__(self, weights: Mapping[bytes, int]) -> None:
        for validator, weight in weights.items():
            if (
                len(validator) != KEY_BYTES
                or type(weight) is not int
                or not 0 < weight <= WEIGHT_MAX
            ):
                raise ProofError(
                    "electorate",
                    f"{validator.hex()} with weight {weight!r} is not a valid validator",
                )
        if not weights:
            raise ProofError("electorate", "a validator set has at least one validator")
        self.weights = dict(sorted(weights.items()))
        self.total = sum(self.weights.values())
        self.quorum = self.total * 2 // 3 + 1
        self.veto = -(-self.total // 3)

    def weight(self, validator: bytes) -> int:
        """0 for a stranger."""
        return self.weights.get(validator, 0)

    def weight_of(self, validators: Iterable[bytes]) -> int:
        """Of all together, each counted once."""
        return sum(self.weight(validator) for validator in set(validators))

    def digest(self) -> bytes:
        """32 bytes that say who may vote with what weight."""
        return sha256(
            encode([[validator, weight] for validator, weight in self.weights.items()])
        ).digest()


class Equivocation(NamedTuple):
    """Two votes of one validator for different values of one slot: a proof that anybody can check."""

    first: Vote
    second: Vote

    def verify(self, validator_set: ValidatorSet, network: bytes | None = None) -> bytes:
        """The validator who is guilty, of votes in ``network``; None: in whatever network they say.

        Raises ProofError ``"evidence"``. Who punishes names the network: keys may vote in several.
        """
        first, second = self
        if network is not None and first.ballot.slot.network != network:
            raise ProofError("evidence", "these are votes of another network")
        same = first.signer == second.signer and first.ballot.slot == second.ballot.slot
        if not same or first.ballot.value == second.ballot.value:
            raise ProofError(
                "evidence", "evidence is two different votes of one validator for one slot"
            )
        if not validator_set.weight(first.signer):
            raise ProofError("evidence", f"{first.signer.hex()} is not a validator")
        if not (first.holds() and second.holds()):
            raise ProofError("evidence", f"a signature is not that of {first.signer.hex()}")
        return first.signer

    def to_bytes(self) -> bytes:
        """Canonical: what a stranger needs, but for the validator set."""
        first, slot = self.first, self.first.ballot.slot
        pairs: list[Value] = [[vote.ballot.value, vote.signature] for vote in self]
        return encode([*slot, first.signer, *pairs])

    @classmethod
    def from_bytes(cls, data: bytes) -> Equivocation:
        """Reads ``to_bytes``; it is still to be verified. Raises ProofError ``"evidence"``."""
        try:
            network, height, round_, step, validator, *pairs = decode(data)
            slot = Slot(network, height, round_, step)
            votes = [Vote(Ballot(slot, value), validator, signature) for value, signature in pairs]
            sizes = [(len(vote.signer), len(vote.signature)) for vote in votes]
            if sizes != [(KEY_BYTES, SIGNATURE_BYTES)] * 2:
                raise CodecError("two votes of one validator are needed")
            for vote in votes:
                vote.ballot.digest()
        except (CodecError, ProofError, TypeError, ValueError) as error:
            raise ProofError("evidence", f"these bytes are not evidence: {error}") from error
        return cls(*votes)


@dataclass(frozen=True)
class Certificate:
    """Signatures of a quorum under one ballot, by rising key."""

    ballot: Ballot
    signatures: tuple[tuple[bytes, bytes], ...]

    @property
    def signers(self) -> tuple[bytes, ...]:
        """Who signed."""
        return tuple(validator for validator, _ in self.signatures)

    def verify(self, validator_set: ValidatorSet) -> None:
        """Raises ProofError ``"certificate"`` for signatures that are none, ``"quorum"`` for too few of them."""
        signers = self.signers
        if list(signers) != sorted(set(signers)):
            raise ProofError("certificate", "the validators of a certificate must rise, each once")
        for validator in signers:
            if not validator_set.weight(validator):
                raise ProofError("certificate", f"{validator.hex()} is not a validator")
        digest = self.ballot.digest()
        for validator, signature in self.signatures:
            # Who makes one up is to cost no more than one of them.
            if not verify(validator, VOTE_DOMAIN, digest, signature):
                raise ProofError("certificate", f"a signature is not that of {validator.hex()}")
        weight = validator_set.weight_of(signers)
        if weight < validator_set.quorum:
            raise ProofError(
                "quorum", f"signatures weigh {weight}, a quorum of {validator_set.quorum} is needed"
            )

    def to_bytes(self) -> bytes:
        """Canonical: one certificate has one encoding."""
        network, height, round_, step = self.ballot.slot
        signatures = [list(pair) for pair in self.signatures]
        return encode([network, height, round_, step, self.ballot.value, signatures])

    @classmethod
    def from_bytes(cls, data: bytes) -> Certificate:
        """Reads ``to_bytes``; what it says is still to be verified. Raises ProofError ``"certificate"``."""
        try:
            network, height, round_, step, value, signatures = decode(data)
            ballot = Ballot(Slot(network, height, round_, step), value)
            ballot.digest()
            if {type(part) for part in (signatures, *signatures)} != {list}:
                raise CodecError("signatures must be an array of pairs")
            pairs = tuple((validator, signature) for validator, signature in signatures)
        except (CodecError, TypeError, ValueError, ProofError) as error:
            raise ProofError(
                "certificate", f"these bytes are not a certificate: {error}"
            ) from error
        sizes = (KEY_BYTES, SIGNATURE_BYTES)
        if any(
            type(part) is not bytes or len(part) != size
            for pair in pairs
            for part, size in zip(pair, sizes, strict=True)
        ):
            raise ProofError("certificate", "a key or a signature has a wrong length")
        return cls(ballot, pairs)


class Tally:
    """Votes as they come: what each value of each slot weighs, certificates, and proofs against who votes twice.

    Only the first vote of a validator for a slot counts. ``check`` says whether a vote is signed by its validator,
    which is looked up before anything is kept. Memory: two votes for each validator and slot.
    """

    def __init__(
        self, validator_set: ValidatorSet, check: Callable[[Vote], bool] = Vote.holds
    ) -> None:
        self.validator_set = validator_set
        self.evidence: dict[tuple[Slot, bytes], Equivocation] = {}
        self._check = check
        self._votes: dict[Slot, dict[bytes, Vote]] = {}

    def add(self, vote: Vote) -> bool:
        """Whether the vote is new; a second value for a slot goes to ``evidence`` and is not counted.

        Raises ProofError ``"voter"`` for a stranger's, ``"vote"`` for one that its validator did not sign.
        """
        slot, validator = vote.ballot.slot, vote.signer
        if not self.validator_set.weight(validator):
            raise ProofError("voter", f"{validator.hex()} is not a validator")
        first = self._votes.get(slot, {}).get(validator)
        if first is not None and (
            first.ballot == vote.ballot or (slot, validator) in self.evidence
        ):
            return False
        if not self._check(vote):
            raise ProofError("vote", f"a vote in the name of {validator.hex()} is not signed by it")
        if first is None:
            self._votes.setdefault(slot, {})[validator] = vote
        else:
            self.evidence[slot, validator] = Equivocation(first, vote)
        return True

    def weight(self, slot: Slot, value: bytes | None = None) -> int:
        """What the votes for ``value`` weigh; those for whatever value, where it is None."""
        return self.validator_set.weight_of(
            validator
            for validator, vote in self._votes.get(slot, {}).items()
            if value is None or vote.ballot.value == value
        )

    def votes(self, slot: Slot, value: bytes) -> tuple[Vote, ...]:
        """All that were counted for a value."""
        return tuple(
            vote for vote in self._votes.get(slot, {}).values() if vote.ballot.value == value
        )

    def has_quorum(self, slot: Slot, value: bytes | None = None) -> bool:
        """Whether that is more than two thirds."""
        return self.weight(slot, value) >= self.validator_set.quorum

    def signers(self, slot: Slot) -> tuple[bytes, ...]:
        """Who voted there, by rising key."""
        return tuple(sorted(self._votes.get(slot, {})))

    def value_with_quorum(self, slot: Slot) -> bytes | None:
        """The value that a quorum voted for; None where there is none yet."""
        values = {vote.ballot.value for vote in self._votes.get(slot, {}).values()}
        return next((value for value in values if self.has_quorum(slot, value)), None)

    def certificate(self, slot: Slot, value: bytes) -> Certificate:
        """As few signatures as make a quorum, by falling weight, then key. Raises ProofError ``"quorum"``."""
        votes = sorted(
            self.votes(slot, value),
            key=lambda vote: (-self.validator_set.weight(vote.signer), vote.signer),
        )
        taken: list[Vote] = []
        weight = 0
        while weight < self.validator_set.quorum and votes:
            taken.append(votes.pop(0))
            weight += self.validator_set.weight(taken[-1].signer)
        if weight < self.validator_set.quorum:
            raise ProofError(
                "quorum", f"votes weigh {weight}, a quorum of {self.validator_set.quorum} is needed"
            )
        pairs = sorted((vote.signer, vote.signature) for vote in taken)
        return Certificate(Ballot(slot, value), tuple(pairs))


def conflicts(first: Certificate, second: Certificate) -> tuple[Equivocation, ...]:
    """Proofs against all who signed both of two certificates for different values of one slot; none otherwise."""
    if first.ballot.slot != second.ballot.slot or first.ballot.value == second.ballot.value:
        return ()
    other = dict(second.signatures)
    return tuple(
        Equivocation(
            Vote(first.ballot, validator, signature),
            Vote(second.ballot, validator, other[validator]),
        )
        for validator, signature in first.signatures
        if validator in other
    )


def guilty_weight(
    evidence: Iterable[Equivocation], validator_set: ValidatorSet, network: bytes | None = None
) -> int:
    """What those weigh whom the proofs name. Raises ProofError ``"evidence"`` for one that proves nothing."""
    return validator_set.weight_of({proof.verify(validator_set, network) for proof in evidence})
