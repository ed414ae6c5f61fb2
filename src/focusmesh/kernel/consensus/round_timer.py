"""How long a round may take, and whose turn it is in it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from focusmesh.errors import ParameterError
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.quorum import ValidatorSet

_DOUBLINGS_MAX = 16
_SMOOTHING = 8
_ROOM = 4
"""A round may take this many times what rounds usually take."""
_HURRY = 4
"""A round of a leader that is not there takes this part of ``Pace.least``."""


@dataclass(frozen=True)
class Pace:
    """Milliseconds: ``least`` ≤ a round's time ≤ ``most``; ``resend`` after so long without a step all is said again.

    0 < least ≤ first ≤ most, 0 < resend; ``verify`` raises ParameterError.
    """

    least: int = 200
    first: int = 1_000
    most: int = 30_000
    resend: int = 500

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        if not 0 < self.least <= self.first <= self.most:
            raise ParameterError(f"a pace needs 0 < least ≤ first ≤ most: {self}")
        if self.resend <= 0:
            raise ParameterError(f"a pace needs 0 < resend: {self}")


class RoundTimer:
    """A round's time: four times what rounds lately took to be notarised, twice as much for every time-out.

    A round that is notarised takes one doubling back, so that a network which is slow now and then is not hurried again
    at once; one that needed no doubling takes back all. A round that was open while no quorum was there says little of
    how long rounds take: each counts as four usual ones at most. Safety does not depend on any of it; liveness on there
    being no bound but ``most``, which is to be above three times the delay of messages (the 3Δ of Simplex).

    A leader that is not there is waited for once. Its later rounds are short and double nothing, as long as a quorum is
    heard from: then rounds of those who are heard have all the time that they need.
    """

    def __init__(self, pace: Pace, validator_set: ValidatorSet) -> None:
        """Raises ParameterError as ``Pace.verify``."""
        pace.verify()
        self._pace, self._validator_set = pace, validator_set
        self._usual = pace.first // _ROOM
        self._doublings = 0
        self._silent: set[bytes] = set()
        """Leaders whose time ran out while nothing came from them, until something does."""

    @property
    def milliseconds(self) -> int:
        """Of the next round."""
        return min(self._base << self._doublings, self._pace.most)

    @property
    def _base(self) -> int:
        return min(max(_ROOM * self._usual, self._pace.least), self._pace.most)

    def of(self, leader: bytes) -> int:
        """The time of a round of this leader, in milliseconds."""
        return self._pace.least // _HURRY if self.is_silent(leader) else self.milliseconds

    def is_silent(self, leader: bytes) -> bool:
        """Whether nobody waits for a leader: it said nothing when it was its turn, and a quorum is heard without it."""
        if leader not in self._silent:
            return False
        silent = self._validator_set.weight_of(self._silent)
        return self._validator_set.total - silent >= self._validator_set.quorum

    def note_heard(self, validator: bytes) -> None:
        """A validator said something: it is there."""
        self._silent.discard(validator)

    def note_missed(self, leader: bytes) -> None:
        """A leader's time ran out, and in it nothing came from that one."""
        self._silent.add(leader)

    def note_notarised(self, took: int | None) -> None:
        """A round came to a notarised proposal, after ``took`` ms where that is known."""
        needed = took is None or took > self._base
        self._doublings = max(self._doublings - 1, 0) if needed else 0
        if took is not None:
            self._usual += (min(took, self._base) - self._usual) // _SMOOTHING

    def timed_out(self) -> None:
        """A round came to nothing."""
        self._doublings = min(self._doublings + 1, _DOUBLINGS_MAX)


def leader(validator_set: ValidatorSet, network: bytes, epoch: int, round_: int) -> bytes:
    """Whose turn a round is: a validator drawn with probability by weight, by a digest that all know. O(validators)."""
    drawn = sha256(encode([validator_set.digest(), network, epoch, round_])).digest()
    place = int.from_bytes(drawn, "big") * validator_set.total >> 256
    for validator, weight in validator_set.weights.items():
        place -= weight
        if place < 0:
            return validator
    raise AssertionError("the place is below the total weight")
