"""Kernels of an application of R that is written down. Sums and products as in ``certificate_compiled``."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_SHARE_BITS = np.uint64(6)
_SHIFT = np.uint64(63)


@kernel
def turn(
    start: Array, column: Array, weight: Array, rank: Array, ranked: Array,
    free: Array, to_column: Array, to_weight: Array,
) -> None:  # fmt: skip
    """The links of rows by position in rows by the rank of their column; ``free[r]`` is the next place of row r."""
    for row in range(np.uint64(len(ranked))):
        position = ranked[row]
        for entry in range(np.uint64(start[position]), np.uint64(start[position + 1])):
            to = rank[column[entry]]
            at = np.uint64(free[to])
            free[to] += 1
            to_column[at] = row
            to_weight[at] = weight[entry]


@kernel
def wide_carried(
    column: Array, weight: Array, share: Array, shift: Array, span: tuple[int, int], before: Array
) -> np.uint64:
    """``before[e]`` = what the links of a range carry before link e; returns what all of them carry."""
    total = np.uint64(0)
    for entry in range(np.uint64(span[0]), np.uint64(span[1])):
        before[entry] = total
        w = np.uint64(weight[entry])
        c, by = share[column[entry]], np.uint64(shift[column[entry]])
        lower = (c & _LOW) * w
        upper = (c >> _HALF) * w + (lower >> _HALF)
        if by < _HALF:
            total += (upper << (_HALF - by)) + ((lower & _LOW) >> by)
        else:
            total += upper >> (by - _HALF)
    return total


@kernel
def packed_carried(
    column: Array, weight: Array, share: Array, span: tuple[int, int], before: Array
) -> np.uint64:
    """As ``wide_carried`` from packed shares, whose high half has no bits below 2^shift."""
    total = np.uint64(0)
    for entry in range(np.uint64(span[0]), np.uint64(span[1])):
        before[entry] = total
        w, packed = np.uint64(weight[entry]), share[column[entry]]
        c, by = packed >> _SHARE_BITS, packed & _SHIFT
        total += (((c >> _HALF) * w) << (_HALF - by)) + (((c & _LOW) * w) >> by)
    return total


@kernel
def sum_arrivals(
    start: Array, before: Array, offset: Array, a_chunk: int, rows: tuple[int, int], sums: Array
) -> None:
    """``sums[i]`` = what row i receives, for a range of rows; ``before`` is by chunk, ``offset`` before a chunk."""
    size = np.uint64(a_chunk)
    at = np.uint64(start[rows[0]])
    here = before[at] + offset[at // size]
    for i in range(np.uint64(rows[0]), np.uint64(rows[1])):
        at = np.uint64(start[i + 1])
        there = before[at] + offset[at // size]
        sums[i] = there - here
        here = there
