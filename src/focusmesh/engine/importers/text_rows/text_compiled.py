"""Kernels that split text into fields and read short numbers.

They take only what is plainly right. Every record with anything unusual about it is marked hard and goes to the
plain implementation, which alone knows the reasons for refusing one.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]

_TAB, _NEWLINE, _RETURN, _SPACE, _QUOTE, _ZERO, _NINE = 9, 10, 13, 32, 34, 48, 57
_HASH, _PERCENT = 35, 37
_EXACT_INTEGERS = np.uint64(2**53)
_TEN = np.uint64(10)
_LOW_BITS = np.uint64(2**11 - 1)
_MOST_DIGITS = 19
_MOST_PLACES = 22
_MOST_WHOLE_DIGITS = 300
_POWERS_OF_TEN = np.array([10.0**k for k in range(_MOST_PLACES + 1)])
_SPLITTER = 134217729.0
_DOUBT = 2.0**-100

READ, LONG, HARD = 0, 1, 2
POINT, COMMA = 46, 44
"""What may stand before decimals."""


@kernel
def line_end(buffer: Array, at: int) -> int:
    """Position of the next newline from ``at`` on, or the size."""
    while at < len(buffer) and buffer[at] != _NEWLINE:
        at += 1
    return at


@kernel
def split_words(
    buffer: Array,
    final: bool,
    clean: bool,
    most: int,
    starts: Array,
    ends: Array,
    spans: Array,
    hard: Array,
) -> tuple[int, int, int]:
    """Splits lines at whitespace into two or three fields: (rows, bytes used, lines).

    ``starts[row, k]``, ``ends[row, k]`` are field k, −1 where there is none; ``spans[row]`` is
    (begin, end, line, 0) of the record. ``clean`` says that the block is UTF-8 without NUL. ``most`` bounds a record.
    """
    # One loop: a call for each word would cost more than the word.
    rows = lines = begin = 0
    while begin < len(buffer):
        at = begin
        words = 0
        odd = False
        starts[rows, 2] = ends[rows, 2] = -1
        while at < len(buffer) and buffer[at] != _NEWLINE:
            byte = buffer[at]
            if byte == _SPACE or 9 <= byte <= _RETURN:
                at += 1
                continue
            if words == 0 and (byte == _HASH or byte == _PERCENT):  # noqa: SIM109
                at = line_end(buffer, at)
                break
            start = at
            while at < len(buffer):
                byte = buffer[at]
                if byte <= _SPACE and (byte == _SPACE or 9 <= byte <= _RETURN):
                    break
                odd |= byte >= 128 or byte == 0
                at += 1
            if words < 3:
                starts[rows, words], ends[rows, words] = start, at
            words += 1
        if at == len(buffer) and not final:
            break
        if words > 0 or at - begin > most:
            spans[rows, 0], spans[rows, 1], spans[rows, 2], spans[rows, 3] = begin, at, lines, 0
            hard[rows] = words < 2 or words > 3 or (odd and not clean) or at - begin > most
            rows += 1
        lines += 1
        begin = min(at + 1, len(buffer))
    return rows, begin, lines


@kernel
def after_blanks(buffer: Array, at: int, delimiter: int) -> int:
    """Position of the next byte from ``at`` on that is no space and no tab, unless that is the delimiter."""
    while at < len(buffer) and (buffer[at] == _SPACE or buffer[at] == _TAB):
        if buffer[at] == delimiter:
            break
        at += 1
    return at


@kernel
def quoted_field(buffer: Array, at: int, delimiter: int) -> tuple[int, int, int, bool, bool]:
    """The field after an opening quote: (its end, where to go on, newlines, whether hard, whether odd).

    Where to go on is a delimiter, a newline or the size; the end is −1 when the quote does not close.
    """
    size = len(buffer)
    breaks = 0
    hard = odd = False
    while at < size:
        byte = buffer[at]
        if byte == _QUOTE:
            if at + 1 == size or buffer[at + 1] != _QUOTE:
                break
            hard = True
            at += 1
        breaks += byte == _NEWLINE
        odd |= byte >= 128 or byte == 0
        at += 1
    if at == size:
        return -1, at, breaks, hard, odd
    end = at
    at += 1
    if at < size and buffer[at] == _RETURN and (at + 1 == size or buffer[at + 1] == _NEWLINE):
        at += 1
    if at < size and buffer[at] != delimiter and buffer[at] != _NEWLINE:
        at = after_blanks(buffer, at, delimiter)
        if at < size and buffer[at] != delimiter:
            at = line_end(buffer, at)
        return end, at, breaks, True, odd
    return end, at, breaks, hard, odd


@kernel
def fields_of_record(
    buffer: Array,
    at: int,
    delimiter: int,
    slot_of: Array,
    name_slots: int,
    row: int,
    starts: Array,
    ends: Array,
) -> tuple[int, int, int, bool, bool]:
    """Fields of the record at ``at``: (its end, −1 if a quote stays open; newlines; names trimmed; hard; odd).

    The first ``name_slots`` columns of ``starts`` are names. A quoted field with blanks around it is hard.
    """
    fields = breaks = trimmed = 0
    hard = odd = False
    while True:
        begin = start = at
        if at < len(buffer) and (buffer[at] == _SPACE or buffer[at] == _TAB):
            start = at = after_blanks(buffer, at, delimiter)
        blanks = start > begin
        if at < len(buffer) and buffer[at] == _QUOTE:
            start = at + 1
            end, at, more, hard_field, odd_field = quoted_field(buffer, start, delimiter)
            if end < 0:
                return -1, 0, 0, False, False
            breaks += more
            hard |= hard_field or blanks
            odd |= odd_field
        else:
            while at < len(buffer) and buffer[at] != delimiter and buffer[at] != _NEWLINE:
                odd |= buffer[at] >= 128 or buffer[at] == 0
                at += 1
            last = at == len(buffer) or buffer[at] == _NEWLINE
            end = at - (last and at > start and buffer[at - 1] == _RETURN)
            while end > start and (buffer[end - 1] == _SPACE or buffer[end - 1] == _TAB):
                end -= 1
                blanks = True
        if fields < len(slot_of) and slot_of[fields] >= 0:
            starts[row, slot_of[fields]] = start
            ends[row, slot_of[fields]] = end
            hard |= end == start and slot_of[fields] < 2
            trimmed += blanks and slot_of[fields] < name_slots
        fields += 1
        if at >= len(buffer) or buffer[at] == _NEWLINE:
            return at, breaks, trimmed, hard or fields != len(slot_of), odd
        at += 1


@kernel
def split_delimited(
    buffer: Array,
    final: bool,
    clean: bool,
    most: int,
    delimiter: int,
    slot_of: Array,
    name_slots: int,
    starts: Array,
    ends: Array,
    spans: Array,
    hard: Array,
) -> tuple[int, int, int]:
    """Splits records as RFC 4180 says: (rows, bytes used, lines); arrays as in split_words.

    ``slot_of[field]`` is the column of ``starts`` for a field, −1 for one that is not needed; ``spans[row, 3]`` is how
    many of the names, which are the first ``name_slots`` columns, stood between blanks. Ends before a
    record whose quotes do not close in time: the plain implementation decides about that one.
    """
    rows = lines = begin = 0
    size = len(buffer)
    while begin < size:
        end, breaks, trimmed, hard_record, odd = fields_of_record(
            buffer, begin, delimiter, slot_of, name_slots, rows, starts, ends
        )
        if end < 0 or (end == size and not final) or (breaks > 0 and end - begin > most):
            break
        blank = end == begin or (end == begin + 1 and buffer[begin] == _RETURN)
        if not blank:
            spans[rows, 0] = begin
            spans[rows, 1] = end
            spans[rows, 2] = lines
            spans[rows, 3] = trimmed
            hard[rows] = hard_record or (odd and not clean) or end - begin > most
            rows += 1
        lines += 1 + breaks
        begin = min(end + 1, size)
    return rows, begin, lines


@kernel
def two_product_error(left: float, right: float, product: float) -> float:
    """left·right − product exactly, for product = fl(left·right) (Dekker 1971)."""
    high = _SPLITTER * left
    high_left = high - (high - left)
    low_left = left - high_left
    high = _SPLITTER * right
    high_right = high - (high - right)
    low_right = right - high_right
    error = high_left * high_right - product
    error += high_left * low_right
    error += low_left * high_right
    return error + low_left * low_right


@kernel
def quotient(mantissa: np.uint64, places: int) -> tuple[float, bool]:
    """mantissa / 10^places, and whether it is correctly rounded for sure.

    At most 2⁵³ over at most 10²² is one division of two exact numbers (Clinger 1990). A longer mantissa is divided
    in double-double; when a change in its last bits could round otherwise, it is not sure.
    """
    divisor = _POWERS_OF_TEN[places]
    if mantissa <= _EXACT_INTEGERS:
        return np.float64(mantissa) / divisor, True
    low = np.float64(mantissa & _LOW_BITS)
    high = np.float64(mantissa - (mantissa & _LOW_BITS))
    first = high / divisor
    product = first * divisor
    rest = (high - product) - two_product_error(first, divisor, product) + low
    second = rest / divisor
    doubt = first * _DOUBT
    below, above = first + (second - doubt), first + (second + doubt)
    return below, below == above


@kernel
def decimal_at(buffer: Array, start: int, end: int, point: int) -> tuple[float, int]:
    """(value, READ) of a plain decimal, else LONG for a decimal that takes more care, HARD for anything else.

    ``point`` is the byte before the decimals.
    """
    digits = places = 0
    seen_point = False
    mantissa = np.uint64(0)
    for at in range(start, end):
        byte = buffer[at]
        if _ZERO <= byte <= _NINE:
            digits += 1
            places += seen_point
            if digits <= _MOST_DIGITS:
                mantissa = mantissa * _TEN + np.uint64(byte - _ZERO)
        elif byte == point and not seen_point:
            seen_point = True
        else:
            return 0.0, HARD
    if digits == 0 or digits - places > _MOST_WHOLE_DIGITS:
        return 0.0, HARD
    if digits > _MOST_DIGITS or places > _MOST_PLACES:
        return 0.0, LONG
    value, sure = quotient(mantissa, places)
    return value, READ if sure else LONG


@kernel
def read_decimals(
    buffer: Array, starts: Array, ends: Array, values: Array, states: Array, point: int
) -> tuple[bool, int]:
    """Values and states of decimal_at: (whether a row has one, how many are not READ); a missing field is 1."""
    found = False
    left = 0
    for row in range(len(starts)):
        if starts[row] < 0:
            values[row] = 1.0
            states[row] = READ
            continue
        found = True
        values[row], states[row] = decimal_at(buffer, starts[row], ends[row], point)
        left += states[row] != READ
    return found, left
