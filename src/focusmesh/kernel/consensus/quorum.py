"""Votes by weight: a quorum is more than two thirds, so any two quorums share more than a third.

With less than a third of the weight in bad hands, two certificates for different values of one slot cannot both be;
where they are, ``conflicts`` names voters of more than a third of the weight, each with a proof that strangers can
check. A slot is what a voter may vote on once: a protocol whose choices exclude each other (a value, or a time-out)
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
    """What one voter may vote on once. ``network``: 32 bytes of whose vote this is, so that none serves elsewhere."""

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
            raise ProofError("vote", f"no ballot has the parts {self!r}")
        return sha256(encode([network, height, round_, step, self.value])).digest()


class Vote(NamedTuple):
    """A signed ballot."""

    ballot: Ballot
    voter: bytes
    signature: bytes

    @classmethod
    def signed(cls, ballot: Ballot, key: SigningKey) -> Vote:
        """The vote of who has ``key``."""
        return cls(ballot, key.public, key.sign(VOTE_DOMAIN, ballot.digest()))

    def holds(self) -> bool:
        """Whether the voter signed it. About 50 µs."""
        return verify(self.voter, VOTE_DOMAIN, self.ballot.digest(), self.signature)


class Electorate:
    """Voters (public keys) and their weights, whole numbers above 0.

    ``total`` of them; ``quorum``: the least weight that is more than two thirds; ``veto``: the least that is a third
    or more, which no quorum can do without. Raises ProofError ``"electorate"`` for what is none.
    """

    def __init__(self, weights: Mapping[bytes, int]) -> None:
        for voter, weight in weights.items():
            if len(voter) != KEY_BYTES or type(weight) is not int or not 0 < weight <= WEIGHT_MAX:
                raise ProofError(
                    "electorate", f"the voter {voter.hex()} with weight {weight!r} is none"
                )
        if not weights:
            raise ProofError("electorate", "nobody can vote in an electorate without voters")
        self.weights = dict(sorted(weights.items()))
        self.total = sum(self.weights.values())
        self.quorum = self.total * 2 // 3 + 1
        self.veto = -(-self.total // 3)

    def weight(self, voter: bytes) -> int:
        """0 for a stranger."""
        return self.weights.get(voter, 0)

    def weight_of(self, voters: Iterable[bytes]) -> int:
        """Of all together, each counted once."""
        return sum(self.weight(voter) for voter in set(voters))

    def digest(self) -> bytes:
        """32 bytes that say who may vote with what weight."""
        return sha256(encode([[voter, weight] for voter, weight in self.weights.items()])).digest()


class Equivocation(NamedTuple):
    """Two votes of one voter for different values of one slot: a proof that anybody can check."""

    first: Vote
    second: Vote

    def verify(self, electorate: Electorate, network: bytes | None = None) -> bytes:
        """The voter who is guilty, of votes in ``network``; None: in whatever network they say.

        Raises ProofError ``"evidence"``. Who punishes names the network: keys may vote in several.
        """
        first, second = self
        if network is not None and first.ballot.slot.network != network:
            raise ProofError("evidence", "these are votes of another network")
        same = first.voter == second.voter and first.ballot.slot == second.ballot.slot
        if not same or first.ballot.value == second.ballot.value:
            raise ProofError("evidence", "these votes are not two of one voter for one slot")
        if not electorate.weight(first.voter):
            raise ProofError("evidence", f"{first.voter.hex()} is no voter")
        if not (first.holds() and second.holds()):
            raise ProofError("evidence", f"a signature is not that of {first.voter.hex()}")
        return first.voter

    def to_bytes(self) -> bytes:
        """Canonical: what a stranger needs, but for the electorate."""
        first, slot = self.first, self.first.ballot.slot
        pairs: list[Value] = [[vote.ballot.value, vote.signature] for vote in self]
        return encode([*slot, first.voter, *pairs])

    @classmethod
    def from_bytes(cls, data: bytes) -> Equivocation:
        """Reads ``to_bytes``; it is still to be verified. Raises ProofError ``"evidence"``."""
        try:
            network, height, round_, step, voter, *pairs = decode(data)
            slot = Slot(network, height, round_, step)
            votes = [Vote(Ballot(slot, value), voter, signature) for value, signature in pairs]
            sizes = [(len(vote.voter), len(vote.signature)) for vote in votes]
            if sizes != [(KEY_BYTES, SIGNATURE_BYTES)] * 2:
                raise CodecError("two votes of one voter are needed")
            for vote in votes:
                vote.ballot.digest()
        except (CodecError, ProofError, TypeError, ValueError) as error:
            raise ProofError("evidence", f"these bytes prove nothing: {error}") from error
        return cls(*votes)


@dataclass(frozen=True)
class Certificate:
    """Signatures of a quorum under one ballot, by rising key."""

    ballot: Ballot
    signatures: tuple[tuple[bytes, bytes], ...]

    @property
    def voters(self) -> tuple[bytes, ...]:
        """Who signed."""
        return tuple(voter for voter, _ in self.signatures)

    def verify(self, electorate: Electorate) -> None:
        """Raises ProofError ``"certificate"`` for signatures that are none, ``"quorum"`` for too few of them."""
        voters = self.voters
        if list(voters) != sorted(set(voters)):
            raise ProofError("certificate", "voters of a certificate rise, each once")
        for voter in voters:
            if not electorate.weight(voter):
                raise ProofError("certificate", f"{voter.hex()} is no voter")
        digest = self.ballot.digest()
        for voter, signature in self.signatures:
            # Who makes one up is to cost no more than one of them.
            if not verify(voter, VOTE_DOMAIN, digest, signature):
                raise ProofError("certificate", f"a signature is not that of {voter.hex()}")
        weight = electorate.weight_of(voters)
        if weight < electorate.quorum:
            raise ProofError(
                "quorum", f"signatures weigh {weight}, a quorum of {electorate.quorum} is needed"
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
                raise CodecError("signatures are pairs in an array")
            pairs = tuple((voter, signature) for voter, signature in signatures)
        except (CodecError, TypeError, ValueError, ProofError) as error:
            raise ProofError("certificate", f"these bytes are no certificate: {error}") from error
        sizes = (KEY_BYTES, SIGNATURE_BYTES)
        if any(
            type(part) is not bytes or len(part) != size
            for pair in pairs
            for part, size in zip(pair, sizes, strict=True)
        ):
            raise ProofError("certificate", "a key or signature of another length")
        return cls(ballot, pairs)


class Tally:
    """Votes as they come: what each value of each slot weighs, certificates, and proofs against double voters.

    Only the first vote of a voter for a slot counts. ``check`` says whether a vote is signed by its voter, which is
    looked up before anything is kept. Memory: two votes for each voter and slot.
    """

    def __init__(self, electorate: Electorate, check: Callable[[Vote], bool] = Vote.holds) -> None:
        self.electorate = electorate
        self.evidence: dict[tuple[Slot, bytes], Equivocation] = {}
        self._check = check
        self._votes: dict[Slot, dict[bytes, Vote]] = {}

    def add(self, vote: Vote) -> bool:
        """Whether the vote is new; a second value for a slot goes to ``evidence`` and is not counted.

        Raises ProofError ``"voter"`` for a stranger's, ``"vote"`` for one that its voter did not sign.
        """
        slot, voter = vote.ballot.slot, vote.voter
        if not self.electorate.weight(voter):
            raise ProofError("voter", f"{voter.hex()} is no voter")
        first = self._votes.get(slot, {}).get(voter)
        if first is not None and (first.ballot == vote.ballot or (slot, voter) in self.evidence):
            return False
        if not self._check(vote):
            raise ProofError("vote", f"a vote in the name of {voter.hex()} is not signed by it")
        if first is None:
            self._votes.setdefault(slot, {})[voter] = vote
        else:
            self.evidence[slot, voter] = Equivocation(first, vote)
        return True

    def weight(self, slot: Slot, value: bytes | None = None) -> int:
        """What the votes for ``value`` weigh; those for whatever value, where it is None."""
        return self.electorate.weight_of(
            voter
            for voter, vote in self._votes.get(slot, {}).items()
            if value is None or vote.ballot.value == value
        )

    def has_quorum(self, slot: Slot, value: bytes | None = None) -> bool:
        """Whether that is more than two thirds."""
        return self.weight(slot, value) >= self.electorate.quorum

    def voters(self, slot: Slot) -> tuple[bytes, ...]:
        """Who voted there, by rising key."""
        return tuple(sorted(self._votes.get(slot, {})))

    def value_with_quorum(self, slot: Slot) -> bytes | None:
        """The value that a quorum voted for; None where there is none yet."""
        values = {vote.ballot.value for vote in self._votes.get(slot, {}).values()}
        return next((value for value in values if self.has_quorum(slot, value)), None)

    def certificate(self, slot: Slot, value: bytes) -> Certificate:
        """As few signatures as make a quorum, by falling weight, then key. Raises ProofError ``"quorum"``."""
        votes = [vote for vote in self._votes.get(slot, {}).values() if vote.ballot.value == value]
        votes.sort(key=lambda vote: (-self.electorate.weight(vote.voter), vote.voter))
        taken: list[Vote] = []
        weight = 0
        while weight < self.electorate.quorum and votes:
            taken.append(votes.pop(0))
            weight += self.electorate.weight(taken[-1].voter)
        if weight < self.electorate.quorum:
            raise ProofError(
                "quorum", f"votes weigh {weight}, a quorum of {self.electorate.quorum} is needed"
            )
        pairs = sorted((vote.voter, vote.signature) for vote in taken)
        return Certificate(Ballot(slot, value), tuple(pairs))


def conflicts(first: Certificate, second: Certificate) -> tuple[Equivocation, ...]:
    """Proofs against all who signed both of two certificates for different values of one slot; none otherwise."""
    if first.ballot.slot != second.ballot.slot or first.ballot.value == second.ballot.value:
        return ()
    other = dict(second.signatures)
    return tuple(
        Equivocation(Vote(first.ballot, voter, signature), Vote(second.ballot, voter, other[voter]))
        for voter, signature in first.signatures
        if voter in other
    )


def guilty_weight(
    evidence: Iterable[Equivocation], electorate: Electorate, network: bytes | None = None
) -> int:
    """What those weigh whom the proofs name. Raises ProofError ``"evidence"`` for one that proves nothing."""
    return electorate.weight_of({proof.verify(electorate, network) for proof in evidence})
