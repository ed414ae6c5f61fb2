"""The one head of a model of low rank in PyTorch: its two factors, and what is kept apart of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.compile import Factors, remaining, still
from focusmesh.engine.tuning.torch_loader import load_torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.compile import CompiledModel
    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.support.arrays import BoolArray

_DRAW = 103


class FactorWeights:
    """See ``Weights``. A random start knows nothing of the graph, not even which particles are linked."""

    hides = False

    def __init__(self, factors: Factors, params: FocusParams, start: str, seed: int) -> None:
        self._torch, self._params = load_torch(), params
        self._factors = factors if start == "compiled" else drawn_factors(factors, seed)
        parts = (self._factors.left, self._factors.right, self._factors.value)
        self._began = [self._tensor(part) for part in parts if part is not None]
        self._moved = [self._torch.zeros_like(part).requires_grad_() for part in self._began]

    def tensors(self) -> list[Any]:
        return self._moved

    def drift(self) -> Any:
        return sum(moved.square().sum() for moved in self._moved)

    def layer(self, hidden: BoolArray) -> Callable[[Any, Any], Any]:
        torch, params = self._torch, self._params
        left, right, *value = self._numbers()
        count = len(left)
        scores = left @ right.T
        if value:
            row, column = (
                torch.from_numpy(np.array(place, dtype=np.int64))
                for place in (self._factors.row, self._factors.column)
            )
            scores = scores.index_put((row, column), value[0], accumulate=True)
        # Not relu, whose slope at 0 is 0: factors that are not negative have many scores of 0.
        clipped = scores.clamp(min=0)
        total = clipped.sum(dim=1, keepdim=True)
        attention = torch.where(total > 0, clipped / torch.where(total > 0, total, 1.0), 1 / count)
        stays, moves = still(params), remaining(params)

        def step(x: Any, drawn: Any) -> Any:
            return stays * x + moves * (attention.T @ x) + params.gap * drawn

        return step

    def model(self, whole: CompiledModel) -> CompiledModel:
        left, right, *value = (each.detach().numpy() for each in self._numbers())
        kept = replace(self._factors, left=left, right=right, value=value[0] if value else None)
        return replace(whole, factors=kept)

    def _numbers(self) -> list[Any]:
        """The factors: where they began, and how far each has moved in units of their own size."""
        return [
            began + began.square().mean().sqrt() * moved
            for began, moved in zip(self._began, self._moved, strict=True)
        ]

    def _tensor(self, values: Any) -> Any:
        return self._torch.from_numpy(np.array(values, dtype=np.float64))


def drawn_factors(factors: Factors, seed: int) -> Factors:
    """As many numbers at random: scores about 1/n everywhere, entries that are kept apart anywhere."""
    random = np.random.default_rng([seed, _DRAW])
    count, rank = factors.left.shape
    scale = 2 / np.sqrt(count * rank)
    left, right = (scale * random.random((count, rank)) for _ in range(2))
    if factors.value is None:
        return Factors(left, right)
    places = np.sort(random.choice(count * count, len(factors.value), replace=False))
    row, column = (ends.astype(np.int32) for ends in np.divmod(places, count))
    value = random.random(len(factors.value)) / count
    return Factors(left, right, row, column, value)
