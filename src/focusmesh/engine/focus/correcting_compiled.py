"""Kernels of a correction's pass: what is gathered before it, and what its sums become."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.compiled import inlined, summing

Array: TypeAlias = npt.NDArray[Any]


@inlined
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
def directed_shares(
    x: Array,
    tail: Array,
    ratio: float,
    by_out: Array,
    by_degree: Array,
    span: tuple[int, int],
    pairs: Array,
    tails: Array,
) -> None:
    """x / o and (x + ρ·tail) / d of a range, as pairs; the second also alone."""
    rho = np.float32(ratio)
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        onward = (x[i] + rho * tail[i]) * by_degree[i]
        pairs[i, 0] = x[i] * by_out[i]
        pairs[i, 1] = onward
        tails[i] = onward


@summing
def symmetric_shares(
    x: Array,
    step: Array,
    tail: Array,
    ratio: float,
    by_out: Array,
    span: tuple[int, int],
    pairs: Array,
) -> None:
    """x / o and (step + ρ·tail) / o of a range, as pairs."""
    rho = np.float32(ratio)
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        pairs[i, 0] = x[i] * by_out[i]
        pairs[i, 1] = (step[i] + rho * tail[i]) * by_out[i]


@summing
def directed_images(
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
    """The images of x and of the tail for a range, from the sums of P x and of the tail's shares on both sides."""
    along, teleported, landed, _, weight, scale, ratio = factors
    first = np.uint64(span[0])
    _draw(u, u0, teleported, landed, first, image_x)
    for k in range(np.uint64(span[1]) - first):
        i = first + k
        onward = inward[i] + outward[i]
        if by_degree[i] == 0:
            onward = x[i] + np.float32(ratio) * tail[i]
        image_tail[k] = onward
        moved = along * followed[i] + weight * onward
        image_x[k] = scale * (image_x[k] + constant[i] + moved)


@summing
def symmetric_images(
    followed: Array,
    inward: Array,
    x: Array,
    step: Array,
    tail: Array,
    constant: Array,
    by_degree: Array,
    u: Array,
    u0: Array,
    factors: tuple[float, float, float, float, float, float, float],
    span: tuple[int, int],
    image_x: Array,
    image_step: Array,
    image_tail: Array,
) -> None:
    """The images of x, of Q x and of the tail for a range, from the sums of the shares of x and of the tail."""
    along, teleported, landed, first_weight, weight, scale, ratio = factors
    first = np.uint64(span[0])
    _draw(u, u0, teleported, landed, first, image_x)
    for k in range(np.uint64(span[1]) - first):
        i = first + k
        near, onward = followed[i], inward[i]
        if by_degree[i] == 0:
            near, onward = x[i], step[i] + np.float32(ratio) * tail[i]
        image_step[k] = near
        image_tail[k] = onward
        moved = along * followed[i] + first_weight * near + weight * onward
        image_x[k] = scale * (image_x[k] + constant[i] + moved)
