"""Arithmetic on uint64 arrays whose sums and products are wider than 64 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import MassArray

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def wide_sum(values: MassArray) -> int:
    """Σ values, without wrap-around: the two halves of the words are added apart."""
    return (int((values >> _HALF).sum()) << 32) + int((values & _LOW).sum())


def product(values: MassArray, factor: int) -> tuple[MassArray, MassArray]:
    """High and low words of ``values`` · ``factor``, 0 ≤ factor < 2⁶⁴."""
    high, low = np.uint64(factor >> 32), np.uint64(factor & 0xFFFFFFFF)
    upper, lower = values >> _HALF, values & _LOW
    bottom = lower * low
    middle = upper * low + (bottom >> _HALF)
    across = lower * high + (middle & _LOW)
    return upper * high + (middle >> _HALF) + (across >> _HALF), values * np.uint64(factor)


def product_shifted(values: MassArray, factor: int, shift: int) -> MassArray:
    """⌊values·factor / 2^shift⌋ for 0 < shift ≤ 64, where that fits 64 bits."""
    high, low = product(values, factor)
    if shift == 64:
        return high
    return (high << np.uint64(64 - shift)) | (low >> np.uint64(shift))


def bit_lengths(values: MassArray) -> MassArray:
    """Number of bits of each value, 0 for 0."""
    lengths: MassArray = np.frexp(values.astype(np.float64))[1].astype(np.uint64)
    # Rounding to 53 bits may have carried into one bit more.
    below = np.maximum(lengths, 1) - np.uint64(1)
    carried = (below > 63) | (values >> np.minimum(below, 63) == 0)
    lengths -= carried & (values != 0)
    return lengths
