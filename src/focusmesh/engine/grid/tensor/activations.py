"""Functions of each number by itself. Every operation has this shape: compute, and say how gradients go back."""

from __future__ import annotations

import numpy as np

from focusmesh.engine.grid.tensor.elementwise import spread
from focusmesh.engine.grid.tensor.tensor import Array, Tensor

_GELU = float(np.sqrt(2.0 / np.pi))
_CUBE = 0.044715


def relu(x: Tensor) -> Tensor:
    """max(x, 0); the gradient at 0 is 0."""
    data = spread(lambda part: np.maximum(part, 0), x.data)
    return Tensor.from_operation(data, (x,), lambda grad: (spread(_where_positive, grad, x.data),))


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e^−x), which overflows for no x."""
    data = spread(lambda part: 0.5 * (1.0 + np.tanh(0.5 * part)), x.data)
    return Tensor.from_operation(data, (x,), lambda grad: (spread(_by_sigmoid, grad, data),))


def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    data = spread(np.tanh, x.data)
    return Tensor.from_operation(data, (x,), lambda grad: (spread(_by_tanh, grad, data),))


def gelu(x: Tensor) -> Tensor:
    """x · Φ(x), by the usual approximation with tanh (Hendrycks and Gimpel 2016)."""
    bend = spread(_bend, x.data)
    data = spread(lambda part, bent: 0.5 * part * (1.0 + bent), x.data, bend)
    return Tensor.from_operation(data, (x,), lambda grad: (spread(_by_gelu, grad, x.data, bend),))


def _where_positive(grad: Array, x: Array) -> Array:
    return grad * (x > 0)


def _by_sigmoid(grad: Array, y: Array) -> Array:
    return grad * y * (1.0 - y)


def _by_tanh(grad: Array, y: Array) -> Array:
    return grad * (1.0 - y * y)


def _bend(x: Array) -> Array:
    bent: Array = np.tanh(_GELU * x * (1.0 + _CUBE * x * x))
    return bent


def _by_gelu(grad: Array, x: Array, bend: Array) -> Array:
    slope = _GELU * (1.0 + 3.0 * _CUBE * x * x)
    return grad * (0.5 * (1.0 + bend) + 0.5 * x * (1.0 - bend * bend) * slope)
