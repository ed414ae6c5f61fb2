"""Products along lists of links that PyTorch can differentiate by their weights: what sparse tensors do not do well.

SciPy multiplies. The gradient of a weight is the product of what stands at its two ends, so nothing of shape (n, n) is
ever made, and a step keeps n numbers a context and layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray


@dataclass(frozen=True)
class Lines:
    """Rows of a sparse matrix of which only the numbers change: ``order`` sorts entries into rows."""

    order: OffsetArray
    starts: OffsetArray
    column: OffsetArray
    count: int

    @classmethod
    def of(cls, row: OffsetArray, column: OffsetArray, count: int) -> Lines:
        order = np.argsort(row, kind="stable")
        starts = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=count))))
        return cls(order, starts, column[order], count)

    def times(self, weight: FloatArray, x: FloatArray) -> FloatArray:
        """The matrix with these weights, times ``x`` of shape (n, c)."""
        shape = (self.count, self.count)
        matrix = sparse.csr_array((weight[self.order], self.column, self.starts), shape=shape)
        product: FloatArray = matrix @ x
        return product


@dataclass(frozen=True)
class MassSteps:
    """Where mass goes: entry e carries ``weight[e]``·x[``source[e]``] to ``target[e]``."""

    source: OffsetArray
    target: OffsetArray
    forward: Lines
    backward: Lines

    @classmethod
    def of(cls, source: OffsetArray, target: OffsetArray, count: int) -> MassSteps:
        forward, backward = Lines.of(target, source, count), Lines.of(source, target, count)
        return cls(source, target, forward, backward)

    def apply(self, weight: Any, x: Any) -> Any:
        """What arrives, a tensor of shape (n, c); differentiable by both."""
        return _product().apply(weight, x, self)


@cache
def _product() -> Any:
    from focusmesh.engine.tuning.torch_loader import load_torch

    torch = load_torch()

    class Product(torch.autograd.Function):  # type: ignore[misc,name-defined]  # torch is Any
        @staticmethod
        def forward(ctx: Any, weight: Any, x: Any, steps: MassSteps) -> Any:
            ctx.save_for_backward(weight, x)
            ctx.steps = steps
            return torch.from_numpy(steps.forward.times(weight.numpy(), x.numpy()))

        @staticmethod
        def backward(ctx: Any, above: Any) -> tuple[Any, Any, None]:
            (weight, x), steps = ctx.saved_tensors, ctx.steps
            given = np.ascontiguousarray(above.numpy())
            of_x = steps.backward.times(weight.numpy(), given)
            of_weight = np.einsum("ec,ec->e", given[steps.target], x.numpy()[steps.source])
            return torch.from_numpy(of_weight), torch.from_numpy(of_x), None

    return Product
