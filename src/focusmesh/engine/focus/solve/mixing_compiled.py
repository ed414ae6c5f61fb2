"""Kernels of Anderson mixing: one sweep to record a step and multiply, one to move on."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import inline, summing

Array: TypeAlias = npt.NDArray[Any]


_BLOCK = 2048
"""Entries that are finished before the next are begun: what is read again is still in the first cache."""


@inline
def _product(one: Array, other: Array, first: np.uint64, stop: np.uint64) -> float:
    total = 0.0
    for i in range(first, stop):
        total += np.float64(one[i]) * np.float64(other[i])
    return total


@summing
def record_step(
    x: Array,
    image: Array,
    before: Array,
    step: Array,
    changes: Array,
    jumps: Array,
    newest: int,
    span: tuple[int, int],
    products: Array,
) -> float:
    """Of a range: the L1 norm of f = image − x, and f in ``step``; ``image`` begins where the range does.

    The change of f goes to row ``newest`` (−1: none) of ``changes``, and is added to that row of ``jumps``.
    ``products[0]`` gets the products of that change with every row, ``products[1]`` those of f where it is of use.
    """
    norm, start = 0.0, np.uint64(span[0])
    for at in range(start, np.uint64(span[1]), np.uint64(_BLOCK)):
        first = np.uint64(at)
        stop = np.uint64(min(first + np.uint64(_BLOCK), np.uint64(span[1])))
        for i in range(first, stop):
            exact = np.float64(image[i - start]) - np.float64(x[i])
            norm += abs(exact)
            step[i] = np.float32(exact)
        if len(changes) == 0:
            continue
        if newest >= 0:
            latest, jump = changes[newest], jumps[newest]
            for i in range(first, stop):
                change = step[i] - before[i]
                latest[i] = change
                jump[i] += change
            for j in range(len(changes)):
                products[0, j] += _product(changes[j], latest, first, stop)
            products[1, newest] += _product(step, latest, first, stop)
        else:
            for j in range(len(changes)):
                products[1, j] += _product(changes[j], step, first, stop)
    return norm


@summing
def move_vector(
    x: Array,
    step: Array,
    jumps: Array,
    weights: Array,
    floor: Array,
    span: tuple[int, int],
    to: int,
) -> None:
    """Over a range x ← max(x + step − Σ weights·jumps, floor), and by how much x moved in row ``to`` of ``jumps``.

    Blocks stay in the first cache while the rows are added up.
    """
    room = np.empty(1024)
    for first in range(np.uint64(span[0]), np.uint64(span[1]), np.uint64(1024)):
        count = min(np.uint64(1024), np.uint64(span[1]) - first)
        for k in range(count):
            room[k] = x[first + k] + step[first + k]
        for j in range(len(weights)):
            factor, jump = weights[j], jumps[j]
            for k in range(count):
                room[k] -= factor * np.float64(jump[first + k])
        for k in range(count):
            least = floor[0] if len(floor) == 1 else floor[first + k]
            here = max(room[k], least)
            if len(jumps) > 0:
                jumps[to, first + k] = np.float32(here - x[first + k])
            x[first + k] = here
