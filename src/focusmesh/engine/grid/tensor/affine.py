"""A product with a bias on top, in one array."""

from __future__ import annotations

from focusmesh.engine.grid.tensor.products import product, weights_product
from focusmesh.engine.grid.tensor.tensor import Array, Tensor
from focusmesh.errors import ParameterError


def linear(x: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """``x @ weights + bias`` of (…, in), (in, out) and (out,); ParameterError where the sizes do not fit."""
    if weights.data.ndim != 2 or bias.shape != weights.shape[1:]:
        raise ParameterError(
            f"weights (in, out) and bias (out,) do not fit: {weights.shape}, {bias.shape}"
        )
    data = product(x.data, weights.data)
    data += bias.data

    def backward(grad: Array) -> tuple[Array | None, Array, Array]:
        by_x = product(grad, weights.data.T) if x.requires_grad else None
        by_bias = grad.reshape(-1, len(bias.data)).sum(axis=0)
        return by_x, weights_product(x.data, grad), by_bias

    return Tensor.from_operation(data, (x, weights, bias), backward)
