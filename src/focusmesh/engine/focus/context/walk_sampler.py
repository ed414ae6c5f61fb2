"""How a walk draws its next particle: the same one on every machine and with any number of threads.

Definition: docs/how-to/walks.md.

Candidates stand in the order of their digests, and the draw of step t is read off BLAKE3 of the seed and t.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from focusmesh.engine.focus.certificate.digests import name_digest
from focusmesh.errors import CertificateError
from focusmesh.ids import digest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from focusmesh.engine.focus.context.seed_vector import Standpoint
    from focusmesh.engine.links import Names
    from focusmesh.engine.support.arrays import IndexArray

_TIE_BITS = 40
_LISTED_MAX = 1_024


@dataclass(frozen=True, slots=True)
class Candidate:
    """A particle (solver position) that may be drawn; ``key`` orders candidates and breaks ties."""

    position: int
    score: float
    key: bytes

    @property
    def rank(self) -> tuple[float, bytes]:
        """Falling score, of which 40 bits count, so that what differs by rounding alone is a tie."""
        fraction, exponent = math.frexp(self.score)
        level = math.ldexp(round(math.ldexp(fraction, _TIE_BITS)), exponent - _TIE_BITS)
        return -level, self.key


@dataclass(frozen=True, slots=True)
class Sampler:
    """Draws among the ``k`` particles of most focus by score^(1/temperature), the best one at temperature 0.

    ``particles`` are in particle order, ``order`` leads there from solver positions.
    """

    particles: Names
    order: IndexArray
    k: int
    temperature: float
    seed: int

    def draw(
        self, standpoint: Standpoint, context: Collection[int], step: int
    ) -> tuple[Candidate, float] | None:
        """A candidate outside of ``context`` and its probability; None where all others score 0."""
        candidates = self._candidates(standpoint, context)
        if not candidates:
            return None
        if self.temperature == 0:
            return candidates[0], 1.0
        candidates.sort(key=lambda one: one.key)
        chances = temper_scores([one.score for one in candidates], self.temperature)
        sums = list(accumulate(chances))
        # The draw is below 1, but its product may round up to the sum; there the last one of any chance stands.
        at = bisect_right(sums, uniform(self.seed, step) * sums[-1])
        at = min(at, bisect_left(sums, sums[-1]))
        return candidates[at], chances[at] / sums[-1]

    def _candidates(self, standpoint: Standpoint, context: Collection[int]) -> list[Candidate]:
        """The best ``k``; of those that tie for the last place, the ones with lower digests."""
        wanted = self.k + len(context) + 1
        while True:
            positions, scores = standpoint.best(wanted)
            listed = zip(positions.tolist(), scores.tolist(), strict=True)
            outside = [
                Candidate(at, score, self._key(at))
                for at, score in listed
                if score > 0 and at not in context
            ]
            outside.sort(key=lambda one: one.rank)
            all_listed = len(positions) < wanted or scores[-1] <= 0 or wanted > _LISTED_MAX
            if all_listed or outside[self.k - 1].rank[0] < outside[-1].rank[0]:
                return outside[: self.k]
            wanted *= 2

    def _key(self, position: int) -> bytes:
        """The digest of the name, or the index where a name has none."""
        index = int(self.order[position])
        try:
            return name_digest(self.particles[index])
        except CertificateError:
            return index.to_bytes(8, "big")


def temper_scores(scores: Sequence[float], temperature: float) -> list[float]:
    """Chances proportional to score^(1/temperature), the largest 1; scores > 0, temperature > 0."""
    logs = [math.log(score) for score in scores]
    largest = max(logs)
    return [math.exp((value - largest) / temperature) for value in logs]


def uniform(seed: int, step: int) -> float:
    """The draw of a step, uniform in [0, 1): the first 53 bits of BLAKE3 of ``walk <seed> <step>``."""
    return (int.from_bytes(digest(b"walk %d %d" % (seed, step))[:8], "big") >> 11) * 2.0**-53
