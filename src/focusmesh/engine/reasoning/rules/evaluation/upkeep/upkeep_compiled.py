"""The upkeep of a closure in compiled code, one source at a time: what stays fixed in a row is independent of others.

Lists are arrays (entries, 3): two values and the next entry; a head array has the first entry of a value, −1 for none.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from focusmesh.engine.reasoning.rules.evaluation.upkeep.ranks_compiled import (
    put,
    rank_of,
    remove,
    slot_of,
)
from focusmesh.engine.support.compiled import kernel, part

Array: TypeAlias = npt.NDArray[Any]
Table: TypeAlias = tuple[Array, Array, Array]

BITS = 31
LOW = (1 << BITS) - 1
ENDED, PAUSED, FULL = 0, 1, 2
TASK, CAME, WENT, MOVED, TAKEN, BUDGET, ROOM, HIGHEST = range(8)


@kernel
def link(heads: Array, entries: Array, at: int, key: int, value: int) -> None:
    """Puts entry ``at`` at the beginning of the list of ``key``."""
    entries[at, 0], entries[at, 1], entries[at, 2] = key, value, heads[key]
    heads[key] = at


@kernel
def unlink(heads: Array, entries: Array, key: int, value: int) -> int:
    """Takes an entry out of the list of ``key``; its number, −1 where there is none."""
    before, at = -1, heads[key]
    while at >= 0 and entries[at, 1] != value:
        before, at = at, entries[at, 2]
    if at >= 0:
        if before < 0:
            heads[key] = entries[at, 2]
        else:
            entries[before, 2] = entries[at, 2]
    return int(at)


@kernel
def link_all(heads: Array, entries: Array, pairs: tuple[Array, Array]) -> None:
    """The lists of many pairs, from none."""
    for at in range(len(pairs[0])):
        key = pairs[0][at]
        entries[at, 0], entries[at, 1], entries[at, 2] = key, pairs[1][at], heads[key]
        heads[key] = at


@kernel
def sources(
    value: int,
    back: tuple[Array, Array],
    starts: tuple[Array, Array],
    table: Table,
    stamps: tuple[Array, Array, Array],
    stamp: int,
    found: tuple[Array, Array],
) -> int:
    """The sources that have ``value``, and their ranks of it; how many. O(steps and starts that lead to it).

    ``back`` are steps by where they lead, ``starts`` pairs by the value that moves; ``stamps`` has marks of values and
    of sources and room for a queue, (values,) each.
    """
    met, seen, queue = stamps
    met[value], queue[0] = stamp, value
    done, waiting, count = 0, 1, 0
    while done < waiting:
        here = queue[done]
        done += 1
        at = starts[0][here]
        while at >= 0:
            source = starts[1][at, 1]
            if seen[source] != stamp:
                seen[source] = stamp
                rank = rank_of(table, source << BITS | value)
                if rank >= 0:
                    found[0][count], found[1][count] = source, rank
                    count += 1
            at = starts[1][at, 2]
        at = back[0][here]
        while at >= 0:
            before = back[1][at, 1]
            if met[before] != stamp:
                met[before] = stamp
                queue[waiting] = before
                waiting += 1
            at = back[1][at, 2]
    return count


@kernel
def grow(
    state: Array,
    tasks: tuple[Array, Array],
    forth: tuple[Array, Array],
    table: Table,
    came: Table,
    queue: Array,
) -> int:
    """Takes in pairs (keys, ranks) and all that follows from them; ``came`` gets keys and ranks of what is new."""
    task, count, taken = state[TASK], state[CAME], 0
    status, most = ENDED, state[CAME] + state[ROOM] - len(queue)
    while task < len(tasks[0]):
        if taken >= state[BUDGET] or count > most:
            status = PAUSED
            break
        if count + len(queue) > len(came[0]):
            status = FULL
            break
        key = tasks[0][task]
        if rank_of(table, key) < 0:
            put(table, key, tasks[1][task])
            first = done = count
            came[0][count], came[1][count] = key, tasks[1][task]
            count += 1
            source = key >> BITS << BITS
            while done < count:
                rank = came[1][done] + 1
                at = forth[0][came[0][done] & LOW]
                while at >= 0:
                    taken += 1
                    key = source | forth[1][at, 1]
                    slot = slot_of(table[0], key)
                    if table[0][slot] != key:
                        table[0][slot], table[1][slot], table[2][slot] = key, rank, 0
                        came[0][count], came[1][count] = key, rank
                        count += 1
                    at = forth[1][at, 2]
                done += 1
            state[HIGHEST] = max(state[HIGHEST], came[1][count - 1], came[1][first])
        taken += 1
        task += 1
    state[TASK], state[CAME], state[TAKEN] = task, count, taken
    return status


@part
def _push(heap: Array, size: int, item: int) -> int:
    at = size
    while at > 0 and heap[(at - 1) >> 1] > item:
        heap[at] = heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    heap[at] = item
    return size + 1


@part
def _pop(heap: Array, size: int) -> int:
    """Takes out the least item, which is at the beginning, of a heap of ``size``; its size then."""
    size -= 1
    item, at = heap[size], 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= item:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = item
    return size


@part
def _best(source: int, value: int, back: tuple[Array, Array], table: Table, enough: int) -> int:
    """The least rank of what a step leads from to a pair, or one that is below ``enough``; −1 for none."""
    best = -1
    at = back[0][value]
    while at >= 0:
        rank = rank_of(table, source | back[1][at, 1])
        if rank >= 0 and (best < 0 or rank < best):
            best = rank
            if rank < enough:
                break
        at = back[1][at, 2]
    return best


@part
def _displace(
    source: int,
    heap: Array,
    size: int,
    steps: tuple[Array, ...],
    table: Table,
    went: Table,
    count: int,
) -> int:
    """Displaces what has no derivation of smaller rank, by rising rank; how many are in ``went`` then."""
    heads, entries, back_heads, back_entries = steps
    while size:
        item = heap[0]
        size = _pop(heap, size)
        rank, value = item >> BITS, item & LOW
        slot = slot_of(table[0], source | value)
        if table[0][slot] != source | value or table[2][slot]:
            continue
        best = _best(source, value, (back_heads, back_entries), table, rank)
        if 0 <= best < rank:
            continue
        remove(table, source | value)
        went[0][count], went[1][count] = source | value, rank
        count += 1
        at = heads[value]
        while at >= 0:
            other = rank_of(table, source | entries[at, 1])
            if other > rank:
                size = _push(heap, size, other << BITS | entries[at, 1])
            at = entries[at, 2]
    return count


@part
def _restore(
    source: int,
    heap: Array,
    steps: tuple[Array, ...],
    table: Table,
    went: Table,
    rows: tuple[int, int],
    moved: Table,
    count: int,
) -> int:
    """Puts back what still follows from the rest, by rising rank, and into ``moved``; how many are in it then."""
    heads, entries, back_heads, back_entries = steps
    size = 0
    for row in range(rows[0], rows[1]):
        value = went[0][row] & LOW
        went[2][value] = 1
        best = _best(source, value, (back_heads, back_entries), table, 0)
        if best >= 0:
            size = _push(heap, size, (best + 1) << BITS | value)
    while size:
        item = heap[0]
        size = _pop(heap, size)
        rank, value = item >> BITS, item & LOW
        if went[2][value] != 1:
            continue
        went[2][value] = 2
        put(table, source | value, rank)
        moved[0][count], moved[1][count] = source | value, rank
        count += 1
        at = heads[value]
        while at >= 0:
            if went[2][entries[at, 1]] == 1:
                size = _push(heap, size, (rank + 1) << BITS | entries[at, 1])
            at = entries[at, 2]
    return count


@kernel
def shrink(
    state: Array,
    candidates: Array,
    steps: tuple[Array, Array, Array, Array],
    table: Table,
    went: Table,
    moved: Table,
    heap: Array,
) -> int:
    """Takes away candidates (keys, by source) that follow from nothing any more, and what rests on them alone.

    ``went`` gets keys and old ranks of all that were displaced, those that came back with a new rank not among them;
    these are in ``moved``.
    """
    task, gone, count, taken = state[TASK], state[WENT], state[MOVED], 0
    status = ENDED
    while task < len(candidates):
        if taken >= state[BUDGET]:
            status = PAUSED
            break
        if gone + len(went[2]) > len(went[0]) or count + len(went[2]) > len(moved[0]):
            status = FULL
            break
        source = candidates[task] >> BITS << BITS
        size = 0
        while task < len(candidates) and candidates[task] >> BITS << BITS == source:
            rank = rank_of(table, candidates[task])
            if rank >= 0:
                size = _push(heap, size, rank << BITS | (candidates[task] & LOW))
            task += 1
        end = _displace(source, heap, size, steps, table, went, gone)
        before = count
        count = _restore(source, heap, steps, table, went, (gone, end), moved, count)
        taken += 8 * (end - gone) + 2
        kept = gone
        for row in range(gone, end):
            value = went[0][row] & LOW
            if went[2][value] == 1:
                went[0][kept], went[1][kept] = went[0][row], went[1][row]
                kept += 1
            went[2][value] = 0
        gone = kept
        for row in range(before, count):
            state[HIGHEST] = max(state[HIGHEST], moved[1][row])
    state[TASK], state[WENT], state[MOVED], state[TAKEN] = task, gone, count, taken
    return status
