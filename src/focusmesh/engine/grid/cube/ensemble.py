"""From the next-byte distributions of several models to one: weighted by validation, or trimmed against bad ones.

Distributions are float64, shape (models, bytes) with rows that add up to 1. Surprise is −ln p in nats per byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import GridError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

FLOOR = 1e-9
"""No model is taken at its word that a byte is impossible: one such byte would decide everything."""

_SWEEPS_MAX = 500
_SETTLED = 1e-9


def mix_distributions(distributions: FloatArray, weights: FloatArray) -> FloatArray:
    """Σ w·p. ``distributions`` (models, …, 256); ``weights`` (models,) are non-negative and add up to 1."""
    blended: FloatArray = np.tensordot(weights, distributions, axes=1)
    return blended


def trimmed(distributions: FloatArray, trim: int = 2) -> FloatArray:
    """For each byte the mean without the ``trim`` lowest and highest probabilities, made to add up to 1.

    Whatever ``trim`` models say, each mean lies between the lowest and the highest of the others. Raises GridError
    ``"template"`` unless more than 2·``trim`` models remain.
    """
    check_trim(len(distributions), trim)
    kept = np.sort(distributions, axis=0)[trim : len(distributions) - trim].mean(axis=0)
    total = kept.sum(axis=-1, keepdims=True)
    # Where models contradict each other everywhere nothing is left, and every byte is as likely.
    even = np.full_like(kept, 1 / kept.shape[-1])
    mean: FloatArray = np.divide(kept, total, out=even, where=total > 0)
    return mean


def trimmed_integers(outputs: OffsetArray, trim: int = 2) -> OffsetArray:
    """The same of integers, rounded down: what honest parties compute alike to the bit. int64 (models, 256)."""
    check_trim(len(outputs), trim)
    kept = np.sort(outputs, axis=0)[trim : len(outputs) - trim]
    mean: OffsetArray = kept.sum(axis=0) // len(kept)
    return mean


def check_trim(count: int, trim: int) -> None:
    """Raises GridError ``"template"`` unless so many models can do without ``trim`` on either side."""
    if trim < 0 or count <= 2 * trim:
        raise GridError(
            "template", f"a mean of {count} models cannot leave out {trim} on either side"
        )


def surprise(distributions: FloatArray, observed: OffsetArray) -> FloatArray:
    """−ln of what each distribution gave to the byte that came. (…, positions, 256), (positions,) → (…, positions)."""
    said = np.take_along_axis(
        distributions, observed.reshape((1,) * (distributions.ndim - 2) + (-1, 1)), axis=-1
    )
    result: FloatArray = -np.log(np.maximum(said[..., 0], FLOOR))
    return result


def validation_weights(surprises: FloatArray) -> FloatArray:
    """The weights with which the mixture is least surprised by a validation text: shape (models,), adding up to 1.

    ``surprises`` (models, positions): −ln of what each model gave to the bytes that came. Expectation–maximisation on
    the weights alone; the likelihood is concave, so what it comes to is the best there is (A. P. Dempster et al.,
    J. R. Stat. Soc. B 39 (1977) 1). O(sweeps · models · positions).
    """
    said = np.maximum(np.exp(-surprises), FLOOR)
    weights: FloatArray = np.full(len(said), 1 / len(said))
    for _ in range(_SWEEPS_MAX):
        shares = weights[:, None] * said
        shares /= shares.sum(axis=0)
        better: FloatArray = shares.mean(axis=1)
        if np.abs(better - weights).sum() < _SETTLED:
            return better
        weights = better
    return weights


@dataclass(frozen=True)
class Gain:
    """What mixing was worth on a text that nothing was fitted to, in nats per byte; less surprise is better.

    ``gain`` = ``best_surprise − mixture_surprise``, with a 95 % interval over positions; it may be zero or less, and
    is reported all the same. ``best`` is the row of the model that was least surprised on *this* text, which nobody
    can know beforehand: the comparison favours the single model.
    """

    best: int
    best_surprise: float
    mixture_surprise: float
    trimmed_surprise: float
    gain: float
    interval: tuple[float, float]
    positions: int


def measure_gain(
    distributions: FloatArray, observed: OffsetArray, weights: FloatArray, trim: int = 2
) -> Gain:
    """What ``weights`` gain over the best single model. ``distributions`` (models, positions, 256)."""
    single = surprise(distributions, observed)
    best = int(single.mean(axis=1).argmin())
    mixture = surprise(mix_distributions(distributions, weights), observed)
    robust = surprise(trimmed(distributions, trim), observed)
    difference = single[best] - mixture
    spread = 1.96 * float(difference.std(ddof=1)) / len(observed) ** 0.5 if len(observed) > 1 else 0
    gain = float(difference.mean())
    return Gain(
        best=best,
        best_surprise=float(single[best].mean()),
        mixture_surprise=float(mixture.mean()),
        trimmed_surprise=float(robust.mean()),
        gain=gain,
        interval=(gain - spread, gain + spread),
        positions=len(observed),
    )


def agreement(distributions: FloatArray) -> float:
    """1 − the Jensen–Shannon divergence of the distributions, as a share of its largest value ln n: 0 … 1."""
    count = len(distributions)
    if count < 2:
        return 1.0
    spread = _entropy(distributions.mean(axis=0)) - np.mean([_entropy(p) for p in distributions])
    return float(np.clip(1 - spread / np.log(count), 0.0, 1.0))


def _entropy(distribution: FloatArray) -> float:
    positive = distribution[distribution > 0]
    return float(-(positive * np.log(positive)).sum())


def temper_distribution(distribution: FloatArray, temperature: float) -> FloatArray:
    """p^(1/T), made to add up to 1; T → 0 is all on the likeliest byte, the lowest of equals."""
    if temperature <= 1e-6:
        certain = np.zeros_like(distribution)
        certain[int(distribution.argmax())] = 1.0
        return certain
    logarithm = np.log(np.maximum(distribution, 1e-300)) / temperature
    powers: FloatArray = np.exp(logarithm - logarithm.max())
    powers /= powers.sum()
    return powers
