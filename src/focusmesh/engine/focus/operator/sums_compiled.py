"""Kernels that finish a pass: what becomes of the row sums of each particle."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel, summing

Array: TypeAlias = npt.NDArray[Any]


@kernel
def divide_range(x: Array, divisor: Array, span: tuple[int, int], share: Array) -> None:
    """``share`` = x / divisor over a range, x itself where the divisor is 0."""
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        share[i] = x[i] / (divisor[i] if divisor[i] > 0 else 1.0)


@kernel
def undirected_step(
    inward: Array,
    outward: Array,
    degree: Array,
    factor: float,
    span: tuple[int, int],
    share: Array,
    result: Array,
) -> None:
    """Over a range ``result`` += factor·Q z, from the sums of both sides, and ``share`` = (Q z) / d, not z / d."""
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        linked = degree[i] > 0
        here = inward[i] + outward[i] if linked else share[i]
        result[i] += factor * here
        share[i] = here / (degree[i] if linked else 1.0)


@kernel
def blend_range(
    moved: Array,
    x: Array,
    u: Array,
    u0: Array,
    factors: tuple[float, float, float, float],
    span: tuple[int, int],
    image: Array,
) -> None:
    """``image`` = the four vectors times their factors, added up, of a range; u and u0 may have length 1."""
    followed, still, teleported, landed = factors
    first = np.uint64(span[0])
    for i in range(np.uint64(span[1]) - first):
        image[i] = followed * moved[first + i] + still * x[first + i]
    flat, flat0 = len(u) == 1, len(u0) == 1
    everywhere = (teleported * u[0] if flat else 0.0) + (landed * u0[0] if flat0 else 0.0)
    for i in range(np.uint64(span[1]) - first):
        image[i] += everywhere
    if not flat:
        for i in range(np.uint64(span[1]) - first):
            image[i] += teleported * u[first + i]
    if not flat0:
        for i in range(np.uint64(span[1]) - first):
            image[i] += landed * u0[first + i]


@summing
def weigh_range(share: Array, degree: Array, span: tuple[int, int]) -> float:
    """The L1 norm of z over a range, from z / d."""
    total = 0.0
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        total += abs(share[i]) * (degree[i] if degree[i] > 0 else 1.0)
    return total
