"""The butterflies of erasure.py, eight bytes a word; a product with a constant is eight masked additions.

A word's bytes are split by their bits: 0x01…01 picks one bit of each byte, its multiple by 255 is a mask, and the
constant times that bit is what the mask lets through. All of it is plain 64-bit arithmetic, which the compiler turns
into the processor's widest vectors.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import inline, kernel

Array: TypeAlias = npt.NDArray[Any]

_ONES = np.uint64(0x0101010101010101)
_BYTE = np.uint64(8)


@inline
def _product(word: Any, masks: Array) -> Any:
    made = np.uint64(0)
    for bit in range(8):
        picked = (word >> np.uint64(bit)) & _ONES
        made ^= ((picked << _BYTE) - picked) & masks[bit]
    return made


@kernel
def _down(low: Array, high: Array, masks: Array) -> None:
    for index in range(len(low)):
        word = high[index] ^ low[index]
        high[index] = word
        low[index] ^= _product(word, masks)


@kernel
def _up(low: Array, high: Array, masks: Array) -> None:
    for index in range(len(low)):
        word = high[index]
        value = low[index] ^ _product(word, masks)
        low[index] = value
        high[index] = word ^ value


@kernel
def _scale(pieces: Array, masks: Array) -> None:
    for index in range(len(pieces)):
        pieces[index] = _product(pieces[index], masks)


@kernel
def _interpolate(work: Array, first: int, masks: Array) -> None:
    count, length = work.shape
    half, depth = 1, 0
    while half < count:
        for start in range(0, count, 2 * half):
            low = work[start : start + half].reshape(half * length)
            high = work[start + half : start + 2 * half].reshape(half * length)
            _down(low, high, masks[(first + start) >> depth])
        half, depth = 2 * half, depth + 1


@kernel
def _evaluate(work: Array, masks: Array) -> None:
    count, length = work.shape
    half, depth = count // 2, 0
    while (2 << depth) < count:
        depth += 1
    while half:
        for start in range(0, count, 2 * half):
            low = work[start : start + half].reshape(half * length)
            high = work[start + half : start + 2 * half].reshape(half * length)
            _up(low, high, masks[start >> depth])
        half, depth = half // 2, depth - 1


@kernel
def extend(target: Array, pieces: Array, masks: Array) -> None:
    """``target`` (lines, k, words) becomes what is added to ``pieces`` of the same shape."""
    target[:] = pieces
    for line in range(len(target)):
        _interpolate(target[line], target.shape[1], masks)
        _evaluate(target[line], masks)


@kernel
def recover(target: Array, before: Array, after: Array, masks: Array) -> None:
    """``target`` (lines, 2k, words) gets its missing pieces; ``before``, ``after`` (lines, 2k) are factors by point."""
    count, length = target.shape[1:]
    half = count // 2
    work = np.empty((count, length), dtype=np.uint64)
    for line in range(len(target)):
        work[:half] = target[line, half:]
        work[half:] = target[line, :half]
        for point in range(count):
            if before[line, point]:
                _scale(work[point], masks[before[line, point]])
            else:
                work[point] = np.uint64(0)
        _interpolate(work, 0, masks)
        for point in range(count):
            _derive(work, point, count)
        _evaluate(work, masks)
        for point in range(count):
            if after[line, point]:
                _scale(work[point], masks[after[line, point]])
                target[line, (point + half) % count] = work[point]


@kernel
def _derive(work: Array, point: int, count: int) -> None:
    """The coefficient of X_point in the derivative, from those above it, which it does not change."""
    sums = np.zeros_like(work[point])
    step = 1
    while step < count:
        if not point & step:
            sums ^= work[point + step]
        step *= 2
    work[point] = sums
