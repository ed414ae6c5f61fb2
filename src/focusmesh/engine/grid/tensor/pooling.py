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
    within = list(places(images.shape, (size, size), step))
    data = images.data[:, within[0][2], within[0][3]]
    for _, _, rows, columns in within[1:]:
        data = np.maximum(data, images.data[:, rows, columns])

    def backward(grad: Array) -> tuple[Array]:
        by_images = np.zeros_like(images.data)
        left = np.ones(data.shape, dtype=np.bool_)
        for _, _, rows, columns in within:
            chosen = left & (images.data[:, rows, columns] == data)
            by_images[:, rows, columns] += grad * chosen
            left &= ~chosen
        return (by_images,)

    return Tensor.from_operation(data, (images,), backward)


def avg_pool2d(images: Tensor, size: int, stride: int | None = None) -> Tensor:
    """(n, h, w, channels) → the mean of each window of ``size`` × ``size``, as ``max_pool2d``."""
    step = size if stride is None else stride
    verify_windows(images.shape, (size, size), step, 0)
    data = np.zeros_like(windows(images.data, (size, size), step)[..., 0, 0])
    for _, _, rows, columns in places(images.shape, (size, size), step):
        data += images.data[:, rows, columns]
    data /= size**2

    def backward(grad: Array) -> tuple[Array]:
        by_images = np.zeros_like(images.data)
        for _, _, rows, columns in places(images.shape, (size, size), step):
            by_images[:, rows, columns] += grad / size**2
        return (by_images,)

    return Tensor.from_operation(data, (images,), backward)
