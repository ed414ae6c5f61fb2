"""The collector: what is alive goes to the other half of the heap, and what was substituted takes its place on the way.

C. J. Cheney, CACM 13 (1970), 677–678. Roots are the frames on the stack, the queue of a collapse, and the term at hand.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.cells_compiled import read, write
from focusmesh.engine.rewrite.marks import (
    ARITIES,
    ARITY,
    BASE,
    COLLECTIONS,
    DEPTH,
    FIRST,
    FUEL,
    HALF,
    KEPT,
    LAST,
    LIMIT,
    LIVE_MAX,
    MARGIN,
    MATCHES,
    OUT_OF_FUEL,
    OUT_OF_MEMORY,
    ROOM,
    ROW,
    SPENT,
    STATUS,
    TAKEN,
    TAKEN_MAX,
    TOP,
)
from focusmesh.engine.rewrite.words import (
    CTR,
    DP1,
    ERA,
    LABEL_MASK,
    LABEL_SHIFT,
    LAM,
    LOW,
    MAT,
    MOVED,
    PLAIN,
    REF,
    SPOT_MASK,
    SPOT_SHIFT,
    SWI,
    TAG_MASK,
    TAG_SHIFT,
    W32,
)
from focusmesh.engine.support.compiled import kernel

_NOTHING = ERA << TAG_SHIFT
_FORWARD = MOVED << TAG_SHIFT


@kernel
def cells_of(marks: int, program: int, term: int) -> int:
    """How many cells the node of ``term`` has; 0 for what has none."""
    tag = term >> TAG_SHIFT & TAG_MASK
    label = term >> LABEL_SHIFT & LABEL_MASK
    if tag <= DP1 or tag == LAM:
        return 1
    if tag in (ERA, W32):
        return 0
    if tag == CTR:
        return read(program, read(marks, ARITIES) + label)
    if tag == REF:
        return read(program, ROW * label + ARITY)
    if tag == MAT:
        return 1 + read(program, read(marks, MATCHES) + 2 * label + 1)
    if tag == SWI:
        return 1 + label
    return 2


@kernel
def _take(heap: int, marks: int, program: int, term: int) -> int:
    """``term`` with its node in the other half."""
    while True:
        count = cells_of(marks, program, term)
        if count == 0:
            return term
        place = term & LOW
        if place == 0:
            return term
        cell = read(heap, place)
        if term >> TAG_SHIFT & TAG_MASK <= DP1 and cell < 0:
            write(heap, place, _NOTHING)
            term = cell & PLAIN
            continue
        if cell >> TAG_SHIFT == MOVED:
            return term - place + (cell & LOW)
        top = read(marks, TOP)
        for at in range(count):
            write(heap, top + at, read(heap, place + at))
        write(heap, place, _FORWARD | top)
        write(marks, TOP, top + count)
        return term - place + top


@kernel
def collect(heap: int, stack: int, marks: int, program: int, term: int) -> int:
    """Moves all that is alive, and sets how far the heap may grow until the next time; ``term`` where it is now.

    The cell that a frame is at has what is being evaluated, or was: nobody reads it before it is written again.
    """
    write(marks, TAKEN, read(marks, TAKEN) + read(marks, TOP) - read(marks, KEPT))
    if read(marks, TAKEN) > read(marks, TAKEN_MAX):
        write(marks, STATUS, OUT_OF_MEMORY)
        return term
    base = read(marks, HALF) if read(marks, BASE) < read(marks, HALF) else 1
    write(marks, BASE, base)
    write(marks, TOP, base)
    for at in range(read(marks, DEPTH)):
        frame = read(stack, at)
        write(heap, (frame & LOW) + (frame >> SPOT_SHIFT & SPOT_MASK), _NOTHING)
    for at in range(read(marks, DEPTH)):
        write(stack, at, _take(heap, marks, program, read(stack, at)))
    for at in range(read(marks, FIRST), read(marks, LAST)):
        write(stack, at, _take(heap, marks, program, read(stack, at)))
    term = _take(heap, marks, program, term)
    scan = base
    while scan < read(marks, TOP):
        write(heap, scan, _take(heap, marks, program, read(heap, scan)))
        scan += 1
    live = read(marks, TOP) - base
    write(marks, COLLECTIONS, read(marks, COLLECTIONS) + 1)
    write(marks, LIVE_MAX, max(read(marks, LIVE_MAX), live))
    room = base + read(marks, HALF) - 1 - read(marks, MARGIN)
    # A queue may be long and have no cells: numbers, and calls without arguments.
    seen = live + read(marks, LAST) - read(marks, FIRST)
    write(marks, LIMIT, min(room, read(marks, TOP) + max(2 * seen, read(marks, ROOM))))
    write(marks, KEPT, read(marks, TOP))
    # A heap that is nearly full would be collected again and again, at a cost that no fuel counts.
    if live > read(marks, HALF) - read(marks, HALF) // 4 or read(marks, TOP) > room:
        write(marks, STATUS, OUT_OF_MEMORY)
    return term


@kernel
def attend(heap: int, stack: int, marks: int, program: int, term: int) -> int:
    """What a run does when its heap is full or its fuel spent; ``term`` where it is now."""
    if read(marks, SPENT) >= read(marks, FUEL):
        write(marks, STATUS, OUT_OF_FUEL)
        return term
    return collect(heap, stack, marks, program, term)
