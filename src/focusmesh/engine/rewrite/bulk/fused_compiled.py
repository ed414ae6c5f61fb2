"""Three opcodes as one kernel, for those that often follow each other.

A fused kernel is the loop of a worker with a guess: it looks for these three first, one after the other, and asks the
table only where it meets something else. So it comes to the same, and says how often the guess held.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.bulk.arguments_compiled import take_argument
from focusmesh.engine.rewrite.bulk.marks import (
    CALLING,
    FORKED,
    FOUND,
    FRAME_OUT,
    FUSED,
    GOING,
    LEFT,
    ROOT,
    TERM_OUT,
)
from focusmesh.engine.rewrite.bulk.memory_compiled import count_interaction, note_opcode
from focusmesh.engine.rewrite.bulk.rules_compiled import application, call, operation, switch
from focusmesh.engine.rewrite.bulk.worker_compiled import down, meet
from focusmesh.engine.rewrite.cells_compiled import read, write
from focusmesh.engine.rewrite.table import APPLY, BY_TAG, DUPLICATE, SUCC, SWITCH
from focusmesh.engine.rewrite.words import LOW, REF, SWI, TAG_MASK, TAG_SHIFT
from focusmesh.engine.support.compiled import address_of, part

_MOVES_MAX = 64


@part
def _move_on(
    heap: int, me: int, shared: int, program: int, frame: int, term: int, state: int
) -> tuple[int, int, int]:
    """On to the next interaction, by steps that are none."""
    for _ in range(_MOVES_MAX):
        if state == GOING:
            frame, term, state = down(heap, me, shared, program, frame, term)
        if state != FOUND or frame >> TAG_SHIFT & TAG_MASK != REF:
            break
        frame, term, state = take_argument(heap, program, frame, term)
    return frame, term, state


@part
def _opcode(frame: int, term: int) -> int:
    one, two = frame >> TAG_SHIFT & TAG_MASK, term >> TAG_SHIFT & TAG_MASK
    return -1 if frame & FORKED or one == REF else int(BY_TAG[32 * one + two])


@part
def _apply(
    heap: int, me: int, shared: int, program: int, frame: int, term: int, state: int
) -> tuple[int, int, int, bool]:
    if state == CALLING:
        count_interaction(me, APPLY)
        note_opcode(me, APPLY)
        return frame, call(heap, me, shared, program, term), GOING, True
    if state == FOUND and _opcode(frame, term) == APPLY:
        note_opcode(me, APPLY)
        frame, term, state = application(heap, me, frame, term)
        return frame, term, state, True
    return frame, term, state, False


@part
def _succ(
    heap: int, me: int, shared: int, program: int, frame: int, term: int, state: int
) -> tuple[int, int, int, bool]:
    if state == FOUND and _opcode(frame, term) == SUCC:
        count_interaction(me, SUCC)
        note_opcode(me, SUCC)
        frame, term, state = operation(heap, me, frame, term)
        return frame, term, state, True
    return frame, term, state, False


@part
def _switch(
    heap: int, me: int, shared: int, program: int, frame: int, term: int, state: int
) -> tuple[int, int, int, bool]:
    if state == FOUND and _opcode(frame, term) == SWITCH:
        if frame >> TAG_SHIFT & TAG_MASK == SWI:
            count_interaction(me, SWITCH)
            note_opcode(me, SWITCH)
            frame, term, state = switch(heap, me, shared, program, frame, term & LOW)
        else:
            frame, term, state = meet(heap, me, shared, program, frame, term)
        return frame, term, state, True
    return frame, term, state, False


@part
def _duplicate(
    heap: int, me: int, shared: int, program: int, frame: int, term: int, state: int
) -> tuple[int, int, int, bool]:
    if state == FOUND and _opcode(frame, term) == DUPLICATE:
        frame, term, state = meet(heap, me, shared, program, frame, term)
        return frame, term, state, True
    return frame, term, state, False


_STEPS = {APPLY: _apply, DUPLICATE: _duplicate, SUCC: _succ, SWITCH: _switch}
FUSIBLE = frozenset(_STEPS)
"""Opcodes that fused kernels are made of."""


def fused_kernel(one: int, two: int, three: int) -> int:
    """The address of a kernel for three opcodes of FUSIBLE in a row, which is compiled: that takes seconds."""
    first, second, third = _STEPS[one], _STEPS[two], _STEPS[three]
    place = FUSED + one

    def run_fused(
        heap: int, me: int, shared: int, program: int, frame: int, term: int, state: int
    ) -> int:
        going = True
        while going and read(me, LEFT) > 0:
            frame, term, state, fits = first(heap, me, shared, program, frame, term, state)
            frame, term, state = _move_on(heap, me, shared, program, frame, term, state)
            if fits:
                frame, term, state, fits = second(heap, me, shared, program, frame, term, state)
                frame, term, state = _move_on(heap, me, shared, program, frame, term, state)
            if fits:
                frame, term, state, fits = third(heap, me, shared, program, frame, term, state)
                frame, term, state = _move_on(heap, me, shared, program, frame, term, state)
                write(me, place, read(me, place) + fits)
            elif state == FOUND and frame >> TAG_SHIFT & TAG_MASK < ROOT:
                frame, term, state = meet(heap, me, shared, program, frame, term)
                frame, term, state = _move_on(heap, me, shared, program, frame, term, state)
            elif state == CALLING:
                count_interaction(me, APPLY)
                note_opcode(me, APPLY)
                term = call(heap, me, shared, program, term)
                frame, term, state = _move_on(heap, me, shared, program, frame, term, GOING)
            going = state == CALLING or (state == FOUND and frame >> TAG_SHIFT & TAG_MASK < ROOT)
        write(me, FRAME_OUT, frame)
        write(me, TERM_OUT, term)
        return state

    return address_of(run_fused, 7)
