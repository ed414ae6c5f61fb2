"""A worker: takes a task, goes down to a value, up with what comes of it, until there are no tasks.

Down: from an eliminator to what it looks at, leaving in RET who asked. Up: the table says what a frame and a value are.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.bulk.arguments_compiled import take_argument, to_call
from focusmesh.engine.rewrite.bulk.atomics_compiled import add, invoked, load, or_state, store
from focusmesh.engine.rewrite.bulk.duplication_compiled import duplicate, half_of, unmet
from focusmesh.engine.rewrite.bulk.marks import (
    ARM,
    BEGUN,
    BOTTOM,
    CALLING,
    DEPTH,
    DONE,
    FINISHED,
    FORKED,
    FORKS,
    FOUND,
    FRAME_OUT,
    GOING,
    IDLE,
    KERNELS,
    LEAVING,
    LEFT,
    OFFERED,
    OFFERS,
    RESTING,
    ROOT,
    RUNNING,
    SLICE_SIZE,
    SPECIAL,
    STATUS,
    STUCK,
    TASKS,
    TERM_OUT,
    TOGETHER,
    WAITING,
    WORKERS,
)
from focusmesh.engine.rewrite.bulk.memory_compiled import (
    account,
    count_interaction,
    given_back,
    lock,
    note_opcode,
    offer_tasks,
    push_task,
    unlock,
)
from focusmesh.engine.rewrite.bulk.normal_form_compiled import deliver
from focusmesh.engine.rewrite.bulk.rules_compiled import (
    application,
    call,
    case_for,
    cells_of,
    copy_row,
    distribute,
    match_constructor,
    operation,
    switch,
)
from focusmesh.engine.rewrite.cells_compiled import read, write
from focusmesh.engine.rewrite.marks import ROW
from focusmesh.engine.rewrite.table import (
    APPLY,
    BY_TAG,
    COLLAPSE,
    DISTRIBUTE,
    SPECIALIZE,
    SUCC,
    SWITCH,
)
from focusmesh.engine.rewrite.words import (
    DP1,
    ERA,
    LABEL_MASK,
    LABEL_SHIFT,
    LET,
    LOW,
    OPX,
    OPY,
    PLAIN,
    REF,
    SPOT_MASK,
    SPOT_SHIFT,
    SWI,
    TAG_MASK,
    TAG_SHIFT,
    VAR,
)
from focusmesh.engine.support.compiled import kernel, part

_SPOTS = SPOT_MASK << SPOT_SHIFT
_NOTHING = ERA << TAG_SHIFT
_STUCK = STUCK << TAG_SHIFT
_JOINED = 1 << 31
_SPINS = 2_000


@part
def down(
    heap: int, me: int, shared: int, program: int, frame: int, term: int
) -> tuple[int, int, int]:
    """Follows what is looked at to a value or a call."""
    while True:
        tag, place = term >> TAG_SHIFT & TAG_MASK, term & LOW
        if tag > OPY and tag != LET:
            if tag != ARM:
                return frame, term, FOUND
            row = ROW * (term >> LABEL_SHIFT & LABEL_MASK)
            term = copy_row(heap, me, shared, program, row, 0)
        elif tag == VAR:
            cell = read(heap, place)
            if cell >= 0:
                return frame, term, FOUND
            given_back(heap, me, place, 1)
            term = cell & PLAIN
        elif tag <= DP1:
            frame, term, state = half_of(heap, me, frame, term)
            if state != GOING:
                return frame, term, state
        elif tag == REF:
            frame, term, state = to_call(heap, me, shared, program, frame, term)
            if state == CALLING:
                return frame, term, state
        else:
            if read(heap, place - 1) == _STUCK:
                return frame, term, FOUND
            write(heap, place - 1, frame)
            frame = term & ~_SPOTS
            if term & FORKS and read(shared, TOGETHER):
                frame |= FORKED
                push_task(me, shared, frame | 1 << SPOT_SHIFT, read(heap, place + 1))
            term = read(heap, place)


@part
def _join(heap: int, frame: int, term: int) -> tuple[int, int, int]:
    """One of two operands that are evaluated at once: whoever is second goes on."""
    place = frame & LOW
    write(heap, place + (frame >> SPOT_SHIFT & 1), term)
    if or_state(heap, place - 1, _JOINED) & _JOINED == 0:
        return frame, term, LEAVING
    write(heap, place - 1, read(heap, place - 1) & PLAIN)
    return frame & ~_SPOTS, read(heap, place), FOUND


@kernel
def _stuck(heap: int, me: int, shared: int, frame: int, term: int) -> tuple[int, int, int]:
    """No rule: the eliminator stays as it is, and is a value for who asked for it."""
    if frame >> TAG_SHIFT & TAG_MASK <= DP1:
        return unmet(heap, me, shared, frame, term)
    place = frame & LOW
    asking = read(heap, place - 1)
    write(heap, place, term)
    write(heap, place - 1, _STUCK)
    return asking, frame & ~_SPOTS, FOUND


@kernel
def _part_superposition(
    heap: int, me: int, shared: int, program: int, frame: int, term: int, opcode: int
) -> tuple[int, int, int]:
    """An eliminator and a superposition, or an erasure."""
    count_interaction(me, opcode)
    place = frame & LOW
    asking = read(heap, place - 1)
    if opcode == DISTRIBUTE:
        return asking, distribute(heap, me, shared, program, frame, 0, term), FOUND
    given_back(heap, me, place - 1, 1 + cells_of(shared, program, frame))
    return asking, _NOTHING, FOUND


@part
def meet(
    heap: int, me: int, shared: int, program: int, frame: int, term: int
) -> tuple[int, int, int]:
    """A frame and a value: the table says what they are to each other."""
    one, two = frame >> TAG_SHIFT & TAG_MASK, term >> TAG_SHIFT & TAG_MASK
    if frame & FORKED and one == OPX:
        return _join(heap, frame, term)
    opcode = int(BY_TAG[32 * one + two])
    note_opcode(me, opcode)
    if opcode == APPLY:
        return application(heap, me, frame, term)
    if opcode == SUCC:
        count_interaction(me, SUCC)
        return operation(heap, me, frame, term)
    if opcode == SWITCH:
        if one == SWI:
            count_interaction(me, SWITCH)
            return switch(heap, me, shared, program, frame, term & LOW)
        case = case_for(shared, program, frame, term)
        if case < 0:
            return _stuck(heap, me, shared, frame, term)
        count_interaction(me, SWITCH)
        return match_constructor(heap, me, shared, program, frame, term, case)
    if opcode == COLLAPSE and two != ERA:
        return _stuck(heap, me, shared, frame, term)
    if one <= DP1:
        return duplicate(heap, me, shared, program, frame, term)
    return _part_superposition(heap, me, shared, program, frame, term, opcode)


@part
def _at_once(
    heap: int, me: int, shared: int, program: int, frame: int, term: int, state: int
) -> int:
    """What the fused kernel for what is to be done now comes to, if there is one."""
    tag, opcode = frame >> TAG_SHIFT & TAG_MASK, APPLY
    if state == FOUND:
        opcode = int(BY_TAG[32 * tag + (term >> TAG_SHIFT & TAG_MASK)])
        opcode = SPECIALIZE if tag == REF else opcode
    kernel = load(shared, KERNELS + opcode)
    write(me, FRAME_OUT, frame)
    write(me, TERM_OUT, term)
    if kernel:
        state = invoked(kernel, heap, me, shared, program, frame, term, state)
    return state


@part
def _carry_out(heap: int, me: int, shared: int, program: int, frame: int, term: int) -> bool:
    """Carries out a task; False where the run has ended."""
    state = GOING
    while state != LEAVING:
        if read(me, LEFT) <= 0 and not account(me, shared, SLICE_SIZE):
            return False
        if state == GOING:
            frame, term, state = down(heap, me, shared, program, frame, term)
        if read(shared, SPECIAL) and state in (CALLING, FOUND):
            state = _at_once(heap, me, shared, program, frame, term, state)
            frame, term = read(me, FRAME_OUT), read(me, TERM_OUT)
        if state == CALLING:
            count_interaction(me, APPLY)
            note_opcode(me, APPLY)
            term = call(heap, me, shared, program, term)
            state = GOING
        elif state == FOUND:
            tag = frame >> TAG_SHIFT & TAG_MASK
            if tag >= ROOT:
                frame, term, state = deliver(heap, me, shared, program, frame, term)
            elif tag == REF:
                frame, term, state = take_argument(heap, program, frame, term)
            else:
                frame, term, state = meet(heap, me, shared, program, frame, term)
    return True


@kernel
def _taken_over(me: int, shared: int) -> bool:
    """Half of what is offered becomes this worker's, which has none."""
    lock(shared)
    there = read(shared, OFFERED)
    count = (there + 1) // 2
    for at in range(2 * count):
        write(read(me, TASKS), at, read(read(shared, OFFERS), 2 * (there - count) + at))
    write(me, BOTTOM, 0)
    write(me, DEPTH, count)
    store(shared, OFFERED, there - count)
    unlock(shared)
    return count > 0


@kernel
def _found_work(me: int, shared: int) -> int:
    """Waits for a task among those that are offered: RUNNING, WAITING (too long) or FINISHED."""
    for _ in range(_SPINS):
        if read(me, RESTING) == 0:
            add(shared, IDLE, 1)
            write(me, RESTING, 1)
        if load(shared, OFFERED):
            add(shared, IDLE, -1)
            write(me, RESTING, 0)
            if _taken_over(me, shared):
                return RUNNING
        elif load(shared, IDLE) == load(shared, WORKERS):
            lock(shared)
            if read(shared, OFFERED) == 0 and load(shared, IDLE) == read(shared, WORKERS):
                store(shared, DONE, 1)
            unlock(shared)
        if load(shared, DONE) or load(shared, STATUS):
            return FINISHED
    return WAITING


@kernel
def _begin_idle(me: int, shared: int) -> None:
    """From now on nothing is done before this worker is idle too."""
    lock(shared)
    write(shared, WORKERS, read(shared, WORKERS) + 1)
    unlock(shared)
    write(me, BEGUN, 1)


@kernel
def work(heap: int, me: int, shared: int, program: int) -> int:
    """Tasks of this worker's, and of others, until there are none or the run ends: WAITING (call again) or FINISHED."""
    if read(me, BEGUN) == 0:
        _begin_idle(me, shared)
    while True:
        while read(me, DEPTH) > read(me, BOTTOM):
            depth = read(me, DEPTH) - 1
            if depth > read(me, BOTTOM) and load(shared, IDLE) and load(shared, OFFERED) == 0:
                offer_tasks(me, shared)
            write(me, DEPTH, depth)
            if not _carry_out(
                heap,
                me,
                shared,
                program,
                read(read(me, TASKS), 2 * depth),
                read(read(me, TASKS), 2 * depth + 1),
            ):
                return FINISHED
        write(me, BOTTOM, 0)
        write(me, DEPTH, 0)
        account(me, shared, SLICE_SIZE)
        found = _found_work(me, shared)
        if found != RUNNING:
            return found
