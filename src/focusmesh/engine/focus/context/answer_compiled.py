"""Kernels that turn what a push left into an answer: sums of the residual, the best particles, a clean workspace."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import inline, kernel

Array: TypeAlias = npt.NDArray[Any]

RESTART = 3
"""Column of the known vectors that holds the restart w; before it stand φ*, Ψ(u0) and Ψ(w)."""


@kernel
def weigh(left: Array, known: Array, touched: Array, count: int) -> tuple[Array, Array]:
    """For each lane the residual mass, and Σ max(0, r_i − mass·w_i): what stands where the prior does not."""
    mass, excess = np.zeros(left.shape[1]), np.zeros(left.shape[1])
    for t in range(count):
        i = np.uint64(touched[t])
        for lane in range(left.shape[1]):
            mass[lane] += left[i, lane]
    for t in range(count):
        i = np.uint64(touched[t])
        restart = known[i, RESTART]
        for lane in range(left.shape[1]):
            excess[lane] += max(0.0, left[i, lane] - mass[lane] * restart)
    return mass, excess


@inline
def score_of(
    i: int, known: Array, mix: Array, scale: float, absorb: float, settled: Array, left: Array
) -> float:
    """The estimate of one particle."""
    value: float = scale * (settled[i] + absorb * left[i, 0])
    for column in range(known.shape[1]):
        value += mix[column] * known[i, column]
    return value


@inline
def _insert(i: int, value: float, order: Array, best: Array, values: Array, filled: int) -> int:
    """Keeps the best, falling; equal values by ascending particle. How many are kept."""
    at = filled
    while at > 0 and (
        values[at - 1] < value or (values[at - 1] == value and order[best[at - 1]] > order[i])
    ):
        at -= 1
    if at == len(best):
        return filled
    last = min(filled, len(best) - 1)
    for k in range(last, at, -1):
        best[k] = best[k - 1]
        values[k] = values[k - 1]
    best[at] = i
    values[at] = value
    return min(filled + 1, len(best))


@kernel
def best_touched(
    estimate: tuple[Array, Array, float, float],
    heads: tuple[Array, Array],
    order: Array,
    work: tuple[Array, Array, Array, Array],
    count: int,
    best: Array,
    values: Array,
) -> tuple[int, int, bool]:
    """The best particles of all, from the touched ones and the heads of the known vectors (Fagin's threshold).

    ``estimate``: known, mix, scale, absorb; ``heads``: particles and their known values. Returns how many were found,
    how many are touched now, and whether the heads were long enough to prove that none is missing.
    """
    known, mix, scale, absorb = estimate
    settled, left, seen, touched = work
    filled = 0
    for t in range(count):
        i = touched[t]
        value = score_of(i, known, mix, scale, absorb, settled, left)
        filled = _insert(i, value, order, best, values, filled)
    leading, heights = heads
    for rank in range(leading.shape[1]):
        above = 0.0
        for column in range(leading.shape[0]):
            if mix[column] == 0.0:
                continue
            i = leading[column, rank]
            above += mix[column] * heights[column, rank]
            if seen[i] == 0:
                seen[i] = 1
                touched[count] = i
                count += 1
                value = score_of(i, known, mix, scale, absorb, settled, left)
                filled = _insert(i, value, order, best, values, filled)
        if filled == len(best) and values[filled - 1] > above:
            return filled, count, True
    return filled, count, leading.shape[1] == len(order)


@kernel
def clean(work: tuple[Array, Array, Array, Array], count: int) -> None:
    """Undoes every entry that was touched."""
    settled, left, seen, touched = work
    for t in range(count):
        i = np.uint64(touched[t])
        settled[i] = 0.0
        seen[i] = 0
        for lane in range(left.shape[1]):
            left[i, lane] = 0.0


@kernel
def densify(
    estimate: tuple[Array, Array, float, float],
    work: tuple[Array, Array, Array, Array],
    rows: tuple[int, int],
    scores: Array,
) -> None:
    """The estimates of a range of particles."""
    known, mix, scale, absorb = estimate
    settled, left, _, _ = work
    for i in range(np.uint64(rows[0]), np.uint64(rows[1])):
        scores[i] = score_of(i, known, mix, scale, absorb, settled, left)


@kernel
def best_of_rows(
    scores: Array, order: Array, rows: tuple[int, int], best: Array, values: Array
) -> int:
    """The best particles of a range by dense scores; how many were found."""
    filled = 0
    for i in range(np.uint64(rows[0]), np.uint64(rows[1])):
        if filled == len(best) and scores[i] < values[filled - 1]:
            continue
        filled = _insert(i, scores[i], order, best, values, filled)
    return filled
