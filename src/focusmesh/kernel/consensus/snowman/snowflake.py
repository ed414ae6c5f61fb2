"""Snowflake⁺: one choice between two by repeated samples, and how likely it is to go wrong.

The rule is that of Buchwald et al., "Frosty: Bringing strong liveness guarantees to the Snow family of consensus
protocols" (arXiv 2404.14250): of k validators that are asked, α_preference for the other value change one's own,
α_confidence for one's own count, β such samples in a row decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, lgamma, log, log1p, log10

from focusmesh.errors import ParameterError


@dataclass(frozen=True)
class SnowflakeParams:
    """k/2 < alpha_preference ≤ alpha_confidence ≤ k, and 0 < beta: ``verify``. The defaults are the paper's.

    k validators are drawn by weight, with replacement.
    """

    k: int = 80
    alpha_preference: int = 41
    alpha_confidence: int = 72
    beta: int = 12

    @classmethod
    def of(cls, validators: int) -> SnowflakeParams:
        """Those for so many validators: of few, all are asked by any sample, and more of them may be silent."""
        fitting = (found for most, found in _BY_VALIDATORS if validators <= most)
        return next(fitting, cls())

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        if not self.k < 2 * self.alpha_preference:
            raise ParameterError(f"sampling needs k/2 < alpha_preference: {self}")
        if not self.alpha_preference <= self.alpha_confidence <= self.k:
            raise ParameterError(f"sampling needs alpha_preference ≤ alpha_confidence ≤ k: {self}")
        if self.beta <= 0:
            raise ParameterError(f"sampling needs 0 < beta: {self}")


_BY_VALIDATORS = (
    (16, SnowflakeParams(k=1_000, alpha_preference=501, alpha_confidence=650, beta=8)),
    (400, SnowflakeParams(k=400, alpha_preference=201, alpha_confidence=300, beta=16)),
)


@dataclass
class Choice:
    """Between ``False`` and ``True``. ``count``: samples in a row that were for it; ``is_decided`` stays."""

    sampling: SnowflakeParams
    preferred: bool
    count: int = 0
    is_decided: bool = False

    def record(self, false: int, true: int) -> None:
        """What a sample said: so many for each value."""
        if self.is_decided:
            return
        mine, other = (true, false) if self.preferred else (false, true)
        if other >= self.sampling.alpha_preference:
            self.preferred, self.count, mine = not self.preferred, 0, other
        if mine >= self.sampling.alpha_confidence:
            self.count += 1
            self.is_decided = self.count >= self.sampling.beta
        else:
            self.count = 0

    def miss(self) -> None:
        """A sample that said nothing of this choice."""
        self.count = 0


def safety_error(sampling: SnowflakeParams, validators: int, liars: int, samples: int) -> float:
    """log₁₀ of a bound for the probability that two honest validators of equal weight decide differently.

    ``samples``: how many all honest validators together draw until the last has decided; one after the other, each from
    how things stand (the model of the Avalanche analysis). ``liars`` answer as harms most, whoever asks.

    Let s of c honest validators prefer a value. For any threshold t > c/2, two different decisions need (1) somebody to
    decide a value by samples that were all drawn while fewer than t preferred it: β in a row that are for it, each with
    no more than the probability at t − 1 with all liars for it; or (2) that t or more preferred one value, and at
    another time t or more the other: s, a chain of births and deaths, fell from t, which each of the samples may do,
    and came down to c − t before t, with all liars against it. The bound is the sum, twice for the two values, with the
    best t. Raises ParameterError for numbers that are none. O(c² + c k).
    """
    sampling.verify()
    honest = validators - liars
    if not (0 <= liars < validators and samples > 0):
        raise ParameterError(
            f"0 ≤ liars < validators and 0 < samples: {liars}, {validators}, {samples}"
        )
    falls = [_fall(sampling, validators, honest, state) for state in range(honest + 1)]
    best = 0.0
    for threshold in range(honest // 2 + 1, honest + 1):
        early = sampling.beta * _log(
            _tail(sampling.k, sampling.alpha_confidence, (threshold - 1 + liars) / validators)
        )
        back = _log(_excursion(falls, honest, threshold)) + _log(falls[threshold][0])
        best = min(best, _log_sum(early, back) + log10(2 * samples))
    return best


def _excursion(falls: list[tuple[float, float]], honest: int, threshold: int) -> float:
    """The probability to reach ``honest − threshold`` from ``threshold − 1`` before ``threshold``."""
    low = honest - threshold
    weight, total = 1.0, 1.0
    # Of a chain of births and deaths: 1 / Σ over j of the products of (up / down), from the top down.
    for state in range(threshold - 1, low, -1):
        down, up = falls[state]
        if down == 0.0:
            return 0.0
        weight *= up / down
        total += weight
        if total == inf:
            return 0.0
    return 1.0 / total


def _fall(
    sampling: SnowflakeParams, validators: int, honest: int, state: int
) -> tuple[float, float]:
    """The chances that one fewer, and one more, prefers the value after a sample, the liars being against it."""
    share = state / validators
    down = state / honest * _tail(sampling.k, sampling.alpha_preference, 1 - share)
    up = (honest - state) / honest * _tail(sampling.k, sampling.alpha_preference, share)
    return down, up


def _tail(k: int, least: int, share: float) -> float:
    """The probability of ``least`` or more of k drawn with replacement."""
    if share <= 0.0 or share >= 1.0:
        return float(share >= 1.0)
    ways = lgamma(k + 1)
    logs = (
        ways
        - lgamma(each + 1)
        - lgamma(k - each + 1)
        + each * log(share)
        + (k - each) * log1p(-share)
        for each in range(least, k + 1)
    )
    return min(sum(map(exp, logs)), 1.0)


def _log(value: float) -> float:
    return log10(value) if value > 0 else -inf


def _log_sum(one: float, other: float) -> float:
    """log₁₀ of a sum by the logarithms of its parts."""
    most, least = max(one, other), min(one, other)
    return most if least == -inf else most + log10(1 + 10 ** (least - most))
