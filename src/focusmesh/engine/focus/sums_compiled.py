"""Kernels of the row sums: blocks of 64 terms in four accumulators, blocks added with compensation."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]

_BLOCK = 64


@kernel
def _block(column: Array, weight: Array, gathered: Array, first: int, stop: int) -> float:
    """Sum of at most 64 terms; four chains keep the adder busy and the error under 16 roundings."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    weighted = len(weight) > 0
    at = np.uint64(first)
    end = np.uint64(stop)
    while at + np.uint64(4) <= end:
        i, j, k = at + np.uint64(1), at + np.uint64(2), at + np.uint64(3)
        if weighted:
            a += weight[at] * gathered[column[at]]
            b += weight[i] * gathered[column[i]]
            c += weight[j] * gathered[column[j]]
            d += weight[k] * gathered[column[k]]
        else:
            a += gathered[column[at]]
            b += gathered[column[i]]
            c += gathered[column[j]]
            d += gathered[column[k]]
        at += np.uint64(4)
    while at < end:
        a += weight[at] * gathered[column[at]] if weighted else gathered[column[at]]
        at += np.uint64(1)
    return (a + b) + (c + d)


@kernel
def _row(column: Array, weight: Array, gathered: Array, first: int, stop: int) -> float:
    """Sum of one row; rows over 64 terms add their blocks with Neumaier's compensation."""
    if stop - first <= _BLOCK:
        return _block(column, weight, gathered, first, stop)
    running, lost = 0.0, 0.0
    for at in range(first, stop, _BLOCK):
        block = _block(column, weight, gathered, at, min(at + _BLOCK, stop))
        bigger = running + block
        if abs(running) >= abs(block):
            lost += (running - bigger) + block
        else:
            lost += (block - bigger) + running
        running = bigger
    return running + lost


@kernel
def one_side(
    start: Array,
    column: Array,
    weight: Array,
    gathered: Array,
    rows: tuple[int, int],
    total: Array,
) -> None:
    """``total[i]`` = Σ weight·gathered[column] over row i, for a range of rows."""
    for i in range(rows[0], rows[1]):
        total[i] = _row(column, weight, gathered, start[i], start[i + 1])


@kernel
def both_sides(
    in_start: Array,
    in_source: Array,
    in_weight: Array,
    out_start: Array,
    out_target: Array,
    out_weight: Array,
    gathered: Array,
    rows: tuple[int, int],
    total: Array,
) -> None:
    """``total[i]`` = the sums of row i on both sides, for a range of rows."""
    for i in range(rows[0], rows[1]):
        inward = _row(in_source, in_weight, gathered, in_start[i], in_start[i + 1])
        total[i] = inward + _row(out_target, out_weight, gathered, out_start[i], out_start[i + 1])


@kernel
def undirected_step(
    in_start: Array,
    in_source: Array,
    in_weight: Array,
    out_start: Array,
    out_target: Array,
    out_weight: Array,
    share: Array,
    degrees: Array,
    factor: float,
    rows: tuple[int, int],
    result: Array,
    moved: Array,
) -> None:
    """``result[i]`` += factor·(Q z)[i] and ``moved[i]`` = (Q z)[i] / d for a range of rows, from shares z / d."""
    for i in range(rows[0], rows[1]):
        if in_start[i] == in_start[i + 1] and out_start[i] == out_start[i + 1]:
            here = share[i]
        else:
            here = _row(in_source, in_weight, share, in_start[i], in_start[i + 1])
            here += _row(out_target, out_weight, share, out_start[i], out_start[i + 1])
        result[i] += factor * here
        moved[i] = here / degrees[i]
