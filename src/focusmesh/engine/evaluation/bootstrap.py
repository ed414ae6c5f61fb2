"""How sure a mean over questions is: percentile intervals of the bootstrap, questions drawn with all their measures.

B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13. Methods that answered the same questions are
compared question by question: the interval is that of the mean difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray

DRAWS = 2_000
LEVEL = 0.95
_COUNT_MAX = 10_000
"""Of more values the draws would take gigabytes, and their means are normal."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and between which values it lies in ``LEVEL`` of the draws."""

    mean: float
    low: float
    high: float

    @property
    def above_zero(self) -> bool:
        """Whether all of it is."""
        return self.low > 0

    @property
    def below_zero(self) -> bool:
        """Whether all of it is."""
        return self.high < 0


class Resampled:
    """One set of draws of ``count`` questions, the same for every method that is compared on them."""

    def __init__(self, count: int, seed: int = 0, draws: int = DRAWS) -> None:
        """O(count·draws) numbers; none above 10,000 questions, whose intervals are those of the normal limit."""
        self._weights: FloatArray | None = None
        if count <= _COUNT_MAX:
            chance = np.random.default_rng([seed, count])
            times = chance.multinomial(count, np.full(count, 1.0 / count), size=draws)
            self._weights = times / count

    def interval(self, values: FloatArray) -> Interval:
        """Of the mean of one value a question."""
        mean = float(values.mean())
        if self._weights is None:
            half = NormalDist().inv_cdf((1 + LEVEL) / 2) * float(values.std()) / len(values) ** 0.5
            return Interval(mean, mean - half, mean + half)
        low, high = np.quantile(self._weights @ values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Interval(mean, float(low), float(high))
