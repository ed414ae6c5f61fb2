"""Kernels of the row sums: blocks of 64 terms, added with compensation."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.compiled import inlined, kernel

Array: TypeAlias = npt.NDArray[Any]

_BLOCK = 64


@inlined
def _row(column: Array, weight: Array, gathered: Array, first: int, stop: int) -> float:
    """Sum of one row: blocks of 64 terms added plainly, blocks added with Knuth's exact two-sum.

    Unsigned bounds spare a check for negative indices in the loop.
    """
    at, end = np.uint64(first), np.uint64(stop)
    total, lost = 0.0, 0.0
    while at < end:
        cut = min(at + np.uint64(_BLOCK), end)
        block = 0.0
        if len(weight) > 0:
            for entry in range(at, cut):
                block += weight[entry] * gathered[column[entry]]
        else:
            for entry in range(at, cut):
                block += gathered[column[entry]]
        bigger = total + block
        added = bigger - total
        lost += (total - (bigger - added)) + (block - added)
        total = bigger
        at = cut
    return total + lost


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
