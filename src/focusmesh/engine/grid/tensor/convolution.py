"""Convolution of images (count, height, width, channels): sliding windows, and a product of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.tensor.elementwise import row_chunks
from focusmesh.engine.grid.tensor.products import product, weights_product
from focusmesh.engine.grid.tensor.tensor import Array, Tensor
from focusmesh.engine.support import parallel
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator


def conv2d(images: Tensor, kernels: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """(n, h, w, in) and (kh, kw, in, out) → (n, (h + 2·padding − kh) // stride + 1, …, out); no flipped kernels.

    Images are worked on in threads. Raises ParameterError where the sizes do not fit, or stride < 1 or padding < 0.
    """
    verify_windows(images.shape, kernels.shape[:2], stride, padding)
    if kernels.data.ndim != 4 or kernels.shape[2] != images.shape[3]:
        raise ParameterError(f"kernels {kernels.shape} do not fit images {images.shape}")
    padded = pad(images.data, padding)
    flat = kernels.data.reshape(-1, kernels.shape[3])
    chunks = row_chunks(padded)
    parts = parallel.run(
        lambda rows: product(_columns(padded[slice(*rows)], kernels.shape[:2], stride), flat),
        chunks,
    )

    def backward(grad: Array) -> tuple[Array, Array]:
        def work(rows: tuple[int, int]) -> tuple[Array, Array]:
            some, by_some = padded[slice(*rows)], grad[slice(*rows)]
            columns = _columns(some, kernels.shape[:2], stride)
            by_kernels = weights_product(columns, by_some)
            return _back(by_some, kernels.data, some.shape, stride), by_kernels

        found = parallel.run(work, chunks)
        by_padded = np.concatenate([by_images for by_images, _ in found])
        by_kernels = np.sum([part for _, part in found], axis=0).reshape(kernels.shape)
        return unpad(by_padded, padding), by_kernels

    return Tensor.from_operation(np.concatenate(parts), (images, kernels), backward)


def verify_windows(
    shape: tuple[int, ...], size: tuple[int, ...], stride: int, padding: int
) -> None:
    """Raises ParameterError where no window of ``size`` fits into images of ``shape``."""
    if len(shape) != 4 or stride < 1 or padding < 0:
        raise ParameterError(
            f"images (n, h, w, channels), stride ≥ 1, padding ≥ 0: {shape}, {stride}, {padding}"
        )
    fits = all(1 <= each <= side + 2 * padding for each, side in zip(size, shape[1:3], strict=True))
    if len(size) != 2 or not fits or not shape[0]:
        raise ParameterError(f"windows of {size} do not fit images {shape} padded by {padding}")


def windows(padded: Array, size: tuple[int, ...], stride: int) -> Array:
    """A view (n, oh, ow, channels, kh, kw)."""
    every = np.lib.stride_tricks.sliding_window_view(padded, size, axis=(1, 2))
    return every[:, ::stride, ::stride]


def places(
    shape: tuple[int, ...], size: tuple[int, ...], stride: int
) -> Iterator[tuple[int, int, slice, slice]]:
    """For each place (row, column) in a window, where in the padded image it is in every window."""
    high, wide = (
        (side - own) // stride * stride + 1 for side, own in zip(shape[1:3], size, strict=True)
    )
    for row in range(size[0]):
        for column in range(size[1]):
            yield row, column, slice(row, row + high, stride), slice(column, column + wide, stride)


def pad(images: Array, padding: int) -> Array:
    """Zeros around each image."""
    if not padding:
        return images
    return np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))


def unpad(images: Array, padding: int) -> Array:
    """The images without what ``pad`` put around them."""
    return images[:, padding:-padding, padding:-padding] if padding else images


def _columns(padded: Array, size: tuple[int, ...], stride: int) -> Array:
    """(n, oh, ow, kh · kw · channels), a copy."""
    found = windows(padded, size, stride).transpose(0, 1, 2, 4, 5, 3)
    return found.reshape(*found.shape[:3], -1)


def _back(grad: Array, kernels: Array, shape: tuple[int, ...], stride: int) -> Array:
    """The gradient by the padded images: what each place of the kernels had multiplied."""
    by_padded = np.zeros(shape, dtype=grad.dtype)
    for row, column, rows, columns in places(shape, kernels.shape[:2], stride):
        by_padded[:, rows, columns] += product(grad, kernels[row, column].T)
    return by_padded
