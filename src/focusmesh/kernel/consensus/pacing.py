"""How long a round may take, and whose turn it is in it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from focusmesh.errors import ParameterError
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.quorum import Electorate

_DOUBLINGS_MAX = 16
_SMOOTHING = 8


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


class Patience:
    """A round's time: four times what rounds lately took to be notarised, twice as much for every time-out.

    A round that is notarised takes one doubling back, so that a network which is slow now and then is not hurried again
    at once. Safety does not depend on any of it; liveness on there being no bound but ``most``, which is to be above
    three times the delay of messages (the 3Δ of Simplex).
    """

    def __init__(self, pace: Pace) -> None:
        """Raises ParameterError as ``Pace.verify``."""
        pace.verify()
        self._pace = pace
        self._usual = pace.first // 4
        self._doublings = 0

    @property
    def milliseconds(self) -> int:
        """Of the next round."""
        base = min(max(4 * self._usual, self._pace.least), self._pace.most)
        return min(base << self._doublings, self._pace.most)

    def notarised(self, took: int | None) -> None:
        """A round came to a notarised motion, after ``took`` ms where that is known."""
        if took is not None:
            self._usual += (took - self._usual) // _SMOOTHING
        self._doublings = max(self._doublings - 1, 0)

    def timed_out(self) -> None:
        """A round came to nothing."""
        self._doublings = min(self._doublings + 1, _DOUBLINGS_MAX)


def leader(electorate: Electorate, network: bytes, epoch: int, round_: int) -> bytes:
    """Whose turn a round is: a voter drawn with probability by weight, by a digest that everybody knows. O(voters)."""
    drawn = sha256(encode([electorate.digest(), network, epoch, round_])).digest()
    place = int.from_bytes(drawn, "big") * electorate.total >> 256
    for voter, weight in electorate.weights.items():
        place -= weight
        if place < 0:
            return voter
    raise AssertionError("the place is below the total weight")
