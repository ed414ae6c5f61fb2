"""Kernels of dense passes over edited rows: shares, the delta's part of row sums, residuals taken in and put back."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.focus.live.row_arrays import SLOTS, RowArrays
from focusmesh.engine.focus.live.state import COST, RESIDUAL
from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]


@kernel
def shares(vector: Array, total: Array, count: Array, span: tuple[int, int], share: Array) -> float:
    """``share`` = vector / total where a particle has links out, else 0; the mass where it has none."""
    lost = 0.0
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        if count[at]:
            share[at] = vector[at] / total[at]
        else:
            share[at] = 0.0
            lost += vector[at]
    return lost


@kernel
def scatter_out(rows: RowArrays, share: Array, moved: Array) -> None:
    """Adds what the changes of weights send from sources to targets."""
    source, target, was, now = rows.slot_source, rows.slot_target, rows.slot_was, rows.slot_now
    for slot in range(rows.sizes[SLOTS]):
        moved[target[slot]] += (now[slot] - was[slot]) * share[source[slot]]


@kernel
def take(
    cells: Array,
    factor: float,
    landed: float,
    landing: Array,
    short: float,
    u: Array,
    span: tuple[int, int],
    vector: Array,
) -> None:
    """``vector`` = factor·(residuals + landed·landing + short·u); empty: ``landing`` is 0, ``u`` uniform."""
    even = 0.0 if len(u) else short / len(vector)
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        vector[at] = factor * (cells[at, RESIDUAL] + even)
    if len(landing):
        for at in range(np.uint64(span[0]), np.uint64(span[1])):
            vector[at] += factor * landed * landing[at]
    if len(u):
        for at in range(np.uint64(span[0]), np.uint64(span[1])):
            vector[at] += factor * short * u[at]


@kernel
def put(cells: Array, span: tuple[int, int], vector: Array) -> tuple[float, float]:
    """The residuals = ``vector``, none of them queued; Σ|r| and Σr."""
    size, total = 0.0, 0.0
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        cells[at, RESIDUAL] = vector[at]
        cells[at, COST] = abs(cells[at, COST])
        size += abs(vector[at])
        total += vector[at]
    return size, total


@kernel
def gain(x: Array, step: Array, factor: float, span: tuple[int, int]) -> tuple[float, float]:
    """``x`` += factor·step; how far that goes in L1, and by how much Σx grows."""
    moved, grown = 0.0, 0.0
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        change = factor * step[at]
        x[at] += change
        moved += abs(change)
        grown += change
    return moved, grown


@kernel
def products(falls: Array, used: int, after: Array, span: tuple[int, int], result: Array) -> None:
    """Products of the first ``used`` rows with each other and, in the last column but one, with ``after``; then sums.

    Row ``used`` of ``result`` has the sum of ``after``.
    """
    for row in range(used):
        for other in range(row + 1):
            product = 0.0
            for at in range(np.uint64(span[0]), np.uint64(span[1])):
                product += falls[row, at] * falls[other, at]
            result[row, other] = product
            result[other, row] = product
        product, total = 0.0, 0.0
        for at in range(np.uint64(span[0]), np.uint64(span[1])):
            product += falls[row, at] * after[at]
            total += falls[row, at]
        result[row, used] = product
        result[row, used + 1] = total
    total = 0.0
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        total += after[at]
    result[used, used + 1] = total


@kernel
def sizes(
    after: Array, falls: Array, weights: Array, span: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Σ|·| and Σ of ``after``, then of after − Σ weights·falls, over a range."""
    plain, plain_total, mixed, mixed_total = 0.0, 0.0, 0.0, 0.0
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        value = after[at]
        plain += abs(value)
        plain_total += value
        for row in range(len(weights)):
            value -= weights[row] * falls[row, at]
        mixed += abs(value)
        mixed_total += value
    return plain, plain_total, mixed, mixed_total


@kernel
def difference(one: Array, other: Array, span: tuple[int, int], result: Array) -> None:
    """``result`` = one − other."""
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        result[at] = one[at] - other[at]
