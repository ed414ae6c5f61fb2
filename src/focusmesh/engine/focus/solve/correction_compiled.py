"""Kernels of a correction's pass: what is gathered before it, and what its sums become."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import inline, summing

Array: TypeAlias = npt.NDArray[Any]


@inline
def _draw(
    u: Array, u0: Array, teleported: float, landed: float, first: np.uint64, image: Array
) -> None:
    """``image`` = teleported·u + landed·u0 from ``first`` on; u and u0 may have length 1."""
    flat, flat0 = len(u) == 1, len(u0) == 1
    everywhere = (teleported * u[0] if flat else 0.0) + (landed * u0[0] if flat0 else 0.0)
    for k in range(np.uint64(len(image))):
        image[k] = everywhere
    if not flat:
        for k in range(np.uint64(len(image))):
            image[k] += teleported * u[first + k]
    if not flat0:
        for k in range(np.uint64(len(image))):
            image[k] += landed * u0[first + k]


@summing
def shares(
    x: Array,
    tail: Array,
    ratio: float,
    by_out: Array,
    by_degree: Array,
    span: tuple[int, int],
    pairs: Array,
    tails: Array,
) -> None:
    """x / o and (x + ρ·tail) / d of a range, as pairs; the second also alone where ``tails`` is not empty."""
    rho = np.float32(ratio)
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        pairs[i, 0] = x[i] * by_out[i]
        pairs[i, 1] = (x[i] + rho * tail[i]) * by_degree[i]
    if len(tails) > 0:
        for i in range(np.uint64(span[0]), np.uint64(span[1])):
            tails[i] = pairs[i, 1]


@summing
def images(
    followed: Array,
    inward: Array,
    outward: Array,
    x: Array,
    tail: Array,
    constant: Array,
    by_degree: Array,
    u: Array,
    u0: Array,
    factors: tuple[float, float, float, float, float, float, float],
    span: tuple[int, int],
    image_x: Array,
    image_tail: Array,
) -> None:
    """The images of x and of the tail for a range, from the sums of the shares of x and, on both sides, of the tail.

    ``outward`` is empty where the in-rows have all; then ``followed`` is Q x as well as P x.
    """
    along, teleported, landed, near, weight, scale, ratio = factors
    first = np.uint64(span[0])
    _draw(u, u0, teleported, landed, first, image_x)
    for k in range(np.uint64(span[1]) - first):
        image_tail[k] = inward[first + k]
    if len(outward) > 0:
        for k in range(np.uint64(span[1]) - first):
            image_tail[k] += outward[first + k]
    for k in range(np.uint64(span[1]) - first):
        i = first + k
        linked = by_degree[i] > 0
        onward = image_tail[k] if linked else x[i] + np.float32(ratio) * tail[i]
        step = followed[i] if linked else x[i]
        image_tail[k] = onward
        moved = along * followed[i] + near * step + weight * onward
        image_x[k] = scale * (image_x[k] + constant[i] + moved)
