"""The join machine: one function that runs any rule, which it is given as numbers.

A plan is a list of levels. Each gives values to slots: a range of a sorted arrangement, what two ranges have in common,
the rows of a growing relation or a chain of them. A level's checks drop rows; the last level gives heads.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from focusmesh.engine.reasoning.rules.evaluation.machine.layout import (
    BITS,
    BUDGET,
    CHAIN,
    COUNT,
    DONE,
    ENDED,
    FIRST,
    FIRST_KEYS,
    FIRST_SLOTS,
    FOUND,
    FULL,
    FUSED,
    KIND,
    LACKS,
    LEVEL,
    LIMIT,
    MARKED,
    MARKS,
    NEW_SLOTS,
    OTHER,
    OTHER_END,
    PAUSED,
    RANGE,
    ROOM,
    SECOND,
    SECOND_KEYS,
    STAMP,
    USED,
    WIDEST,
)
from focusmesh.engine.reasoning.rules.evaluation.machine.levels_compiled import (
    advance,
    column_of,
    gallop,
    open_level,
    passes,
    range_of,
)
from focusmesh.engine.reasoning.rules.evaluation.machine.sets_compiled import load, put, store
from focusmesh.engine.support.compiled import kernel, part

Array: TypeAlias = npt.NDArray[Any]

LATE = 8
"""A range so many times longer than another is searched, not walked."""


@part
def _base(head: Array, slots: Array, new: int, bits: int) -> tuple[int, int]:
    """The key of a head by the slots that are known, and how many times it gets the value of the last one."""
    base = factor = 0
    for one in range(1, head.shape[0]):
        base, factor = base << bits, factor << bits
        if head[one] == new:
            factor += 1
        else:
            base += slots[head[one]]
    return base, factor


@part
def _fill_range(
    state: Array,
    place: Array,
    slots: Array,
    level: Array,
    arrangements: Array,
    out: Array,
    head: Array,
) -> None:
    """The rest of a last level that is one column of a range: a loop with nothing else in it."""
    at, end = place[0], place[1]
    if head[0] < 0:
        state[FOUND] += end - at
        state[DONE] += 1
        place[0] = end
        return
    base, factor = _base(head, slots, level[NEW_SLOTS], out[BITS])
    end = min(end, at + state[BUDGET] - state[DONE], at + out[LIMIT] - out[COUNT])
    column = column_of(arrangements, level, FIRST, FIRST_KEYS)
    state[DONE] += end - at
    while at < end and put(out, base + load(column, at) * factor):
        at += 1
    state[DONE] -= end - at
    out[LACKS] = at < end
    place[0] = at


@part
def _fill_two(
    state: Array,
    places: Array,
    slots: Array,
    levels: Array,
    arrangements: Array,
    out: Array,
    head: Array,
) -> int:
    """The rest of the last two levels, each one column of a range: two loops. The level that goes on."""
    last = levels.shape[0] - 1
    place, inner, spec, level = places[last - 1], places[last], levels[last - 1], levels[last]
    outer = column_of(arrangements, spec, FIRST, FIRST_KEYS)
    column = column_of(arrangements, level, FIRST, FIRST_KEYS)
    new, end = spec[NEW_SLOTS], place[1]
    while place[0] < end and state[DONE] < state[BUDGET]:
        slots[new] = load(outer, place[0])
        place[0] += 1
        at, stop = range_of(
            arrangements, level[FIRST], level[FIRST_KEYS], slots, level, FIRST_SLOTS
        )
        state[DONE] += stop - at + 1
        if out[COUNT] + stop - at > out[LIMIT]:
            inner[0], inner[1] = at, stop
            return int(last)
        base, factor = _base(head, slots, level[NEW_SLOTS], out[BITS])
        while at < stop and put(out, base + load(column, at) * factor):
            at += 1
        if at < stop:
            out[LACKS], inner[0], inner[1] = 1, at, stop
            return int(last)
    return int(last - 1)


@part
def _fill_marked(
    state: Array,
    place: Array,
    key: tuple[int, int],
    level: Array,
    columns: tuple[int, int],
    out: Array,
    head: Array,
) -> None:
    """As ``_fill_meet``, by marks on the values of the second range, which stay while it is the same."""
    marks, begin = level[MARKS], place[OTHER]
    if place[MARKED] != begin + 1:
        place[MARKED] = begin + 1
        place[STAMP] += 1
        for row in range(begin, place[OTHER_END]):
            store(marks, load(columns[1], row), place[STAMP])
        state[DONE] += place[OTHER_END] - begin
    at, stamp, found = place[0], place[STAMP], 0
    end = min(place[1], at + max(1, state[BUDGET] - state[DONE]))
    state[DONE] += end - at
    while at < end:
        value = load(columns[0], at)
        if load(marks, value) == stamp:
            if head[0] < 0:
                found += 1
            elif out[COUNT] >= out[LIMIT] or not put(out, key[0] + value * key[1]):
                out[LACKS] = 1
                break
        at += 1
    place[0] = at
    state[FOUND] += found


@part
def _fill_meet(
    state: Array,
    place: Array,
    slots: Array,
    level: Array,
    arrangements: Array,
    out: Array,
    head: Array,
) -> None:
    """The rest of a last level that is what two ranges have in common."""
    counted = head[0] < 0
    base, factor = _base(head, slots, level[NEW_SLOTS], out[BITS])
    at, end, other, other_end = place[0], place[1], place[2], place[3]
    first = column_of(arrangements, level, FIRST, FIRST_KEYS)
    second = column_of(arrangements, level, SECOND, SECOND_KEYS)
    searched, others_searched = (
        end - at > LATE * (other_end - other),
        other_end - other > LATE * (end - at),
    )
    steps, found = state[BUDGET] - state[DONE], 0
    if not searched and not others_searched and at < end and other < other_end:
        _fill_marked(state, place, (base, factor), level, (first, second), out, head)
        return
    while at < end and other < other_end and steps > 0:
        steps -= 1
        value, there = load(first, at), load(second, other)
        if value == there:
            if not counted and (out[COUNT] >= out[LIMIT] or not put(out, base + value * factor)):
                out[LACKS] = 1
                break
            at, other, found = at + 1, other + 1, found + 1
        elif value < there:
            at = gallop(first, at, end, there) if searched else at + 1
        else:
            other = gallop(second, other, other_end, value) if others_searched else other + 1
    place[0], place[2] = (at if other < other_end else end), other
    state[DONE] = state[BUDGET] - steps
    if counted:
        state[FOUND] += found


@part
def _emit(state: Array, slots: Array, out: Array, head: Array) -> None:
    if head[0] < 0:
        state[FOUND] += 1
        return
    key = 0
    for one in range(1, head.shape[0]):
        key = key << out[BITS] | slots[head[one]]
    put(out, key)


@part
def _is_full(out: Array) -> bool:
    """Whether one row more may be too many."""
    rows_full = out[COUNT] >= out[LIMIT]
    return bool(out[LACKS] or rows_full or out[USED] + 4 * out[WIDEST] > out[ROOM])


@kernel
def run(
    state: Array,
    places: Array,
    slots: Array,
    levels: Array,
    checks: Array,
    arrangements: Array,
    relations: Array,
    head: Array,
) -> int:
    """Runs a plan from where it stands until it ends, has done its budget, or the relation of its head is full.

    ``places`` is (levels, 6): begin and end of a level's ranges, and what is marked. ``head`` is (1 + columns,): the
    relation, or −1 where heads are only counted, and a slot for each column.
    """
    last = levels.shape[0] - 1
    out = relations[max(head[0], 0)]
    level, status = state[LEVEL], ENDED
    if level < 0:
        level = 0
        open_level(places[0], slots, levels[0], arrangements, relations)
    while level >= 0:
        place, spec = places[level], levels[level]
        kind, at = spec[KIND], place[0]
        if at < 0 if kind == CHAIN else at >= place[1]:
            level -= 1
            continue
        if state[DONE] >= state[BUDGET]:
            status = PAUSED
            break
        if level == last - 1 and spec[FUSED]:
            level = _fill_two(state, places, slots, levels, arrangements, out, head)
            continue
        if level == last:
            if head[0] >= 0 and _is_full(out):
                status = FULL
                break
            if spec[FUSED]:
                if kind == RANGE:
                    _fill_range(state, place, slots, spec, arrangements, out, head)
                else:
                    _fill_meet(state, place, slots, spec, arrangements, out, head)
                continue
        state[DONE] += 1
        if not advance(place, slots, spec, arrangements, relations):
            continue
        if not passes(spec, checks, slots, arrangements, relations):
            continue
        if level == last:
            _emit(state, slots, out, head)
        else:
            level += 1
            open_level(places[level], slots, levels[level], arrangements, relations)
    state[LEVEL] = level
    return status
