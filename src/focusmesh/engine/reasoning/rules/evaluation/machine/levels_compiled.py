"""The levels of a plan in compiled code: what each comes to next, and what it checks."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from focusmesh.engine.reasoning.rules.evaluation.machine.layout import (
    ARRANGEMENT_WIDTH,
    AT_MOST,
    BEGIN,
    BITS,
    CHAIN,
    CHECK_WIDTH,
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
    RELATION_WIDTH,
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
from focusmesh.engine.reasoning.rules.evaluation.machine.sets_compiled import (
    find,
    load,
    set_of,
    store,
)
from focusmesh.engine.support.compiled import part

Array: TypeAlias = npt.NDArray[Any]


@part
def _lower(column: int, low: int, high: int, value: int) -> int:
    """The first place from ``low`` on where a rising column has ``value`` or more."""
    while low < high:
        middle = low + high >> 1
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
    arrangements: int, number: int, keys: int, slots: int, spec: int, at: int
) -> tuple[int, int]:
    """The rows of an arrangement whose first columns have the values of slots."""
    if keys == 0:
        return 0, load(arrangements, ARRANGEMENT_WIDTH * number + SIZE)
    value = load(slots, load(spec, at))
    offsets = load(arrangements, ARRANGEMENT_WIDTH * number + OFFSETS)
    low, high = load(offsets, value), load(offsets, value + 1)
    for key in range(1, keys):
        if low == high:
            break
        column = load(arrangements, ARRANGEMENT_WIDTH * number + COLUMNS + key)
        value = load(slots, load(spec, at + key))
        low = _lower(column, low, high, value)
        high = _lower(column, low, high, value + 1)
    return low, high


@part
def _holds(check: int, slots: int, arrangements: int, relations: int) -> bool:
    test = load(check, TEST)
    if test == EQUAL:
        return bool(load(slots, load(check, LEFT)) == load(slots, load(check, RIGHT)))
    if test == UNEQUAL:
        return bool(load(slots, load(check, LEFT)) != load(slots, load(check, RIGHT)))
    if test in (LESS, AT_MOST):
        order = load(check, WHERE)
        left, right = (
            load(order, load(slots, load(check, LEFT))),
            load(order, load(slots, load(check, RIGHT))),
        )
        return bool(left < right or (test == AT_MOST and left == right))
    number = load(check, WHERE)
    if test == MEMBER:
        key = 0
        for at in range(load(check, KEYS)):
            key = key << load(relations, RELATION_WIDTH * number + BITS) | load(
                slots, load(check, KEY_SLOTS + at)
            )
        sets, one = (
            load(relations, RELATION_WIDTH * number + SETS),
            set_of(relations + 8 * RELATION_WIDTH * number, key),
        )
        length, begin = load(sets, one), load(sets, one + 1)
        if length == 0:
            return False
        found = find(begin, length - 1, key)
        if load(begin, found) == -1:
            return False
        return bool(
            load(begin, length + found) < load(relations, RELATION_WIDTH * number + VISIBLE)
        )
    low, high = range_of(arrangements, number, load(check, KEYS), slots, check, KEY_SLOTS)
    return bool((low < high) == (test == PRESENT))


@part
def _row(relations: int, number: int, row: int, slots: int, level: int) -> None:
    """Gives the columns of a row of a growing relation to slots."""
    bits = load(relations, RELATION_WIDTH * number + BITS)
    key = load(load(relations, RELATION_WIDTH * number + ROW_KEYS), row)
    for at in range(load(relations, RELATION_WIDTH * number + WIDTH) - 1, -1, -1):
        if load(level, NEW_SLOTS + at) >= 0:
            store(slots, load(level, NEW_SLOTS + at), key & (1 << bits) - 1)
        key >>= bits


@part
def column_of(arrangements: int, level: int, number: int, keys: int) -> int:
    """Where the first column lies that a level does not know."""
    return int(
        load(arrangements, ARRANGEMENT_WIDTH * load(level, number) + COLUMNS + load(level, keys))
    )


@part
def _meet(place: int, slots: int, level: int, arrangements: int) -> bool:
    """The next value that two ranges have in common goes to its slot; whether this step found it."""
    at, end, other = load(place, 0), load(place, 1), load(place, 2)
    first = column_of(arrangements, level, FIRST, FIRST_KEYS)
    second = column_of(arrangements, level, SECOND, SECOND_KEYS)
    value = load(first, at)
    other = gallop(second, other, load(place, 3), value)
    if other >= load(place, 3):
        store(place, 0, end)
        return False
    store(place, 2, other)
    there = load(second, other)
    if there != value:
        store(place, 0, gallop(first, at, end, there))
        return False
    store(slots, load(level, NEW_SLOTS), value)
    store(place, 0, at + 1)
    return True


@part
def advance(place: int, slots: int, level: int, arrangements: int, relations: int) -> bool:
    """Gives what a level comes to next to its slots; whether there was something."""
    kind, at, number = load(level, KIND), load(place, 0), load(level, FIRST)
    if kind == MEET:
        return _meet(place, slots, level, arrangements)
    if kind == RANGE:
        for one in range(load(level, NEW)):
            column = load(
                arrangements, ARRANGEMENT_WIDTH * number + COLUMNS + load(level, FIRST_KEYS) + one
            )
            store(slots, load(level, NEW_SLOTS + one), load(column, at))
        store(place, 0, at + 1)
        return True
    if number >= 0:
        _row(relations, number, at, slots, level)
    store(place, 0, at + 1)
    if kind == CHAIN:
        store(
            place,
            0,
            load(
                load(relations, RELATION_WIDTH * number + NEXTS + 2 * load(level, FIRST_KEYS)), at
            ),
        )
    return True


@part
def open_level(place: int, slots: int, level: int, arrangements: int, relations: int) -> None:
    """Sets a level to its beginning, for the values that slots have."""
    kind = load(level, KIND)
    if kind == ROWS:
        store(place, 0, load(level, BEGIN))
        store(place, 1, load(level, END))
    elif kind == CHAIN:
        heads = load(
            relations, RELATION_WIDTH * load(level, FIRST) + HEADS + 2 * load(level, FIRST_KEYS)
        )
        store(place, 0, load(heads, load(slots, load(level, FIRST_SLOTS))))
    else:
        new_0, new_1 = range_of(
            arrangements, load(level, FIRST), load(level, FIRST_KEYS), slots, level, FIRST_SLOTS
        )
        store(place, 0, new_0)
        store(place, 1, new_1)
    if kind == MEET:
        new_0, new_1 = range_of(
            arrangements, load(level, SECOND), load(level, SECOND_KEYS), slots, level, SECOND_SLOTS
        )
        store(place, 2, new_0)
        store(place, 3, new_1)


@part
def passes(level: int, checks: int, slots: int, arrangements: int, relations: int) -> bool:
    for check in range(load(level, CHECKS), load(level, CHECKS_END)):
        if not _holds(checks + 8 * CHECK_WIDTH * check, slots, arrangements, relations):
            return False
    return True
