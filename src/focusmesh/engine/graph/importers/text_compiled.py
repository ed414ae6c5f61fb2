"""Kernels that split text into fields and read short numbers.

They take only what is plainly right. Every record with anything unusual about it is marked hard and goes to the
plain implementation, which alone knows the reasons for refusing one.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]

_NEWLINE, _RETURN, _QUOTE, _POINT = 10, 13, 34, 46
_HASH, _PERCENT = 35, 37
_EXACT_INTEGERS = np.uint64(2**53)
_MOST_DIGITS = 19
_MOST_PLACES = 22
_POWERS_OF_TEN = np.array([10.0**k for k in range(_MOST_PLACES + 1)])

READ, LONG, HARD = 0, 1, 2


@kernel
def split_words(
    buffer: Array, final: bool, clean: bool, most: int,
    starts: Array, ends: Array, spans: Array, hard: Array,
) -> tuple[int, int, int]:
    """Splits lines at whitespace into two or three fields: (rows, bytes used, lines).

    ``starts[row, k]``, ``ends[row, k]`` are field k, −1 where there is none; ``spans[row]`` is
    (begin, end, line) of the record. ``clean`` says that the block is UTF-8 without NUL. ``most`` bounds a record.
    """
    rows = lines = begin = 0
    size = len(buffer)
    while begin < size:
        at = begin
        fields = 0
        odd = False
        starts[rows, 2] = ends[rows, 2] = -1
        while at < size and buffer[at] != _NEWLINE:
            byte = buffer[at]
            if byte == 32 or 9 <= byte <= 13:
                at += 1
                continue
            if fields == 0 and (byte == _HASH or byte == _PERCENT):
                while at < size and buffer[at] != _NEWLINE:
                    at += 1
                break
            start = at
            while at < size:
                byte = buffer[at]
                if byte <= 32 and (byte == 32 or 9 <= byte <= 13):
                    break
                odd |= byte >= 128 or byte == 0
                at += 1
            if fields < 3:
                starts[rows, fields] = start
                ends[rows, fields] = at
            fields += 1
        if at == size and not final:
            break
        if fields > 0 or at - begin > most:
            spans[rows, 0] = begin
            spans[rows, 1] = at
            spans[rows, 2] = lines
            hard[rows] = fields < 2 or fields > 3 or (odd and not clean) or at - begin > most
            rows += 1
        lines += 1
        begin = min(at + 1, size)
    return rows, begin, lines


@kernel
def split_delimited(
    buffer: Array, final: bool, clean: bool, most: int, delimiter: int, slot_of: Array,
    starts: Array, ends: Array, spans: Array, hard: Array,
) -> tuple[int, int, int]:
    """Splits records as RFC 4180 says: (rows, bytes used, lines); arrays as in split_words.

    ``slot_of[field]`` is the column of ``starts`` for a field, −1 for one that is not needed. Ends before a
    record whose quotes do not close in time: the plain implementation decides about that one.
    """
    rows = lines = begin = 0
    size, expected = len(buffer), len(slot_of)
    while begin < size:
        at = begin
        fields = breaks = 0
        bad = odd = False
        while True:
            start = at
            if at < size and buffer[at] == _QUOTE:
                at += 1
                start = at
                while at < size:
                    byte = buffer[at]
                    if byte == _QUOTE:
                        if at + 1 < size and buffer[at + 1] == _QUOTE:
                            bad = True
                            at += 1
                        else:
                            break
                    breaks += byte == _NEWLINE
                    odd |= byte >= 128 or byte == 0
                    at += 1
                if at == size:
                    return rows, begin, lines
                end = at
                at += 1
                if at < size and buffer[at] == _RETURN and (
                    at + 1 == size or buffer[at + 1] == _NEWLINE
                ):
                    at += 1
                if at < size and buffer[at] != delimiter and buffer[at] != _NEWLINE:
                    bad = True
                    while at < size and buffer[at] != _NEWLINE:
                        at += 1
            else:
                while at < size and buffer[at] != delimiter and buffer[at] != _NEWLINE:
                    odd |= buffer[at] >= 128 or buffer[at] == 0
                    at += 1
                end = at
                if end > start and buffer[end - 1] == _RETURN and (
                    at == size or buffer[at] == _NEWLINE
                ):
                    end -= 1
            if fields < expected and slot_of[fields] >= 0:
                starts[rows, slot_of[fields]] = start
                ends[rows, slot_of[fields]] = end
                bad |= end == start and slot_of[fields] < 2
            fields += 1
            if at >= size or buffer[at] == _NEWLINE:
                break
            at += 1
        if (at == size and not final) or (breaks > 0 and at - begin > most):
            break
        blank = at == begin or (at == begin + 1 and buffer[begin] == _RETURN)
        if not blank:
            spans[rows, 0] = begin
            spans[rows, 1] = at
            spans[rows, 2] = lines
            hard[rows] = bad or fields != expected or (odd and not clean) or at - begin > most
            rows += 1
        lines += 1 + breaks
        begin = min(at + 1, size)
    return rows, begin, lines


@kernel
def read_decimals(
    buffer: Array, starts: Array, ends: Array, values: Array, states: Array
) -> tuple[bool, int]:
    """Reads plain decimals exactly: (whether a row has one, how many are not READ).

    At most 2⁵³ times at most 10⁻²² is one correctly rounded division of two exact numbers (Clinger 1990). A longer
    decimal is LONG, anything else HARD. A missing field (start −1) is 1.
    """
    found = False
    left = 0
    for row in range(len(starts)):
        if starts[row] < 0:
            values[row] = 1.0
            states[row] = READ
            continue
        found = True
        digits = places = 0
        seen_point = False
        mantissa = np.uint64(0)
        state = READ
        for at in range(starts[row], ends[row]):
            byte = buffer[at]
            if 48 <= byte <= 57:
                digits += 1
                places += seen_point
                if digits <= _MOST_DIGITS:
                    mantissa = mantissa * np.uint64(10) + np.uint64(byte - 48)
            elif byte == _POINT and not seen_point:
                seen_point = True
            else:
                state = HARD
        if digits == 0 or digits - places > 300:
            state = HARD
        elif state == READ and (
            digits > _MOST_DIGITS or mantissa > _EXACT_INTEGERS or places > _MOST_PLACES
        ):
            state = LONG
        states[row] = state
        left += state != READ
        if state == READ:
            values[row] = np.float64(mantissa) / _POWERS_OF_TEN[places]
    return found, left
