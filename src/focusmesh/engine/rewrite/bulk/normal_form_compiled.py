"""What asks first: the normal form of all there is, or a value after the other of those that are superposed."""

from __future__ import annotations

from focusmesh.engine.rewrite.bulk.atomics_compiled import add
from focusmesh.engine.rewrite.bulk.marks import (
    GOING,
    LEAVING,
    NAMES,
    OPEN,
    OUT_OF_NAMES,
    RESULTS,
    ROOT,
    WALK,
)
from focusmesh.engine.rewrite.bulk.memory_compiled import (
    count_interaction,
    given_back,
    push_task,
    stop_run,
    take_cells,
)
from focusmesh.engine.rewrite.bulk.rules_compiled import cells_of, distribute
from focusmesh.engine.rewrite.cells_compiled import read, write
from focusmesh.engine.rewrite.table import COLLAPSE
from focusmesh.engine.rewrite.words import (
    DP0,
    DP1,
    ERA,
    LABEL_MASK,
    LABEL_SHIFT,
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
_ROOT = ROOT << TAG_SHIFT
_WALK = WALK << TAG_SHIFT
_LAM = LAM << TAG_SHIFT
_VAR = VAR << TAG_SHIFT


@kernel
def settle(
    heap: int, me: int, shared: int, program: int, frame: int, term: int
) -> tuple[int, int, int]:
    """A value takes its place, and its parts are asked for: the first by this worker, the others by whoever is free."""
    write(heap, frame & LOW, term)
    tag, place = term >> TAG_SHIFT & TAG_MASK, term & LOW
    if tag == VAR:
        return frame, term, LEAVING
    if tag <= DP1:
        stop_run(me, shared, OPEN)
        return frame, term, LEAVING
    count = cells_of(shared, program, term)
    for at in range(count - 1, 0, -1):
        push_task(me, shared, _ROOT | place + at, read(heap, place + at))
    if count == 0:
        return frame, term, LEAVING
    return _ROOT | place, read(heap, place), GOING


@kernel
def _lifted_from_lambda(heap: int, me: int, shared: int, node: int, pair: int) -> int:
    """SUP-LAM: two lambdas over the halves, with one variable, which from now on is a name that both bind."""
    place, inner = node & LOW, pair & LOW
    name = node & LABEL_MASK << LABEL_SHIFT
    if name == 0:
        number = add(shared, NAMES, 1) + 1
        name = (number & LABEL_MASK) << LABEL_SHIFT
        if number > LABEL_MASK:
            stop_run(me, shared, OUT_OF_NAMES)
        write(heap, place, SUBSTITUTED | _VAR | name)
    one, two = take_cells(heap, me, shared, 1), take_cells(heap, me, shared, 1)
    write(heap, one, read(heap, inner))
    write(heap, two, read(heap, inner + 1))
    write(heap, inner, _LAM | name | one)
    write(heap, inner + 1, _LAM | name | two)
    return pair & ~_SPOTS


@kernel
def _lift(heap: int, me: int, shared: int, program: int, frame: int, term: int) -> tuple[int, int]:
    """A superposition or an erasure goes up from where it was found, out of one node after the other."""
    while frame >> TAG_SHIFT & TAG_MASK == WALK:
        count_interaction(me, COLLAPSE)
        node, above = read(heap, frame & LOW), read(heap, (frame & LOW) + 1)
        given_back(heap, me, frame & LOW, 2)
        inside = node >> TAG_SHIFT & TAG_MASK == LAM
        if term >> TAG_SHIFT & TAG_MASK == SUP:
            if inside:
                term = _lifted_from_lambda(heap, me, shared, node, term)
            else:
                spot = node >> SPOT_SHIFT & SPOT_MASK
                term = distribute(heap, me, shared, program, node, spot, term)
        elif inside:
            write(heap, node & LOW, SUBSTITUTED | _NOTHING)
        frame = above
    return frame, term


@kernel
def _complete(
    heap: int, me: int, shared: int, program: int, frame: int, term: int
) -> tuple[int, int, int]:
    """A part without superpositions takes its place; on to the next part, if there is any above."""
    while frame >> TAG_SHIFT & TAG_MASK == WALK:
        walk = frame & LOW
        node = read(heap, walk)
        place, spot = node & LOW, node >> SPOT_SHIFT & SPOT_MASK
        write(heap, place + spot, term)
        if spot + 1 < cells_of(shared, program, node):
            write(heap, walk, node + _NEXT_SPOT)
            return frame, read(heap, place + spot + 1), GOING
        frame, term = read(heap, walk + 1), node & ~_SPOTS
        given_back(heap, me, walk, 2)
    write(read(shared, RESULTS), frame & LOW, term)
    return frame, term, LEAVING


@kernel
def walk_part(
    heap: int, me: int, shared: int, program: int, frame: int, term: int
) -> tuple[int, int, int]:
    """The head of a part of what is being collapsed: up with what superposes or erases, else down into its parts."""
    tag = term >> TAG_SHIFT & TAG_MASK
    if tag in (SUP, ERA):
        frame, term = _lift(heap, me, shared, program, frame, term)
        write(read(shared, RESULTS), frame & LOW, term)
        return frame, term, LEAVING
    if DP0 <= tag <= DP1:
        stop_run(me, shared, OPEN)
        return frame, term, LEAVING
    if tag == VAR or cells_of(shared, program, term) == 0:
        return _complete(heap, me, shared, program, frame, term)
    walk = take_cells(heap, me, shared, 2)
    write(heap, walk, term & ~_SPOTS)
    write(heap, walk + 1, frame)
    return _WALK | walk, read(heap, term & LOW), GOING


@kernel
def deliver(
    heap: int, me: int, shared: int, program: int, frame: int, term: int
) -> tuple[int, int, int]:
    """A value for whoever asked first."""
    tag = frame >> TAG_SHIFT & TAG_MASK
    if tag == ROOT:
        return settle(heap, me, shared, program, frame, term)
    return walk_part(heap, me, shared, program, frame, term)
