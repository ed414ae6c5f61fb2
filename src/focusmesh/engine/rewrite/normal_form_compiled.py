"""Beyond the head: the full normal form, and the values of a superposed term one after the other.

Both walk a term from left to right on the stack of ``reduce``, whose frames say at which cell of a node the walk is.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.cells_compiled import read, write
from focusmesh.engine.rewrite.collector_compiled import attend, cells_of
from focusmesh.engine.rewrite.marks import (
    CAPACITY,
    COUNTS,
    DEPTH,
    FIRST,
    FOUND,
    FUEL,
    LAST,
    LIMIT,
    OUT_OF_FUEL,
    OUT_OF_MEMORY,
    SPENT,
    STATUS,
    STEPS,
    STEPS_MAX,
    TOP,
)
from focusmesh.engine.rewrite.reduction_compiled import reduce
from focusmesh.engine.rewrite.rules_compiled import distribute, duplicate, lifted_from_lambda
from focusmesh.engine.rewrite.table import COLLAPSE, DUPLICATE
from focusmesh.engine.rewrite.words import (
    DP0,
    DP1,
    ERA,
    LAM,
    LOW,
    SPOT_MASK,
    SPOT_SHIFT,
    SUBSTITUTED,
    SUP,
    TAG_MASK,
    TAG_SHIFT,
    VAR,
)
from focusmesh.engine.support.compiled import kernel

_NEXT_SPOT = 1 << SPOT_SHIFT
_SPOTS = SPOT_MASK << SPOT_SHIFT
_NOTHING = ERA << TAG_SHIFT


@kernel
def _may_step(marks: int) -> bool:
    """Counts a step down; False, with STATUS, where the stack is full or there were too many.

    Duplications that are stuck in each other are walked as often as they would stand there without sharing.
    """
    write(marks, STEPS, read(marks, STEPS) + 1)
    if read(marks, DEPTH) + 1 >= read(marks, CAPACITY) // 2:
        write(marks, STATUS, OUT_OF_MEMORY)
    elif read(marks, STEPS) > read(marks, STEPS_MAX):
        write(marks, STATUS, OUT_OF_FUEL)
    return read(marks, STATUS) == 0


@kernel
def _next(
    heap: int, stack: int, marks: int, program: int, base: int, term: int
) -> tuple[int, bool]:
    """What comes after ``term``, reduced, with True; or, with False, the whole: then the walk is back at ``base``."""
    if term >> TAG_SHIFT & TAG_MASK != VAR and cells_of(marks, program, term):
        if not _may_step(marks):
            return term, False
        write(stack, read(marks, DEPTH), term & ~_SPOTS)
        write(marks, DEPTH, read(marks, DEPTH) + 1)
        return reduce(heap, stack, marks, program, read(heap, term & LOW)), True
    while read(marks, DEPTH) > base:
        frame = read(stack, read(marks, DEPTH) - 1)
        spot = frame >> SPOT_SHIFT & SPOT_MASK
        write(heap, (frame & LOW) + spot, term)
        if spot + 1 < cells_of(marks, program, frame):
            write(stack, read(marks, DEPTH) - 1, frame + _NEXT_SPOT)
            return reduce(heap, stack, marks, program, read(heap, (frame & LOW) + spot + 1)), True
        write(marks, DEPTH, read(marks, DEPTH) - 1)
        term = frame & ~_SPOTS
    return term, False


@kernel
def normal(heap: int, stack: int, marks: int, program: int, term: int) -> int:
    """``term`` in full normal form; STATUS as of ``reduce``."""
    base = read(marks, DEPTH)
    term, going = reduce(heap, stack, marks, program, term), True
    while going and (not read(marks, STATUS)):
        term, going = _next(heap, stack, marks, program, base, term)
    return term


@kernel
def _lift(heap: int, stack: int, marks: int, program: int, term: int) -> int:
    """A superposition or an erasure goes one node up; what is at the node's place then, reduced."""
    if read(marks, TOP) > read(marks, LIMIT) or read(marks, SPENT) >= read(marks, FUEL):
        term = attend(heap, stack, marks, program, term)
        if read(marks, STATUS):
            return term
    write(marks, SPENT, read(marks, SPENT) + 1)
    write(marks, DEPTH, read(marks, DEPTH) - 1)
    frame = read(stack, read(marks, DEPTH))
    tag = frame >> TAG_SHIFT & TAG_MASK
    if DP0 <= tag <= DP1:
        write(marks, COUNTS + DUPLICATE, read(marks, COUNTS + DUPLICATE) + 1)
        half = duplicate(heap, marks, program, frame & ~_SPOTS, term)
        return reduce(heap, stack, marks, program, half)
    write(marks, COUNTS + COLLAPSE, read(marks, COUNTS + COLLAPSE) + 1)
    if term >> TAG_SHIFT & TAG_MASK == SUP:
        if tag == LAM:
            return lifted_from_lambda(heap, marks, frame, term)
        return distribute(heap, marks, program, frame, frame >> SPOT_SHIFT & SPOT_MASK, term)
    if tag == LAM:
        write(heap, frame & LOW, SUBSTITUTED | _NOTHING)
    return _NOTHING


@kernel
def _free_of_pairs(heap: int, stack: int, marks: int, program: int, term: int) -> int:
    """``term`` in normal form; or a superposition or an erasure that was found in it and lifted out of all of it."""
    base = read(marks, DEPTH)
    term, going = reduce(heap, stack, marks, program, term), True
    while going and (not read(marks, STATUS)):
        tag = term >> TAG_SHIFT & TAG_MASK
        if tag != SUP and tag != ERA:
            term, going = _next(heap, stack, marks, program, base, term)
        elif read(marks, DEPTH) > base:
            term = _lift(heap, stack, marks, program, term)
        else:
            return term
    return term


@kernel
def next_value(heap: int, stack: int, marks: int, program: int) -> int:
    """The next value of the queue, breadth first: halves of a pair wait at its end. FOUND is 0 if none is left."""
    write(marks, FOUND, 0)
    while read(marks, FIRST) < read(marks, LAST):
        term = read(stack, read(marks, FIRST))
        write(marks, FIRST, read(marks, FIRST) + 1)
        term = _free_of_pairs(heap, stack, marks, program, term)
        if read(marks, STATUS):
            return term
        tag = term >> TAG_SHIFT & TAG_MASK
        if tag == SUP:
            if not _enqueue(stack, marks, read(heap, term & LOW), read(heap, (term & LOW) + 1)):
                write(marks, STATUS, OUT_OF_MEMORY)
                return term
        elif tag != ERA:
            write(marks, FOUND, 1)
            return term
    return _NOTHING


@kernel
def _enqueue(stack: int, marks: int, left: int, right: int) -> bool:
    """Puts both at the end of the queue; False where there is no room.

    A queue that is nearly full would be moved to the front at every few values, at a cost that no fuel counts.
    """
    if read(marks, LAST) + 2 > read(marks, CAPACITY):
        count, start = read(marks, LAST) - read(marks, FIRST), read(marks, CAPACITY) // 2
        if count > start - start // 4:
            return False
        for at in range(count):
            write(stack, start + at, read(stack, read(marks, FIRST) + at))
        write(marks, FIRST, start)
        write(marks, LAST, start + count)
    write(stack, read(marks, LAST), left)
    write(stack, read(marks, LAST) + 1, right)
    write(marks, LAST, read(marks, LAST) + 2)
    return True
