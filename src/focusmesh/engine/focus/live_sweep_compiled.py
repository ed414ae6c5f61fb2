"""Kernels of dense passes over edited rows: shares, the delta's part of row sums, residuals taken in and put back."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.compiled import kernel
from focusmesh.engine.focus.live_rows import SLOTS, Rows
from focusmesh.engine.focus.live_state import COST, RESIDUAL

Array: TypeAlias = npt.NDArray[Any]


@kernel
def shares(
    vector: Array, total: Array, one: Array, other: Array, span: tuple[int, int], share: Array
) -> float:
    """``share`` = vector / total where a particle has links on a given side, else 0; the mass where it has none."""
    lost = 0.0
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        if one[at] or other[at]:
            share[at] = vector[at] / total[at]
        else:
            share[at] = 0.0
            lost += vector[at]
    return lost


@kernel
def scatter_out(rows: Rows, share: Array, moved: Array) -> None:
    """Adds what the changes of weights send from sources to targets."""
    source, target, was, now = rows.slot_source, rows.slot_target, rows.slot_was, rows.slot_now
    for slot in range(rows.sizes[SLOTS]):
        moved[target[slot]] += (now[slot] - was[slot]) * share[source[slot]]


@kernel
def scatter_in(rows: Rows, share: Array, moved: Array) -> None:
    """Adds what the changes of weights send from targets to sources."""
    source, target, was, now = rows.slot_source, rows.slot_target, rows.slot_was, rows.slot_now
    for slot in range(rows.sizes[SLOTS]):
        moved[source[slot]] += (now[slot] - was[slot]) * share[target[slot]]


@kernel
def keep_isolated(rows: Rows, vector: Array, span: tuple[int, int], moved: Array) -> None:
    """Lets isolated particles keep what they have."""
    out_count, in_count = rows.out_count, rows.in_count
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        if out_count[at] == 0 and in_count[at] == 0:
            moved[at] = vector[at]


@kernel
def take(cells: Array, span: tuple[int, int], vector: Array) -> None:
    """``vector`` = the residuals."""
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        vector[at] = cells[at, RESIDUAL]


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
def gain(x: Array, step: Array, factor: float, span: tuple[int, int]) -> float:
    """``x`` += factor·step; by how much the mass of ``x`` grew."""
    grown = 0.0
    for at in range(np.uint64(span[0]), np.uint64(span[1])):
        x[at] += factor * step[at]
        grown += factor * step[at]
    return grown


@kernel
def products(vectors: Array, other: Array, span: tuple[int, int], result: Array) -> None:
    """Products of each row of ``vectors`` with ``other`` over a range, and the sum of each row in the last column."""
    for row in range(vectors.shape[0]):
        product, total = 0.0, 0.0
        for at in range(np.uint64(span[0]), np.uint64(span[1])):
            product += vectors[row, at] * other[at]
            total += vectors[row, at]
        result[row, 0] = product
        result[row, 1] = total
