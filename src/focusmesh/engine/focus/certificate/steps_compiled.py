"""Kernels of the integer operator. Every sum is below 2⁶⁴ and every product is split, so nothing wraps around.

A share c and its shift take 9 bytes to gather (``wide``). Where every c is below 2⁵⁸ and every shift at most 32, as on
graphs without a particle that holds 3 % of the mass, they are ``packed`` into 8: c·64 + shift.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import inline, kernel

Array: TypeAlias = npt.NDArray[Any]

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_BITS = np.uint64(31)
_SHARE_BITS = np.uint64(58)
_SHIFT_BITS = np.uint64(6)
_SHIFT = np.uint64(63)


@inline
def _quotient(value: np.uint64, by: np.uint64, inverse: float) -> tuple[np.uint64, np.uint64]:
    """value // by and value % by for value < 2⁶⁴, 2³¹ ≤ by < 2³² and a quotient below 2³³, without a branch.

    The float quotient is off by at most one: its relative error is below 2⁻⁵¹. That is put right exactly.
    """
    quotient = np.uint64(np.float64(value) * inverse)
    rest = np.int64(value - quotient * by)
    above = np.int64(rest < 0)
    quotient -= np.uint64(above)
    rest += np.int64(by) * above
    under = np.int64(rest >= np.int64(by))
    quotient += np.uint64(under)
    rest -= np.int64(by) * under
    return quotient, np.uint64(rest)


@inline
def _share(mass: np.uint64, scaled: np.uint64, inverse: float) -> np.uint64:
    """c = ⌊mass·2³¹/scaled⌋; ``inverse`` is 1/scaled in float64: a division would end vector instructions."""
    whole, rest = _quotient(mass, scaled, inverse)
    below, _ = _quotient(rest << _BITS, scaled, inverse)
    return (whole << _BITS) + below


@kernel
def wide_shares(
    x: Array, scaled: Array, inverse: Array, span: tuple[int, int], share: Array
) -> None:
    """``share`` = c over a range."""
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        share[i] = _share(x[i], scaled[i], inverse[i])


@kernel
def packed_shares(
    x: Array, scaled: Array, inverse: Array, shift: Array, span: tuple[int, int], share: Array
) -> np.uint64:
    """``share`` = c·64 + shift over a range; returns 0, or something else where 64 bits do not hold that."""
    lost = np.uint64(0)
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        here = _share(x[i], scaled[i], inverse[i])
        lost |= here >> _SHARE_BITS
        share[i] = (here << _SHIFT_BITS) | np.uint64(shift[i])
    return lost


@kernel
def plain_shares(
    x: Array, scaled: Array, inverse: Array, shift: Array, span: tuple[int, int], share: Array
) -> None:
    """``share`` = ⌊c/2^shift⌋ over a range: all that a link of weight 1 carries."""
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        share[i] = _share(x[i], scaled[i], inverse[i]) >> np.uint64(shift[i])


@kernel
def wide_rows(
    start: Array, column: Array, weight: Array, share: Array, shift: Array,
    rows: tuple[int, int], sums: Array,
) -> np.uint64:  # fmt: skip
    """Adds to ``sums[i]`` what row i receives, for a range of rows; returns the sum of ``sums`` over it.

    The product is ``upper``·2³² + the low half of ``lower``.
    """
    total = np.uint64(0)
    for i in range(rows[0], rows[1]):
        here = np.uint64(0)
        for entry in range(np.uint64(start[i]), np.uint64(start[i + 1])):
            w = np.uint64(weight[entry])
            c, by = share[column[entry]], np.uint64(shift[column[entry]])
            lower = (c & _LOW) * w
            upper = (c >> _HALF) * w + (lower >> _HALF)
            if by < _HALF:
                here += (upper << (_HALF - by)) + ((lower & _LOW) >> by)
            else:
                here += upper >> (by - _HALF)
        sums[i] += here
        total += sums[i]
    return total


@kernel
def packed_rows(
    start: Array, column: Array, weight: Array, share: Array, rows: tuple[int, int], sums: Array
) -> np.uint64:
    """As ``wide_rows`` from packed shares, whose high half has no bits below 2^shift."""
    total = np.uint64(0)
    for i in range(rows[0], rows[1]):
        here = np.uint64(0)
        for entry in range(np.uint64(start[i]), np.uint64(start[i + 1])):
            w, packed = np.uint64(weight[entry]), share[column[entry]]
            c, by = packed >> _SHIFT_BITS, packed & _SHIFT
            here += (((c >> _HALF) * w) << (_HALF - by)) + (((c & _LOW) * w) >> by)
        sums[i] += here
        total += sums[i]
    return total


@kernel
def plain_rows(
    start: Array, column: Array, share: Array, rows: tuple[int, int], sums: Array
) -> np.uint64:
    """As ``wide_rows`` where every weight is 1, from plain shares."""
    total = np.uint64(0)
    for i in range(rows[0], rows[1]):
        here = np.uint64(0)
        for entry in range(np.uint64(start[i]), np.uint64(start[i + 1])):
            here += share[column[entry]]
        sums[i] += here
        total += sums[i]
    return total


@kernel
def keep_isolated(x: Array, total: Array, span: tuple[int, int], sums: Array) -> None:
    """``sums`` = x where a particle has no links (total 0), else 0."""
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        sums[i] = x[i] * np.uint64(total[i] == np.uint64(0))


@inline
def _scale(value: np.uint64, factor: np.uint64) -> np.uint64:
    """⌊value·factor/2³²⌋ for factor ≤ 2³²."""
    return (value >> _HALF) * factor + (((value & _LOW) * factor) >> _HALF)


@kernel
def scale(x: Array, factor: int, span: tuple[int, int]) -> np.uint64:
    """Makes ``x`` ⌊x·factor/2³²⌋ over a range; returns its sum."""
    total = np.uint64(0)
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        x[i] = _scale(x[i], np.uint64(factor))
        total += x[i]
    return total


@kernel
def fill_level(
    y: Array, rank: Array, value: int, more: int, leftover: int, span: tuple[int, int]
) -> None:
    """Adds ``value`` to all, one where the rank is below ``more`` and one where it is below ``leftover``."""
    base, limit, least = np.uint64(value), np.int64(more), np.int64(leftover)
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        here = np.int64(rank[i])
        y[i] += base + np.uint64(here < limit) + np.uint64(here < least)


@kernel
def fill_own(y: Array, rank: Array, own: Array, leftover: int, span: tuple[int, int]) -> None:
    """Adds ``own``, and one where the rank is below ``leftover``."""
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        y[i] += own[i] + np.uint64(np.int64(rank[i]) < leftover)


@kernel
def add_scaled(y: Array, factor: int, span: tuple[int, int], result: Array) -> np.uint64:
    """Adds ⌊y·factor/2³²⌋ to ``result`` over a range; returns the sum of what was added."""
    total = np.uint64(0)
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        part = _scale(y[i], np.uint64(factor))
        result[i] += part
        total += part
    return total


@kernel
def rise(image: Array, x: Array, span: tuple[int, int]) -> np.uint64:
    """Σ max(0, image − x) over a range."""
    total = np.uint64(0)
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        if image[i] > x[i]:
            total += image[i] - x[i]
    return total
