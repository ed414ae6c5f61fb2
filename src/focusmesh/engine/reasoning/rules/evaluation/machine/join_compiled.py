"""The join machine: one function that runs any rule, which it is given as numbers.

A plan is a list of levels. Each gives values to slots: a range of a sorted arrangement, what two ranges have in common,
the rows of a growing relation or a chain of them. A level's checks drop rows; the last level gives heads. Arrays come
as addresses: views of rows of an array would count references with each step.
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
    FULL,
    FUSED,
    KIND,
    LACKS,
    LAST,
    LEVEL,
    LEVEL_WIDTH,
    LIMIT,
    MARKED,
    MARKS,
    NEW_SLOTS,
    OTHER,
    OTHER_END,
    PAUSED,
    PLACE_WIDTH,
    RANGE,
    RELATION_WIDTH,
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
def _base(head: int, slots: int, new: int, bits: int) -> tuple[int, int]:
    """The key of a head by the slots that are known, and how many times it gets the value of the last one."""
    base = factor = 0
    for one in range(2, 2 + load(head, 1)):
        base, factor = base << bits, factor << bits
        if load(head, one) == new:
            factor += 1
        else:
            base += load(slots, load(head, one))
    return base, factor


@part
def _fill_range(
    state: int, place: int, slots: int, level: int, arrangements: int, out: int, head: int
) -> None:
    """The rest of a last level that is one column of a range: a loop with nothing else in it."""
    at, end = load(place, 0), load(place, 1)
    base, factor = _base(head, slots, load(level, NEW_SLOTS), load(out, BITS))
    end = min(
        end, at + load(state, BUDGET) - load(state, DONE), at + load(out, LIMIT) - load(out, COUNT)
    )
    column = column_of(arrangements, level, FIRST, FIRST_KEYS)
    store(state, DONE, load(state, DONE) + (end - at))
    while at < end and put(out, base + load(column, at) * factor):
        at += 1
    store(state, DONE, load(state, DONE) - (end - at))
    store(out, LACKS, at < end)
    store(place, 0, at)


@part
def _fill_two(
    state: int, places: int, slots: int, levels: int, arrangements: int, out: int, head: int
) -> int:
    """The rest of the last two levels, each one column of a range: two loops. The level that goes on."""
    last = load(state, LAST)
    place, inner, spec, level = (
        places + 8 * PLACE_WIDTH * (last - 1),
        places + 8 * PLACE_WIDTH * last,
        levels + 8 * LEVEL_WIDTH * (last - 1),
        levels + 8 * LEVEL_WIDTH * last,
    )
    outer = column_of(arrangements, spec, FIRST, FIRST_KEYS)
    column = column_of(arrangements, level, FIRST, FIRST_KEYS)
    new, end = load(spec, NEW_SLOTS), load(place, 1)
    while load(place, 0) < end and load(state, DONE) < load(state, BUDGET):
        store(slots, new, load(outer, load(place, 0)))
        store(place, 0, load(place, 0) + 1)
        at, stop = range_of(
            arrangements, load(level, FIRST), load(level, FIRST_KEYS), slots, level, FIRST_SLOTS
        )
        store(state, DONE, load(state, DONE) + (stop - at + 1))
        if load(out, COUNT) + stop - at > load(out, LIMIT):
            store(inner, 0, at)
            store(inner, 1, stop)
            return int(last)
        base, factor = _base(head, slots, load(level, NEW_SLOTS), load(out, BITS))
        while at < stop and put(out, base + load(column, at) * factor):
            at += 1
        if at < stop:
            store(out, LACKS, 1)
            store(inner, 0, at)
            store(inner, 1, stop)
            return int(last)
    return int(last - 1)


@part
def _fill_marked(
    state: int,
    place: int,
    key: tuple[int, int],
    level: int,
    columns: tuple[int, int],
    out: int,
) -> None:
    """As ``_fill_meet``, by marks on the values of the second range, which stay while it is the same."""
    marks, begin = load(level, MARKS), load(place, OTHER)
    if load(place, MARKED) != begin + 1:
        store(place, MARKED, begin + 1)
        store(place, STAMP, load(place, STAMP) + 1)
        for row in range(begin, load(place, OTHER_END)):
            store(marks, load(columns[1], row), load(place, STAMP))
        store(state, DONE, load(state, DONE) + (load(place, OTHER_END) - begin))
    at, stamp = load(place, 0), load(place, STAMP)
    end = min(load(place, 1), at + max(1, load(state, BUDGET) - load(state, DONE)))
    store(state, DONE, load(state, DONE) + (end - at))
    while at < end:
        value = load(columns[0], at)
        if load(marks, value) == stamp and (
            load(out, COUNT) >= load(out, LIMIT) or not put(out, key[0] + value * key[1])
        ):
            store(out, LACKS, 1)
            break
        at += 1
    store(place, 0, at)


@part
def _fill_meet(
    state: int, place: int, slots: int, level: int, arrangements: int, out: int, head: int
) -> None:
    """The rest of a last level that is what two ranges have in common."""
    base, factor = _base(head, slots, load(level, NEW_SLOTS), load(out, BITS))
    at, end, other, other_end = load(place, 0), load(place, 1), load(place, 2), load(place, 3)
    first = column_of(arrangements, level, FIRST, FIRST_KEYS)
    second = column_of(arrangements, level, SECOND, SECOND_KEYS)
    searched, others_searched = (
        end - at > LATE * (other_end - other),
        other_end - other > LATE * (end - at),
    )
    steps = load(state, BUDGET) - load(state, DONE)
    if not searched and (not others_searched) and (at < end) and (other < other_end):
        _fill_marked(state, place, (base, factor), level, (first, second), out)
        return
    while at < end and other < other_end and (steps > 0):
        steps -= 1
        value, there = load(first, at), load(second, other)
        if value == there:
            if load(out, COUNT) >= load(out, LIMIT) or not put(out, base + value * factor):
                store(out, LACKS, 1)
                break
            at, other = at + 1, other + 1
        elif value < there:
            at = gallop(first, at, end, there) if searched else at + 1
        else:
            other = gallop(second, other, other_end, value) if others_searched else other + 1
    store(place, 0, at if other < other_end else end)
    store(place, 2, other)
    store(state, DONE, load(state, BUDGET) - steps)


@part
def _emit(slots: int, out: int, head: int) -> None:
    key = 0
    for one in range(2, 2 + load(head, 1)):
        key = key << load(out, BITS) | load(slots, load(head, one))
    put(out, key)


@part
def _is_full(out: int) -> bool:
    """Whether one row more may be too many."""
    rows_full = load(out, COUNT) >= load(out, LIMIT)
    return bool(
        load(out, LACKS) or rows_full or load(out, USED) + 4 * load(out, WIDEST) > load(out, ROOM)
    )


@kernel
def run(task: Array) -> int:
    """Runs a plan from where it stands until it ends, has done its budget, or the relation of its head is full.

    ``task`` has the addresses of the state, the places (levels, 6) where levels stand and what is marked, the slots,
    levels, checks, arrangements and relations, and of the head: its relation, how many columns it has, and a slot for
    each.
    """
    state, places, slots, levels = task[0], task[1], task[2], task[3]
    checks, arrangements, relations, head = task[4], task[5], task[6], task[7]
    last = load(state, LAST)
    out = relations + 8 * RELATION_WIDTH * load(head, 0)
    level, status = load(state, LEVEL), ENDED
    if level < 0:
        level = 0
        open_level(places, slots, levels, arrangements, relations)
    while level >= 0:
        place, spec = places + 8 * PLACE_WIDTH * level, levels + 8 * LEVEL_WIDTH * level
        kind, at = load(spec, KIND), load(place, 0)
        if at < 0 if kind == CHAIN else at >= load(place, 1):
            level -= 1
            continue
        if load(state, DONE) >= load(state, BUDGET):
            status = PAUSED
            break
        if level == last - 1 and load(spec, FUSED):
            level = _fill_two(state, places, slots, levels, arrangements, out, head)
            continue
        if level == last:
            if _is_full(out):
                status = FULL
                break
            if load(spec, FUSED):
                if kind == RANGE:
                    _fill_range(state, place, slots, spec, arrangements, out, head)
                else:
                    _fill_meet(state, place, slots, spec, arrangements, out, head)
                continue
        store(state, DONE, load(state, DONE) + 1)
        if not advance(place, slots, spec, arrangements, relations):
            continue
        if not passes(spec, checks, slots, arrangements, relations):
            continue
        if level == last:
            _emit(slots, out, head)
        else:
            level += 1
            place, spec = places + 8 * PLACE_WIDTH * level, levels + 8 * LEVEL_WIDTH * level
            open_level(place, slots, spec, arrangements, relations)
    store(state, LEVEL, level)
    return status
