"""R with the undirected walk's long tail replaced by a geometric one, which a single vector carries.

Σ_k c_k Qᵏ ≈ Σ_{k ≤ J} c_k Qᵏ + Σ_{k > J} a·ρ^{k−J−1} Qᵏ: the first J + 1 terms are exact, the others share their sum
out geometrically. In a joint iteration y ← Q(x + ρ·y) supplies the powers ρⁱQ^{i+1}x for one step of Q a pass. As Q
does not expand L1, the two operators differ by at most Σ_k |c_k − c̃_k| in norm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_RATIOS = np.linspace(0.02, 0.95, 94)
_LENGTH = 400


@dataclass(frozen=True)
class Approximation:
    """``still``·x + ``near``·Q x + ``weight``·y, where y = Σ_i ``ratio``ⁱ Q^{i+1} x.

    ``error`` bounds how far that is from Σ_k c_k Qᵏ x, in L1 for an x of norm 1.
    """

    still: float
    near: float
    weight: float
    ratio: float
    error: float

    def defect(self, norm: float, tail_norm: float) -> float:
        """Bound on how far x is from its equation, given how far x and the tail are from theirs."""
        tail = self.weight * self.ratio / (1 - self.ratio) * tail_norm
        return (1 - self.still) * norm + tail

    @classmethod
    @lru_cache(maxsize=64)
    def of(cls, coefficients: tuple[float, ...], powers: int) -> Approximation:
        """The ratio that makes the error least, with c_0 … c_J exact for J = ``powers`` (0 or 1) and the same sum.

        With J = 0 there is no ``near``, so that no step of Q but that of y is taken.
        """
        c = np.zeros(_LENGTH)
        c[: len(coefficients)] = coefficients
        others = c[powers + 1 :]
        left = float(others.sum())
        series = (1 - _RATIOS[:, None]) * _RATIOS[:, None] ** np.arange(len(others)) * left
        errors = np.abs(series - others).sum(axis=1) + left * _RATIOS ** len(others)
        best = int(np.argmin(errors))
        ratio, error = float(_RATIOS[best]), float(errors[best])
        weight = left * (1 - ratio) / ratio**powers
        return cls(float(c[0]), powers * (float(c[1]) - weight), weight, ratio, error)
