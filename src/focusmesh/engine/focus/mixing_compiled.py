"""Kernels of Anderson mixing: one sweep to record and multiply, one to combine."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]


@kernel
def record_differences(
    step: Array,
    image: Array,
    last_step: Array,
    last_image: Array,
    span: tuple[int, int],
    at: int,
    steps: Array,
    images: Array,
    products: Array,
) -> None:
    """Row ``at`` of both histories, and for each row the products with the new difference and the step."""
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        steps[at, i] = step[i] - last_step[i]
        images[at, i] = image[i] - last_image[i]
    for j in range(steps.shape[0]):
        own, other = 0.0, 0.0
        for i in range(np.uint64(span[0]), np.uint64(span[1])):
            own += steps[j, i] * steps[at, i]
            other += steps[j, i] * step[i]
        products[0, j] = own
        products[1, j] = other


@kernel
def combine(
    image: Array, images: Array, weights: Array, span: tuple[int, int], mixed: Array
) -> None:
    """``mixed`` = image − Σ weights·images over a range."""
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        mixed[i] = image[i]
    for j in range(images.shape[0]):
        factor = weights[j]
        for i in range(np.uint64(span[0]), np.uint64(span[1])):
            mixed[i] -= factor * images[j, i]
