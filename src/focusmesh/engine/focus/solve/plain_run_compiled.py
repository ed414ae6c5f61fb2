"""The kernel of a plain step: what sums over links become, and what is sent along them next."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import summing

Array: TypeAlias = npt.NDArray[Any]


@summing
def advance_range(
    moved: Array,
    x: Array,
    u: Array,
    u0: Array,
    by_out: Array,
    factors: tuple[float, float, float],
    span: tuple[int, int],
    image: Array,
    share: Array,
) -> float:
    """``image`` = moved + factors·(u, u0, x) and ``share`` = image·by_out of a range; the L1 norm of image − x.

    ``u`` and ``u0`` may have length 1.
    """
    teleported, landed, still = factors
    first, stop = np.uint64(span[0]), np.uint64(span[1])
    flat, flat0 = len(u) == 1, len(u0) == 1
    everywhere = (teleported * u[0] if flat else 0.0) + (landed * u0[0] if flat0 else 0.0)
    if not flat:
        for i in range(first, stop):
            image[i] = moved[i] + teleported * u[i]
    if not flat0:
        for i in range(first, stop):
            image[i] = (moved[i] if flat else image[i]) + landed * u0[i]
    bare, norm = flat and flat0, 0.0
    for i in range(first, stop):
        here = (moved[i] if bare else image[i]) + (everywhere + still * x[i])
        norm += abs(here - x[i])
        image[i] = here
        share[i] = here * by_out[i]
    return norm
