"""Kernels of varints.py: one sweep over all pages each way. Faults are numbered as its list of them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import inline, kernel

Array: TypeAlias = npt.NDArray[Any]

_LENGTH_BYTES_MAX = 3
_ONE, _SEVEN, _LOW, _MORE = np.uint64(1), np.uint64(7), np.uint64(0x7F), np.uint64(0x80)
_LAST_SHIFT = 63


@inline
def _write(word: np.uint64, room: Array, at: int) -> int:
    """One varint; where it ends."""
    while word >= _MORE:
        room[at] = np.uint8((word & _LOW) | _MORE)
        word >>= _SEVEN
        at += 1
    room[at] = np.uint8(word)
    return at + 1


@kernel
def encode(values: Array, per_page: int, room: Array) -> int:
    """Writes all pages to ``room``; how many bytes that took."""
    at = 0
    for first in range(0, len(values), per_page):
        stop = min(first + per_page, len(values))
        # The length is written last, in front of a page that then moves up by what the length needs less.
        begin, moved = at + _LENGTH_BYTES_MAX, np.int64(0)
        end = begin
        for i in range(first, stop):
            value = values[i]
            moved |= value
            end = _write((np.uint64(value) << _ONE) ^ np.uint64(value >> 63), room, end)
        if moved == 0:
            end = begin
        at = _write(np.uint64(end - begin), room, at)
        for i in range(end - begin):
            room[at + i] = room[begin + i]
        at += end - begin
    return at


@kernel
def _read(data: Array, at: int, stop: Any) -> tuple[np.uint64, int, int]:
    """One varint from ``at``: the word, where it ends, and the fault (0: none)."""
    word, shift, begun = np.uint64(0), 0, at
    while at < stop:
        byte = np.uint64(data[at])
        at += 1
        if shift == _LAST_SHIFT and byte > _ONE:
            return word, at, 3
        word |= (byte & _LOW) << np.uint64(shift)
        if byte < _MORE:
            fault = 2 if byte == 0 and at > begun + 1 else 0
            return word, at, fault
        shift += 7
    return word, at, 4


@kernel
def decode(data: Array, per_page: int, values: Array) -> int:
    """Reads all pages into ``values``, zeros before; the fault."""
    at = 0
    for first in range(0, len(values), per_page):
        length, at, fault = _read(data, at, min(at + _LENGTH_BYTES_MAX, len(data)))
        if fault > 0:
            return 1 if fault == 4 else fault
        stop = at + np.int64(length)
        if stop > len(data):
            return 1
        if length == 0:
            continue
        any_bit = np.uint64(0)
        for i in range(first, min(first + per_page, len(values))):
            word, at, fault = _read(data, at, stop)
            if fault > 0:
                return fault
            any_bit |= word
            values[i] = np.int64(word >> _ONE) ^ -np.int64(word & _ONE)
        if at != stop:
            return 4
        if any_bit == 0:
            return 5
    return 0 if at == len(data) else 6
