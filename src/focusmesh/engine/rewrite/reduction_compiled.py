"""Weak head normal form on a stack: down to what an eliminator looks at, up with what comes of the two.

The order of rules is that of HVM3's ``reduce``, so that counts of interactions can be compared.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.cells_compiled import read, watched, write
from focusmesh.engine.rewrite.collector_compiled import attend
from focusmesh.engine.rewrite.marks import (
    CAPACITY,
    COUNTS,
    DEPTH,
    FUEL,
    LIMIT,
    OUT_OF_FUEL,
    OUT_OF_MEMORY,
    ROW,
    SPENT,
    STATUS,
    STEPS,
    STEPS_MAX,
    STRICT,
    TOP,
)
from focusmesh.engine.rewrite.rules_compiled import (
    call,
    case_for,
    compute_operator,
    distribute,
    duplicate,
    match_constructor,
    switch,
)
from focusmesh.engine.rewrite.shortcuts_compiled import shortcut
from focusmesh.engine.rewrite.table import (
    APPLY,
    BY_TAG,
    COLLAPSE,
    DISTRIBUTE,
    DUPLICATE,
    SUCC,
    SWITCH,
)
from focusmesh.engine.rewrite.words import (
    ADD,
    DP1,
    ERA,
    LABEL_MASK,
    LABEL_SHIFT,
    LET,
    LOW,
    MAT,
    OPX,
    OPY,
    PLAIN,
    REF,
    SPOT_MASK,
    SPOT_SHIFT,
    SUBSTITUTED,
    SUP,
    SWI,
    TAG_MASK,
    TAG_SHIFT,
    VAR,
    W32,
)
from focusmesh.engine.support.compiled import kernel

_NOTHING = ERA << TAG_SHIFT
_NEXT_SPOT = 1 << SPOT_SHIFT
_SPOTS = SPOT_MASK << SPOT_SHIFT
_LABELS = LABEL_MASK << LABEL_SHIFT
_W32 = W32 << TAG_SHIFT
_TO_OPY = OPY - OPX << TAG_SHIFT


@kernel
def _strict_spot(heap: int, program: int, term: int) -> int:
    """The first argument of a REF, from its spot on, that is to be evaluated before the call; −1: none."""
    spot = term >> SPOT_SHIFT & SPOT_MASK
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
def _down(
    heap: int, stack: int, program: int, depth: int, end: int, term: int
) -> tuple[int, int, bool]:
    """Follows what eliminators look at, to a value or what is stuck, or (True) to a REF that is to be called."""
    calls, going = False, True
    while going and depth < end:
        tag = term >> TAG_SHIFT & TAG_MASK
        if tag > OPY and tag != LET:
            going = False
        elif tag == REF:
            spot = -1
            if read(program, ROW * (term >> LABEL_SHIFT & LABEL_MASK) + STRICT):
                spot = _strict_spot(heap, program, term)
            if spot < 0:
                calls, going = True, False
            else:
                write(stack, depth, term & ~_SPOTS | spot << SPOT_SHIFT)
                depth += 1
                term = read(heap, (term & LOW) + spot)
        else:
            cell = read(heap, term & LOW)
            if tag <= DP1 and cell < 0:
                # It is read once; a variable that stands for itself is found to be stuck the second time.
                write(heap, term & LOW, _NOTHING)
                term = cell & PLAIN
            elif tag == VAR:
                going = False
            else:
                write(stack, depth, term)
                depth += 1
                term = cell
    return term, depth, calls


@kernel
def _opcode(marks: int, program: int, frame: int, term: int) -> int:
    """From the table; −1 for a pair that stays as it is."""
    one, two = frame >> TAG_SHIFT & TAG_MASK, term >> TAG_SHIFT & TAG_MASK
    opcode = int(BY_TAG[32 * one + two])
    if (opcode == COLLAPSE and two != ERA) or (
        opcode == SWITCH and one == MAT and (case_for(marks, program, frame, term) < 0)
    ):
        opcode = -1
    elif opcode == DUPLICATE and two == SUP and (frame ^ term) & _LABELS:
        opcode = DISTRIBUTE
    return opcode


@kernel
def _apply(heap: int, frame: int, term: int) -> int:
    """APP-LAM, or LET: what is bound goes where the variable looks, and the body stands there."""
    place = frame & LOW
    bound, target = read(heap, place + 1), term & LOW
    if frame >> TAG_SHIFT & TAG_MASK == LET:
        bound, target = term, bound & LOW
    body = read(heap, target)
    write(heap, target, SUBSTITUTED | bound)
    return body


@kernel
def _compute_number(heap: int, frame: int, term: int) -> int:
    """OPX takes its left number along to the right one; OPY computes."""
    place = frame & LOW
    other = read(heap, place + 1)
    if frame >> TAG_SHIFT & TAG_MASK == OPX:
        write(heap, place, other)
        write(heap, place + 1, term)
        found = frame + _TO_OPY
    else:
        operator = frame >> LABEL_SHIFT & LABEL_MASK
        found = (
            _W32 | other + term & LOW
            if operator == ADD
            else _W32 | compute_operator(operator, other & LOW, term & LOW)
        )
    return found


@kernel
def _meet(heap: int, marks: int, program: int, frame: int, term: int, opcode: int) -> int:
    """What comes of the rarer pairs."""
    tag = frame >> TAG_SHIFT & TAG_MASK
    if opcode == SWITCH:
        return match_constructor(heap, marks, program, frame, term)
    if tag <= DP1:
        return duplicate(heap, marks, program, frame, term)
    if opcode == DISTRIBUTE:
        return distribute(heap, marks, program, frame, 0, term)
    return _NOTHING


@kernel
def _interact(heap: int, marks: int, program: int, frame: int, term: int, opcode: int) -> int:
    """What comes of an eliminator and a value."""
    if opcode == APPLY:
        found = _apply(heap, frame, term)
    elif opcode == SUCC:
        found = _compute_number(heap, frame, term)
    elif opcode == SWITCH and frame >> TAG_SHIFT & TAG_MASK == SWI:
        found = switch(heap, frame, term & LOW)
    else:
        found = _meet(heap, marks, program, frame, term, opcode)
    return found


@kernel
def _note_stuck(marks: int) -> None:
    """Counts a step past what is stuck; after too many the next interaction has no fuel: the loop needs no test."""
    write(marks, STEPS, read(marks, STEPS) + 1)
    if read(marks, STEPS) > read(marks, STEPS_MAX):
        write(marks, FUEL, 0)


@kernel
def reduce(heap: int, stack: int, marks: int, program: int, term: int) -> int:
    """``term`` in weak head normal form. When fuel or memory end, STATUS says so and the result means nothing.

    Frames are put on the stack from DEPTH on, which is the same afterwards.
    """
    stop = read(marks, DEPTH)
    depth, end = stop, read(marks, CAPACITY) // 2
    while True:
        term, depth, calls = _down(heap, stack, program, depth, end, term)
        if depth >= end:
            write(marks, STATUS, OUT_OF_MEMORY)
            return term
        opcode, frame = APPLY if calls else -1, 0
        while opcode < 0 and depth > stop:
            depth -= 1
            frame = read(stack, depth)
            opcode = _opcode(marks, program, frame, term)
            if opcode < 0:
                write(heap, frame & LOW, term)
                term = frame
                _note_stuck(marks)
        if opcode < 0:
            if read(marks, STEPS) > read(marks, STEPS_MAX):
                write(marks, STATUS, OUT_OF_FUEL)
            return term
        if not calls and frame >> TAG_SHIFT & TAG_MASK == REF:
            write(heap, (frame & LOW) + (frame >> SPOT_SHIFT & SPOT_MASK), term)
            term = frame + _NEXT_SPOT
            continue
        if read(marks, TOP) > read(marks, LIMIT) or read(marks, SPENT) >= watched(marks, FUEL):
            write(stack, depth, frame)
            write(marks, DEPTH, depth + (not calls))
            term = attend(heap, stack, marks, program, term)
            write(marks, DEPTH, stop)
            if read(marks, STATUS):
                return term
            frame = read(stack, depth)
        if calls:
            found = shortcut(heap, marks, program, term)
            if found != term:
                term = found
                continue
        write(marks, SPENT, read(marks, SPENT) + 1)
        write(marks, COUNTS + opcode, read(marks, COUNTS + opcode) + 1)
        term = (
            call(heap, marks, program, term)
            if calls
            else _interact(heap, marks, program, frame, term, opcode)
        )
