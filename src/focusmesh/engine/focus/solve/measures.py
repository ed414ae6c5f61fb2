"""What a distribution says of itself, in nats."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray


def entropy(scores: FloatArray) -> float:
    """H = −Σ φ ln φ, with 0 ln 0 = 0."""
    positive = scores[scores > 0]
    return float(-(positive @ np.log(positive))) if len(positive) else 0.0


def syntropy(scores: FloatArray) -> float:
    """J = ln n − H: 0 for a uniform distribution, ln n for a point."""
    return math.log(len(scores)) - entropy(scores) if len(scores) else 0.0


@dataclass(frozen=True, slots=True)
class SyntropyChange:
    """ΔJ and its two parts: ``total`` = ``order`` (H before − H after) + ``discovery`` (ln of the growth of n)."""

    total: float
    order: float
    discovery: float


def syntropy_change(before: FloatArray, after: FloatArray) -> SyntropyChange:
    """How syntropy changed between two distributions, of the same or another number of particles."""
    order = entropy(before) - entropy(after)
    discovery = math.log(len(after) / len(before)) if len(before) and len(after) else 0.0
    return SyntropyChange(syntropy(after) - syntropy(before), order, discovery)


@dataclass(frozen=True, slots=True)
class Impulse:
    """Δφ on the particles where it is largest: ``indices``, ``changes``, and the ``dropped`` Σ|Δφ| elsewhere."""

    indices: OffsetArray
    changes: FloatArray
    dropped: float


def impulse(before: FloatArray, after: FloatArray, keep: int | None = None) -> Impulse:
    """Δφ = after − before (same shape), sparsified to its ``keep`` largest entries (default: all that change)."""
    change = after - before
    size = np.abs(change)
    ranked = np.argsort(-size, kind="stable")
    kept = ranked[: np.count_nonzero(size) if keep is None else keep]
    return Impulse(kept, change[kept], float(size.sum() - size[kept].sum()))
