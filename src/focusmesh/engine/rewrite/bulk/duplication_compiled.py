"""Duplications: two who ask, one who works. The first to ask evaluates; whoever asks meanwhile is served by that one.

Cells of a DUP: its value, later the half for whoever comes last; its state; the frames of the two who asked.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.bulk.atomics_compiled import or_state
from focusmesh.engine.rewrite.bulk.marks import ASKED, FOUND, GOING, LEAVING, READY, UNMET
from focusmesh.engine.rewrite.bulk.memory_compiled import (
    count_interaction,
    duplication,
    given_back,
    push_task,
    take_cells,
)
from focusmesh.engine.rewrite.bulk.rules_compiled import cells_of
from focusmesh.engine.rewrite.cells_compiled import read, write
from focusmesh.engine.rewrite.table import DISTRIBUTE, DUPLICATE
from focusmesh.engine.rewrite.words import (
    CTR,
    DP0,
    DP1,
    LABEL_MASK,
    LABEL_SHIFT,
    LAM,
    LOW,
    SUBSTITUTED,
    SUP,
    TAG_MASK,
    TAG_SHIFT,
    VAR,
)
from focusmesh.engine.support.compiled import kernel, part

_LABELS = LABEL_MASK << LABEL_SHIFT
_LAM = LAM << TAG_SHIFT
_VAR = VAR << TAG_SHIFT
_DP0 = DP0 << TAG_SHIFT
_DP1 = DP1 << TAG_SHIFT
_SUP = SUP << TAG_SHIFT


@part
def half_of(heap: int, me: int, frame: int, term: int) -> tuple[int, int, int]:
    """DP0 or DP1: the half if it lies there; else its turn to evaluate, or to wait until it is served."""
    place, side = term & LOW, (term >> TAG_SHIFT & TAG_MASK) - DP0
    write(heap, place + 2 + side, frame)
    before = or_state(heap, place + 1, ASKED << side)
    if before & READY:
        half = read(heap, place)
        given_back(heap, me, place, 4)
        return frame, half, GOING
    if before & UNMET:
        return frame, term, FOUND
    if before & 3:
        return frame, term, LEAVING
    return term, read(heap, place), GOING


@part
def _serve(heap: int, me: int, shared: int, frame: int, one: int, two: int) -> tuple[int, int, int]:
    """The halves are there: one for who asked first, the other for who waits or will come."""
    place, side = frame & LOW, (frame >> TAG_SHIFT & TAG_MASK) - DP0
    mine, other = (one, two) if side == 0 else (two, one)
    asking = read(heap, place + 2 + side)
    write(heap, place, other)
    if or_state(heap, place + 1, READY) & (2 - side):
        push_task(me, shared, read(heap, place + 3 - side), other)
        given_back(heap, me, place, 4)
    return asking, mine, GOING


@kernel
def unmet(heap: int, me: int, shared: int, frame: int, term: int) -> tuple[int, int, int]:
    """The value is stuck, and so are both halves."""
    place, side = frame & LOW, (frame >> TAG_SHIFT & TAG_MASK) - DP0
    write(heap, place, term)
    if or_state(heap, place + 1, UNMET) & (2 - side):
        other = frame ^ 3 << TAG_SHIFT
        push_task(me, shared, read(heap, place + 3 - side), other)
    return read(heap, place + 2 + side), frame, FOUND


@kernel
def duplicated_lambda(
    heap: int, me: int, shared: int, frame: int, term: int
) -> tuple[int, int, int]:
    """DUP-LAM: two lambdas over the halves of the body, and their variables superposed for the old one."""
    label, name, place = frame & _LABELS, term & _LABELS, term & LOW
    one, two = take_cells(heap, me, shared, 1), take_cells(heap, me, shared, 1)
    pair = take_cells(heap, me, shared, 2)
    write(heap, pair, _VAR | one)
    write(heap, pair + 1, _VAR | two)
    dup = duplication(heap, me, shared, read(heap, place))
    write(heap, one, _DP0 | label | dup)
    write(heap, two, _DP1 | label | dup)
    write(heap, place, SUBSTITUTED | _SUP | label | pair)
    return _serve(heap, me, shared, frame, _LAM | name | one, _LAM | name | two)


@kernel
def duplicated_pair(heap: int, me: int, shared: int, frame: int, term: int) -> tuple[int, int, int]:
    """DUP-SUP: with equal labels the halves, with different ones the superpositions of halves."""
    place, label = term & LOW, frame & _LABELS
    left, right = read(heap, place), read(heap, place + 1)
    if label == term & _LABELS:
        given_back(heap, me, place, 2)
        return _serve(heap, me, shared, frame, left, right)
    one, two = duplication(heap, me, shared, left), duplication(heap, me, shared, right)
    other = take_cells(heap, me, shared, 2)
    write(heap, place, _DP0 | label | one)
    write(heap, place + 1, _DP0 | label | two)
    write(heap, other, _DP1 | label | one)
    write(heap, other + 1, _DP1 | label | two)
    return _serve(heap, me, shared, frame, term, term - place + other)


@kernel
def duplicated_fields(
    heap: int, me: int, shared: int, program: int, frame: int, term: int
) -> tuple[int, int, int]:
    """DUP-CTR: two constructors of the halves of each field."""
    count = cells_of(shared, program, term)
    if count == 0:
        return _serve(heap, me, shared, frame, term, term)
    place, label = term & LOW, frame & _LABELS
    other = take_cells(heap, me, shared, count)
    for at in range(count):
        dup = duplication(heap, me, shared, read(heap, place + at))
        write(heap, place + at, _DP0 | label | dup)
        write(heap, other + at, _DP1 | label | dup)
    return _serve(heap, me, shared, frame, term, term - place + other)


@part
def duplicate(
    heap: int, me: int, shared: int, program: int, frame: int, term: int
) -> tuple[int, int, int]:
    """DUP on any value."""
    tag = term >> TAG_SHIFT & TAG_MASK
    different = tag == SUP and (frame ^ term) & _LABELS
    count_interaction(me, DISTRIBUTE if different else DUPLICATE)
    if tag == LAM:
        return duplicated_lambda(heap, me, shared, frame, term)
    if tag == SUP:
        return duplicated_pair(heap, me, shared, frame, term)
    if tag == CTR:
        return duplicated_fields(heap, me, shared, program, frame, term)
    return _serve(heap, me, shared, frame, term, term)
