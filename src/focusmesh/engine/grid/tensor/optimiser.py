"""Steps down the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.grid.tensor.tensor import Tensor

_FORGET, _FORGET_SQUARES, _EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Adam (Kingma and Ba 2015) with its usual constants: β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸."""

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self._parameters = list(parameters)
        self._means = [np.zeros_like(each.data) for each in self._parameters]
        self._squares = [np.zeros_like(each.data) for each in self._parameters]
        self._steps = 0

    def step(self, rate: float) -> None:
        """Moves every parameter that has a gradient against it, by about ``rate``, and forgets the gradients."""
        self._steps += 1
        root = np.sqrt(1.0 - _FORGET_SQUARES**self._steps)
        pace = rate * root / (1.0 - _FORGET**self._steps)
        for each, mean, square in zip(self._parameters, self._means, self._squares, strict=True):
            if each.grad is None:
                continue
            mean += (1.0 - _FORGET) * (each.grad - mean)
            square += (1.0 - _FORGET_SQUARES) * (each.grad * each.grad - square)
            moved = mean / (np.sqrt(square) + _EPSILON * root)
            each.data = each.data - each.data.dtype.type(pace) * moved
            each.grad = None
