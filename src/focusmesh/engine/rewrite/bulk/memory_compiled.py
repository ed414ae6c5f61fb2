"""Cells and tasks: what a worker takes, gives back, keeps for later and offers to others.

A node belongs to whoever holds the one word that points to it, so cells are taken and given back without locks.
"""

from __future__ import annotations

from focusmesh.engine.rewrite.bulk.atomics_compiled import add, exchange, load, store
from focusmesh.engine.rewrite.bulk.marks import (
    BOTTOM,
    CHUNK,
    COUNTS,
    DEPTH,
    END,
    FREE,
    FREE_MAX,
    FUEL,
    IDLE,
    LEFT,
    LOCK,
    MINE,
    MINE_END,
    OFFERED,
    OFFERS,
    OFFERS_MAX,
    OPCODES_LAST,
    OUT_OF_FUEL,
    OUT_OF_MEMORY,
    RUNNING,
    SCRATCH,
    SLICE,
    SPENT,
    STATUS,
    TASKS,
    TASKS_MAX,
    TOP,
    TRIPLES,
)
from focusmesh.engine.rewrite.cells_compiled import read, write
from focusmesh.engine.support.compiled import kernel, part

_LOOKED_AT = 18


@kernel
def stop_run(me: int, shared: int, status: int) -> None:
    """Ends the run: everybody sees so within a slice."""
    if load(shared, STATUS) == RUNNING:
        store(shared, STATUS, status)
    write(me, SLICE, read(me, SLICE) - read(me, LEFT))
    write(me, LEFT, 0)


@kernel
def _another_chunk(me: int, shared: int, count: int) -> int:
    """``count`` cells of a new chunk; where there is none, cells that nobody will read."""
    size = max(read(shared, CHUNK), count)
    place = add(shared, TOP, size)
    if place + size > read(shared, END):
        stop_run(me, shared, OUT_OF_MEMORY)
        return read(shared, SCRATCH)
    write(me, MINE, place + count)
    write(me, MINE_END, place + size)
    return place


@part
def take_cells(heap: int, me: int, shared: int, count: int) -> int:
    """``count`` cells in a row."""
    if count < FREE_MAX:
        place = read(me, FREE + count)
        if place:
            write(me, FREE + count, read(heap, place))
            return place
    place = read(me, MINE)
    if place + count > read(me, MINE_END):
        return _another_chunk(me, shared, count)
    write(me, MINE, place + count)
    return place


@part
def given_back(heap: int, me: int, place: int, count: int) -> None:
    """These cells may be taken again, by this worker."""
    if count < FREE_MAX:
        write(heap, place, read(me, FREE + count))
        write(me, FREE + count, place)


@part
def count_interaction(me: int, opcode: int) -> None:
    """One interaction."""
    write(me, COUNTS + opcode, read(me, COUNTS + opcode) + 1)
    write(me, LEFT, read(me, LEFT) - 1)


@part
def note_opcode(me: int, opcode: int) -> None:
    """Which opcode the table gave, for what is seen to follow what."""
    write(me, OPCODES_LAST, read(me, OPCODES_LAST) << 3 | opcode)


@kernel
def _looked_at(me: int) -> None:
    """Counts which opcodes followed each other lately."""
    last = read(me, OPCODES_LAST)
    for _ in range(_LOOKED_AT):
        triple = last & 0x1FF
        write(me, TRIPLES + triple, read(me, TRIPLES + triple) + 1)
        last >>= 3


@kernel
def account(me: int, shared: int, slice_size: int) -> bool:
    """Tells the others what was spent since the last time; False where the run has ended."""
    spent = read(me, SLICE) - read(me, LEFT)
    if spent > _LOOKED_AT:
        _looked_at(me)
    write(me, SLICE, slice_size)
    write(me, LEFT, slice_size)
    if add(shared, SPENT, spent) + spent > read(shared, FUEL) and load(shared, STATUS) == RUNNING:
        store(shared, STATUS, OUT_OF_FUEL)
    return load(shared, STATUS) == RUNNING


@kernel
def lock(shared: int) -> None:
    """Waits for the lock; a few instructions are done under it."""
    while exchange(shared, LOCK, 1):
        while load(shared, LOCK):
            pass


@kernel
def unlock(shared: int) -> None:
    """Gives the lock back."""
    store(shared, LOCK, 0)


@kernel
def offer_tasks(me: int, shared: int) -> None:
    """Lays out the oldest half of this worker's tasks for those who have none."""
    lock(shared)
    there = read(shared, OFFERED)
    count = min((read(me, DEPTH) - read(me, BOTTOM) + 1) // 2, read(shared, OFFERS_MAX) - there)
    tasks = read(me, TASKS)
    offers = read(shared, OFFERS)
    bottom = read(me, BOTTOM)
    for at in range(2 * count):
        write(offers, 2 * there + at, read(tasks, 2 * bottom + at))
    write(me, BOTTOM, bottom + count)
    store(shared, OFFERED, there + count)
    unlock(shared)


@kernel
def push_task(me: int, shared: int, frame: int, term: int) -> None:
    """A task for later."""
    depth = read(me, DEPTH)
    if depth >= read(me, TASKS_MAX):
        stop_run(me, shared, OUT_OF_MEMORY)
        return
    write(read(me, TASKS), 2 * depth, frame)
    write(read(me, TASKS), 2 * depth + 1, term)
    write(me, DEPTH, depth + 1)
    if load(shared, IDLE) and load(shared, OFFERED) == 0:
        offer_tasks(me, shared)


@part
def duplication(heap: int, me: int, shared: int, value: int) -> int:
    """A DUP of ``value`` that nobody has asked for."""
    place = take_cells(heap, me, shared, 4)
    write(heap, place, value)
    write(heap, place + 1, 0)
    return place
