"""Calls: strict arguments are evaluated first, those that are calls themselves by whoever is free."""

from __future__ import annotations

from focusmesh.engine.rewrite.bulk.atomics_compiled import add, load
from focusmesh.engine.rewrite.bulk.marks import CALLING, FORKED, GOING, LEAVING
from focusmesh.engine.rewrite.bulk.memory_compiled import push_task
from focusmesh.engine.rewrite.cells_compiled import read, write
from focusmesh.engine.rewrite.marks import ROW, STRICT
from focusmesh.engine.rewrite.words import (
    ERA,
    LABEL_MASK,
    LABEL_SHIFT,
    LET,
    LOW,
    REF,
    SPOT_MASK,
    SPOT_SHIFT,
    TAG_MASK,
    TAG_SHIFT,
    VAR,
)
from focusmesh.engine.support.compiled import kernel, part

_SPOTS = SPOT_MASK << SPOT_SHIFT
_SPOT = 0x3F
_NOTHING = ERA << TAG_SHIFT


@part
def _strict_spot(heap: int, program: int, term: int, spot: int) -> int:
    """The first argument of a call, from ``spot`` on, that is to be evaluated before it; −1: none."""
    mask = read(program, ROW * (term >> LABEL_SHIFT & LABEL_MASK) + STRICT) >> spot
    while mask:
        if mask & 1:
            tag = read(heap, (term & LOW) + spot) >> TAG_SHIFT & TAG_MASK
            if tag < ERA or tag == LET:
                return spot
        mask >>= 1
        spot += 1
    return -1


@kernel
def _forked_arguments(heap: int, me: int, shared: int, program: int, term: int, spot: int) -> None:
    """Strict arguments that are calls, but for the first, go to whoever is free; JOIN counts who is to come back."""
    place = term & LOW
    count = 0
    if read(heap, place + spot) >> TAG_SHIFT & TAG_MASK != VAR:
        mask = read(program, ROW * (term >> LABEL_SHIFT & LABEL_MASK) + STRICT) >> spot
        at = spot
        while mask > 1:
            mask >>= 1
            at += 1
            if mask & 1 and read(heap, place + at) >> TAG_SHIFT & TAG_MASK == REF:
                count += 1
    write(heap, place - 2, count + 1 if count else 0)
    while count:
        if (
            read(program, ROW * (term >> LABEL_SHIFT & LABEL_MASK) + STRICT) >> at & 1
            and read(heap, place + at) >> TAG_SHIFT & TAG_MASK == REF
        ):
            argument = read(heap, place + at)
            write(heap, place + at, _NOTHING)
            push_task(me, shared, term & ~_SPOTS | at << SPOT_SHIFT | FORKED, argument)
            count -= 1
        at -= 1


@part
def to_call(
    heap: int, me: int, shared: int, program: int, frame: int, term: int
) -> tuple[int, int, int]:
    """A call: its strict arguments first."""
    if read(program, ROW * (term >> LABEL_SHIFT & LABEL_MASK) + STRICT) == 0:
        return frame, term, CALLING
    spot = _strict_spot(heap, program, term, 0)
    if spot < 0:
        return frame, term, CALLING
    place = term & LOW
    write(heap, place - 1, frame)
    _forked_arguments(heap, me, shared, program, term, spot)
    return term & ~_SPOTS | spot << SPOT_SHIFT, read(heap, place + spot), GOING


@part
def take_argument(heap: int, program: int, frame: int, term: int) -> tuple[int, int, int]:
    """A strict argument is there: on to the next, or to the call once all are."""
    place, spot = frame & LOW, frame >> SPOT_SHIFT & _SPOT
    node = frame & ~_SPOTS
    write(heap, place + spot, term)
    if frame & FORKED == 0:
        spot = _strict_spot(heap, program, node, spot + 1)
        if spot >= 0:
            return node | spot << SPOT_SHIFT, read(heap, place + spot), GOING
        if load(heap, place - 2) == 0:
            return read(heap, place - 1), node, CALLING
    if add(heap, place - 2, -1) > 1:
        return frame, term, LEAVING
    return read(heap, place - 1), node, CALLING
