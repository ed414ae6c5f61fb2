"""Kernels of the compiled interner: open addressing with linear probing, at most half full.

A slot holds index + 1, so that zeroed memory is an empty table.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]

_ODD = np.uint64(0x9E3779B97F4A7C15)
_ODD_TOO = np.uint64(0xD6E8FEB86659FD93)
_SEED = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_HALF = np.uint64(32)
_BATCH = 64
_LARGEST = np.uint64(2**63 - 1)


@kernel
def integer_at(buffer: Array, start: int, end: int) -> tuple[int | np.int64, bool]:
    """(value, True) of a canonical decimal int64 in ``buffer[start:end]``, else (0, False)."""
    negative = start < end and buffer[start] == 45
    first = start + 1 if negative else start
    length = end - first
    if length < 1 or length > 19:
        return 0, False
    if buffer[first] == 48 and (negative or length > 1):
        return 0, False
    value = np.uint64(0)
    for i in range(first, end):
        digit = buffer[i] - 48
        if digit < 0 or digit > 9:
            return 0, False
        value = value * np.uint64(10) + np.uint64(digit)
    if value > _LARGEST:
        if negative and value == _LARGEST + np.uint64(1):
            return -(2**63), True
        return 0, False
    magnitude = np.int64(value)
    return (-magnitude if negative else magnitude), True


@kernel
def integers_of(buffer: Array, starts: Array, ends: Array) -> Array:
    """Values of the tokens (int64), cut short before the first that is no canonical integer."""
    values = np.empty(len(starts), dtype=np.int64)
    for i in range(len(starts)):
        value, fits = integer_at(buffer, starts[i], ends[i])
        if not fits:
            return values[:i]
        values[i] = value
    return values


@kernel
def intern_integers(integers: Array, slots: Array, values: Array, count: int, found: Array) -> int:
    """Writes the index of each integer into ``found``; new ones go to ``values``. The new count."""
    mask = np.uint64(len(slots) - 1)
    for i in range(len(integers)):
        value = integers[i]
        mixed = np.uint64(value) * _ODD
        at = (mixed ^ (mixed >> _HALF)) & mask
        while slots[at, 1] != 0 and slots[at, 0] != value:
            at = (at + np.uint64(1)) & mask
        if slots[at, 1] == 0:
            values[count] = value
            count += 1
            slots[at, 0] = value
            slots[at, 1] = count
        found[i] = slots[at, 1] - 1
    return count


@kernel
def word_at(buffer: Array, at: int) -> np.uint64:
    """Eight bytes as one little-endian number; the compiler makes one load of it."""
    word = np.uint64(0)
    for i in range(8):
        word |= np.uint64(buffer[at + i]) << np.uint64(8 * i)
    return word


@kernel
def hash_of(buffer: Array, start: int, end: int) -> np.uint64:
    """64-bit hash of ``buffer[start:end]``."""
    mixed = _SEED ^ np.uint64(end - start)
    while end - start >= 8:
        mixed = (mixed ^ word_at(buffer, start)) * _ODD
        mixed ^= mixed >> _HALF
        start += 8
    for i in range(start, end):
        mixed = (mixed ^ np.uint64(buffer[i])) * _PRIME
    mixed = (mixed ^ (mixed >> _HALF)) * _ODD_TOO
    return mixed ^ (mixed >> _HALF)


@kernel
def same_bytes(left: Array, left_start: int, right: Array, right_start: int, length: int) -> bool:
    """Whether two spans of ``length`` bytes are equal."""
    same = 0
    while same + 8 <= length and word_at(left, left_start + same) == word_at(
        right, right_start + same
    ):
        same += 8
    while same < length and left[left_start + same] == right[right_start + same]:
        same += 1
    return same == length


@kernel
def look_ahead(
    buffer: Array,
    starts: Array,
    ends: Array,
    first: int,
    slots: Array,
    blob: Array,
    name_ends: Array,
    hashes: Array,
) -> int:
    """Hashes of a batch of tokens; reads what their look-ups will read, so that the waits overlap."""
    mask = np.uint64(len(slots) - 1)
    size = min(len(hashes), len(starts) - first)
    known = np.zeros(_BATCH, dtype=np.int64)
    for k in range(size):
        hashes[k] = hash_of(buffer, starts[first + k], ends[first + k])
    for k in range(size):
        known[k] = slots[hashes[k] & mask, 1]
    for k in range(size):
        known[k] = name_ends[known[k] - 1] if known[k] > 0 else 0
    read = 0
    for k in range(size):
        read += blob[known[k] - 1] if known[k] > 0 else 0
    return read


@kernel
def intern_text(
    buffer: Array,
    starts: Array,
    ends: Array,
    slots: Array,
    blob: Array,
    name_ends: Array,
    count: int,
    found: Array,
) -> tuple[int, int]:
    """Writes the index of each token into ``found``; new names go to ``blob``. The new count first."""
    mask = np.uint64(len(slots) - 1)
    hashes = np.empty(_BATCH, dtype=np.uint64)
    read = 0
    for i in range(len(starts)):
        if i % _BATCH == 0:
            read += look_ahead(buffer, starts, ends, i, slots, blob, name_ends, hashes)
        start, length = starts[i], ends[i] - starts[i]
        tag = np.uint32(hashes[i % _BATCH] >> _HALF)
        at = hashes[i % _BATCH] & mask
        while slots[at, 1] != 0:
            if slots[at, 0] == tag:
                known = slots[at, 1] - 1
                begin = name_ends[known - 1] if known > 0 else 0
                if name_ends[known] - begin == length and same_bytes(
                    buffer, start, blob, begin, length
                ):
                    break
            at = (at + np.uint64(1)) & mask
        if slots[at, 1] == 0:
            begin = name_ends[count - 1] if count > 0 else 0
            for k in range(length):
                blob[begin + k] = buffer[start + k]
            name_ends[count] = begin + length
            count += 1
            slots[at, 0] = tag
            slots[at, 1] = count
        found[i] = slots[at, 1] - 1
    return count, read


@kernel
def refill_text(blob: Array, name_ends: Array, count: int, slots: Array) -> None:
    """Puts ``count`` distinct names into an empty, larger table."""
    mask = np.uint64(len(slots) - 1)
    begin = 0
    for name in range(count):
        mixed = hash_of(blob, begin, name_ends[name])
        begin = name_ends[name]
        at = mixed & mask
        while slots[at, 1] != 0:
            at = (at + np.uint64(1)) & mask
        slots[at, 0] = np.uint32(mixed >> _HALF)
        slots[at, 1] = name + 1


@kernel
def read_integers(buffer: Array, starts: Array, ends: Array, values: Array, hard: Array) -> None:
    """Reads canonical integers into ``values``; marks the rows that hold something else."""
    for row in range(len(starts)):
        value, fits = integer_at(buffer, starts[row], ends[row])
        values[row] = value
        hard[row] |= not fits
