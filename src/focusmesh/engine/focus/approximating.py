"""R with the undirected walk's long tail replaced by a geometric one, which a single vector carries.

Σ_k c_k Qᵏ ≈ Σ_{k ≤ J} c_k Qᵏ + a·Q^{J+1}(I − ρQ)⁻¹: the first J + 1 terms are exact, the others share their sum out
as a·ρⁱ. In a joint iteration y ← Q(Q^J x + ρ·y) supplies the whole tail for one step of Q a pass. As Q does not expand
L1, the two operators differ by at most Σ_k |c_k − c̃_k| in norm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_RATIOS = np.linspace(0.0, 0.95, 96)
_LENGTH = 400


@dataclass(frozen=True)
class Approximation:
    """``exact`` = c_0 … c_J, then ``tail``·``ratio``ⁱ for k = J + 1 + i; ``error`` bounds the difference in L1 norm."""

    exact: tuple[float, ...]
    tail: float
    ratio: float
    error: float

    @classmethod
    def of(cls, coefficients: tuple[float, ...], powers: int) -> Approximation:
        """The ratio that makes the error least, with c_0 … c_J for J = ``powers`` exact and the same sum."""
        exact = np.zeros(powers + 1)
        exact[: len(coefficients)] = coefficients[: powers + 1]
        others = np.zeros(_LENGTH)
        others[: max(len(coefficients) - powers - 1, 0)] = coefficients[powers + 1 :]
        left = float(others.sum())
        series = (1 - _RATIOS[:, None]) * _RATIOS[:, None] ** np.arange(_LENGTH) * left
        errors = np.abs(series - others).sum(axis=1) + left * _RATIOS**_LENGTH
        best = int(np.argmin(errors))
        ratio = float(_RATIOS[best])
        return cls(tuple(exact.tolist()), left * (1 - ratio), ratio, float(errors[best]))
