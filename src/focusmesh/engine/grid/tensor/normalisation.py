"""Rows that are brought to a common size: softmax, and two norms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.tensor.tensor import Array, Tensor

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import BoolArray


def softmax(x: Tensor, hidden: BoolArray | None = None) -> Tensor:
    """e^x over its sum, along the last dimension; where ``hidden`` (broadcast against x) is set, 0.

    In each row at least one number is not hidden.
    """
    data = x.data if hidden is None else np.where(hidden, x.data.dtype.type(-np.inf), x.data)
    data = np.exp(data - data.max(axis=-1, keepdims=True))
    data /= data.sum(axis=-1, keepdims=True)

    def backward(grad: Array) -> tuple[Array]:
        along = np.einsum("...i,...i->...", grad, data)[..., None]
        return ((grad - along) * data,)

    return Tensor.from_operation(data, (x,), backward)


def rms_norm(x: Tensor, gain: Tensor, epsilon: float = 1e-5) -> Tensor:
    """x / √(mean of x² + epsilon) · gain along the last dimension (Zhang and Sennrich 2019)."""
    scale = _inverse_root(x.data, epsilon)
    normed = x.data * scale

    def backward(grad: Array) -> tuple[Array, Array]:
        return _through(grad * gain.data, normed, scale), _over_rows(grad * normed)

    return Tensor.from_operation(normed * gain.data, (x, gain), backward)


def layer_norm(x: Tensor, gain: Tensor, bias: Tensor, epsilon: float = 1e-5) -> Tensor:
    """(x − mean) / √(variance + epsilon) · gain + bias along the last dimension (Ba et al. 2016)."""
    centred = x.data - x.data.mean(axis=-1, keepdims=True)
    scale = _inverse_root(centred, epsilon)
    normed = centred * scale

    def backward(grad: Array) -> tuple[Array, Array, Array]:
        by_normed = _through(grad * gain.data, normed, scale)
        by_normed -= by_normed.mean(axis=-1, keepdims=True)
        return by_normed, _over_rows(grad * normed), _over_rows(grad)

    return Tensor.from_operation(normed * gain.data + bias.data, (x, gain, bias), backward)


def _inverse_root(x: Array, epsilon: float) -> Array:
    square = np.einsum("...i,...i->...", x, x)[..., None] / x.shape[-1]
    root: Array = 1.0 / np.sqrt(square + x.dtype.type(epsilon))
    return root


def _through(grad: Array, normed: Array, scale: Array) -> Array:
    along = np.einsum("...i,...i->...", grad, normed)[..., None] / grad.shape[-1]
    found: Array = (grad - normed * along) * scale
    return found


def _over_rows(array: Array) -> Array:
    total: Array = array.reshape(-1, array.shape[-1]).sum(axis=0)
    return total
