"""A cube votes on what comes next: eight vertices with a key each, of which two may be bad; CENTRAL proposes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.apps.grid.bad_places import BAD_WAYS, Bad, Place
from focusmesh.apps.grid.opinions import (
    PRECOMMIT,
    Question,
    pack_output,
    unpack_output,
    validator_set_of,
)
from focusmesh.apps.grid.voter import Voter
from focusmesh.engine.grid.cube import CENTRAL, PLACES, VERTICES
from focusmesh.errors import CodecError, GridError, ProofError
from focusmesh.kernel.consensus import Ballot, Certificate
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.apps.grid.voter import Word
    from focusmesh.engine.grid.cube import Instance
    from focusmesh.engine.support.arrays import OffsetArray
    from focusmesh.kernel.consensus import Equivocation, ValidatorSet
    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.identity import SigningKey

FIRST_PREVIOUS = bytes(32)
"""The predecessor of a cube's first vote."""

TICKS_MAX = 2_000


@dataclass(frozen=True)
class VoteCertificate:
    """What a cube decided: an output for an input, after its predecessor, under the signatures of a quorum."""

    question: Question
    output: OffsetArray
    certificate: Certificate

    @property
    def digest(self) -> bytes:
        """SHA-256 of ``to_bytes``: the ``previous`` of the next vote."""
        return sha256(self.to_bytes()).digest()

    @property
    def next_byte(self) -> int:
        """The byte that the output gives the greatest share, the lowest of equals."""
        return int(self.output.argmax())

    def verify(self, validator_set: ValidatorSet) -> None:
        """Raises GridError ``"certificate"`` where it is no decision of this electorate on this input and output."""
        ballot = self.certificate.ballot
        value = self.question.value(self.output)
        if self.question.network != validator_set.digest():
            raise GridError("certificate", "the certificate is of another cube, or of other keys")
        if ballot != Ballot(self.question.slot(ballot.slot.round, PRECOMMIT), value):
            raise GridError("certificate", "the signatures are not for this output")
        try:
            self.certificate.verify(validator_set)
        except ProofError as error:
            raise GridError("certificate", str(error)) from error

    def to_bytes(self) -> bytes:
        """Canonical: one certificate has one encoding."""
        question = self.question
        parts: list[Value] = [question.network, question.height, question.previous, question.data]
        return encode([*parts, pack_output(self.output), self.certificate.to_bytes()])

    @classmethod
    def from_bytes(cls, data: bytes) -> VoteCertificate:
        """Reads ``to_bytes``; what it says is still to be verified. Raises GridError ``"certificate"``."""
        try:
            network, height, previous, text, output, certificate = decode(data)
            if {type(part) for part in (network, previous, text, output, certificate)} != {bytes}:
                raise CodecError("a field that must be bytes is not")
            if type(height) is not int:
                raise CodecError("a height is a whole number")
            found = Certificate.from_bytes(certificate)
        except (CodecError, ProofError, TypeError, ValueError) as error:
            raise GridError("certificate", f"these bytes are not a certificate: {error}") from error
        return cls(Question(network, height, previous, text), unpack_output(output), found)


@dataclass(frozen=True)
class VoteResult:
    """``rounds`` begun, ``ticks`` until CENTRAL knew (where that is bad, everybody honest), ``messages`` along edges.

    ``evidence``: proofs against vertices that voted twice; ``refused``: words that did not hold.
    """

    certificate: VoteCertificate
    rounds: int
    ticks: int
    messages: int
    refused: int
    evidence: tuple[Equivocation, ...]


def hold_vote(
    instance: Instance,
    keys: Mapping[str, SigningKey],
    data: bytes,
    *,
    height: int = 1,
    previous: bytes = FIRST_PREVIOUS,
    bad: Mapping[str, str] | None = None,
    seed: int = 0,
    delay_max: int = 2,
) -> VoteResult:
    """The cube's vote on what follows ``data``: all places tell each other along edges until there is a decision.

    ``bad``: places that are ``"silent"``, ``"lie"``, ``"equivocate"`` or ``"forge"``. Words take 1 to ``delay_max``
    ticks on each edge, drawn by ``seed``. With two bad vertices, and CENTRAL too, it ends; with three it may not.
    Raises GridError ``"vertex"``, ``"bad"``, ``"state"``, ``"model"``, ``"height"``, and ``"quorum"`` without decision.
    """
    ways = dict(bad or {})
    for place, way in ways.items():
        instance.cube.neighbours_at(place)
        if way not in BAD_WAYS:
            raise GridError("bad", f"a bad place is one of {', '.join(BAD_WAYS)}, not {way!r}")
    if not 1 <= height < 1 << 63 or len(previous) != len(FIRST_PREVIOUS):
        raise GridError(
            "height",
            f"a vote needs a height ≥ 1 and the digest of the vote before; height = {height}",
        )
    outputs = instance.shares(data)
    validator_set = validator_set_of(keys)
    question = Question(validator_set.digest(), height, previous, data)
    proposers = [keys[place].public for place in proposer_order(height)]
    places = {}
    for place in PLACES:
        output = outputs.get(place)
        voter = Voter(question, keys[place], output, validator_set, proposers)
        places[place] = (
            Bad(voter, keys[place], ways[place], seed) if place in ways else Place(voter)
        )
    return _Meeting(places, instance.cube.neighbours, seed, delay_max, frozenset(ways)).hold()


def proposer_order(height: int) -> tuple[str, ...]:
    """Who proposes in rounds 0, 1, …: CENTRAL, then the vertices, beginning with another at each height."""
    turn = height % len(VERTICES)
    return (CENTRAL, *VERTICES[turn:], *VERTICES[:turn])


class _Meeting:
    """Words on their way along the edges of one cube, tick by tick."""

    def __init__(
        self,
        places: Mapping[str, Place],
        neighbours: Mapping[str, Sequence[str]],
        seed: int,
        delay_max: int,
        bad: frozenset[str],
    ) -> None:
        self._places = places
        self._neighbours = neighbours
        self._rng = np.random.default_rng(seed)
        self._delay_max = delay_max
        self._honest = [place for place in PLACES if place not in bad]
        self._waiting: dict[int, deque[tuple[str, Word]]] = {}
        self._sent = 0

    def hold(self) -> VoteResult:
        """Until who tallies knows. Raises GridError ``"quorum"``."""
        watched = [CENTRAL] if CENTRAL in self._honest else self._honest
        for name, place in self._places.items():
            self._send(0, name, place.start())
        for now in range(1, TICKS_MAX):
            for target, word in self._waiting.pop(now, ()):
                self._send(now, target, self._places[target].receive(word))
            if all(self._places[name].voter.decided for name in watched):
                return self._result(now, watched[0])
            for name, place in self._places.items():
                self._send(now, name, place.tick())
        raise GridError(
            "quorum",
            f"no decision in {TICKS_MAX} ticks: {len(PLACES) - len(self._honest)} places are bad; "
            "two of eight vertices may be",
        )

    def _send(self, now: int, source: str, words: Sequence[tuple[int, Word]]) -> None:
        near = self._neighbours[source]
        for turn, word in words:
            # A word for one neighbour alone has its turn; −1 is for all.
            targets = near if turn < 0 else [near[turn % len(near)]]
            for target in targets:
                delay = 1 + int(self._rng.integers(self._delay_max))
                self._waiting.setdefault(now + delay, deque()).append((target, word))
                self._sent += 1

    def _result(self, now: int, teller: str) -> VoteResult:
        voter = self._places[teller].voter
        decided = voter.decided
        if decided is None:
            raise GridError("quorum", "no decision")
        return VoteResult(
            VoteCertificate(voter.question, decided.proposal.output, decided.certificate),
            rounds=voter.round + 1,
            ticks=now,
            messages=self._sent,
            refused=sum(self._places[name].voter.refused for name in self._honest),
            evidence=tuple(voter.tally.evidence.values()),
        )


def verify_votes(certificates: Sequence[VoteCertificate], validator_set: ValidatorSet) -> None:
    """Whether these are a cube's votes from its first on, each after the one before.

    Raises GridError ``"certificate"``, naming the height.
    """
    previous = FIRST_PREVIOUS
    for height, one in enumerate(certificates, 1):
        if (one.question.height, one.question.previous) != (height, previous):
            raise GridError(
                "certificate", f"the vote at height {height} is not the next of its chain"
            )
        one.verify(validator_set)
        previous = one.digest
