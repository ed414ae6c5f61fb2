"""One number a window of an image: the largest, or the mean."""

from __future__ import annotations

import numpy as np

from focusmesh.engine.grid.tensor.convolution import places, verify_windows, windows
from focusmesh.engine.grid.tensor.tensor import Array, Tensor


def max_pool2d(images: Tensor, size: int, stride: int | None = None) -> Tensor:
    """(n, h, w, channels) → the largest of each window of ``size`` × ``size``; gradients go to the first of equals.

    Windows lie ``stride`` apart, beside each other by default. Raises ParameterError where none fits.
    """
    step = size if stride is None else stride
    verify_windows(images.shape, (size, size), step, 0)
    seen = windows(images.data, (size, size), step)
    flat = seen.reshape(*seen.shape[:4], -1)
    chosen = flat.argmax(axis=-1)
    data = np.take_along_axis(flat, chosen[..., None], axis=-1)[..., 0]

    def backward(grad: Array) -> tuple[Array]:
        by_images = np.zeros_like(images.data)
        for row, column, rows, columns in places(images.shape, (size, size), step):
            by_images[:, rows, columns] += grad * (chosen == row * size + column)
        return (by_images,)

    return Tensor.made(data, (images,), backward)


def avg_pool2d(images: Tensor, size: int, stride: int | None = None) -> Tensor:
    """(n, h, w, channels) → the mean of each window of ``size`` × ``size``, as ``max_pool2d``."""
    step = size if stride is None else stride
    verify_windows(images.shape, (size, size), step, 0)
    data = windows(images.data, (size, size), step).mean(axis=(-1, -2))

    def backward(grad: Array) -> tuple[Array]:
        by_images = np.zeros_like(images.data)
        for _, _, rows, columns in places(images.shape, (size, size), step):
            by_images[:, rows, columns] += grad / size**2
        return (by_images,)

    return Tensor.made(data, (images,), backward)
