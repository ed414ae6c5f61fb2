"""The levels of a plan in compiled code: what each comes to next, and what it checks."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from focusmesh.engine.reasoning.rules.evaluation.machine.layout import (
    AT_MOST,
    BEGIN,
    BITS,
    CHAIN,
    CHECKS,
    CHECKS_END,
    COLUMNS,
    END,
    EQUAL,
    FIRST,
    FIRST_KEYS,
    FIRST_SLOTS,
    HEADS,
    KEY_SLOTS,
    KEYS,
    KIND,
    LEFT,
    LESS,
    MEET,
    MEMBER,
    NEW,
    NEW_SLOTS,
    NEXTS,
    OFFSETS,
    PRESENT,
    RANGE,
    RIGHT,
    ROW_KEYS,
    ROWS,
    SECOND,
    SECOND_KEYS,
    SECOND_SLOTS,
    SETS,
    SIZE,
    TEST,
    UNEQUAL,
    VISIBLE,
    WHERE,
    WIDTH,
)
from focusmesh.engine.reasoning.rules.evaluation.machine.sets_compiled import find, load, set_of
from focusmesh.engine.support.compiled import part

Array: TypeAlias = npt.NDArray[Any]


@part
def _lower(column: int, low: int, high: int, value: int) -> int:
    """The first place from ``low`` on where a rising column has ``value`` or more."""
    while low < high:
        middle = (low + high) >> 1
        if load(column, middle) < value:
            low = middle + 1
        else:
            high = middle
    return low


@part
def gallop(column: int, low: int, high: int, value: int) -> int:
    """As ``_lower``, quick where the place is near."""
    step = 1
    while low + step < high and load(column, low + step) < value:
        low += step
        step <<= 1
    return _lower(column, low, min(high, low + step), value)


@part
def range_of(
    arrangements: Array, number: int, keys: int, slots: Array, spec: Array, at: int
) -> tuple[int, int]:
    """The rows of an arrangement whose first columns have the values of slots."""
    if keys == 0:
        return 0, arrangements[number, SIZE]
    value = slots[spec[at]]
    offsets = arrangements[number, OFFSETS]
    low, high = load(offsets, value), load(offsets, value + 1)
    for key in range(1, keys):
        if low == high:
            break
        column = arrangements[number, COLUMNS + key]
        value = slots[spec[at + key]]
        low = _lower(column, low, high, value)
        high = _lower(column, low, high, value + 1)
    return low, high


@part
def _holds(check: Array, slots: Array, arrangements: Array, relations: Array) -> bool:
    test = check[TEST]
    if test == EQUAL:
        return bool(slots[check[LEFT]] == slots[check[RIGHT]])
    if test == UNEQUAL:
        return bool(slots[check[LEFT]] != slots[check[RIGHT]])
    if test in (LESS, AT_MOST):
        order = check[WHERE]
        left, right = load(order, slots[check[LEFT]]), load(order, slots[check[RIGHT]])
        return bool(left < right or (test == AT_MOST and left == right))
    number = check[WHERE]
    if test == MEMBER:
        key = 0
        for at in range(check[KEYS]):
            key = key << relations[number, BITS] | slots[check[KEY_SLOTS + at]]
        sets, one = relations[number, SETS], set_of(relations[number], key)
        length, begin = load(sets, one), load(sets, one + 1)
        if length == 0:
            return False
        found = find(begin, length - 1, key)
        if load(begin, found) == -1:
            return False
        return bool(load(begin, length + found) < relations[number, VISIBLE])
    low, high = range_of(arrangements, number, check[KEYS], slots, check, KEY_SLOTS)
    return bool((low < high) == (test == PRESENT))


@part
def _row(relations: Array, number: int, row: int, slots: Array, level: Array) -> None:
    """Gives the columns of a row of a growing relation to slots."""
    bits = relations[number, BITS]
    key = load(relations[number, ROW_KEYS], row)
    for at in range(relations[number, WIDTH] - 1, -1, -1):
        if level[NEW_SLOTS + at] >= 0:
            slots[level[NEW_SLOTS + at]] = key & ((1 << bits) - 1)
        key >>= bits


@part
def column_of(arrangements: Array, level: Array, number: int, keys: int) -> int:
    """Where the first column lies that a level does not know."""
    return int(arrangements[level[number], COLUMNS + level[keys]])


@part
def _meet(place: Array, slots: Array, level: Array, arrangements: Array) -> bool:
    """The next value that two ranges have in common goes to its slot; whether this step found it."""
    at, end, other = place[0], place[1], place[2]
    first = column_of(arrangements, level, FIRST, FIRST_KEYS)
    second = column_of(arrangements, level, SECOND, SECOND_KEYS)
    value = load(first, at)
    other = gallop(second, other, place[3], value)
    if other >= place[3]:
        place[0] = end
        return False
    place[2] = other
    there = load(second, other)
    if there != value:
        place[0] = gallop(first, at, end, there)
        return False
    slots[level[NEW_SLOTS]] = value
    place[0] = at + 1
    return True


@part
def advance(
    place: Array, slots: Array, level: Array, arrangements: Array, relations: Array
) -> bool:
    """Gives what a level comes to next to its slots; whether there was something."""
    kind, at, number = level[KIND], place[0], level[FIRST]
    if kind == MEET:
        return _meet(place, slots, level, arrangements)
    if kind == RANGE:
        for one in range(level[NEW]):
            column = arrangements[number, COLUMNS + level[FIRST_KEYS] + one]
            slots[level[NEW_SLOTS + one]] = load(column, at)
        place[0] = at + 1
        return True
    if number >= 0:
        _row(relations, number, at, slots, level)
    place[0] = at + 1
    if kind == CHAIN:
        place[0] = load(relations[number, NEXTS + 2 * level[FIRST_KEYS]], at)
    return True


@part
def open_level(
    place: Array, slots: Array, level: Array, arrangements: Array, relations: Array
) -> None:
    """Sets a level to its beginning, for the values that slots have."""
    kind = level[KIND]
    if kind == ROWS:
        place[0], place[1] = level[BEGIN], level[END]
    elif kind == CHAIN:
        heads = relations[level[FIRST], HEADS + 2 * level[FIRST_KEYS]]
        place[0] = load(heads, slots[level[FIRST_SLOTS]])
    else:
        place[0], place[1] = range_of(
            arrangements, level[FIRST], level[FIRST_KEYS], slots, level, FIRST_SLOTS
        )
    if kind == MEET:
        place[2], place[3] = range_of(
            arrangements, level[SECOND], level[SECOND_KEYS], slots, level, SECOND_SLOTS
        )


@part
def passes(
    level: Array, checks: Array, slots: Array, arrangements: Array, relations: Array
) -> bool:
    for check in range(level[CHECKS], level[CHECKS_END]):
        if not _holds(checks[check], slots, arrangements, relations):
            return False
    return True
