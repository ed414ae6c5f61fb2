"""Kernels of edited rows: finding a pair, its weight, and changing it with everything that is known of its ends."""

from __future__ import annotations

import numpy as np

from focusmesh.engine.focus.live.row_arrays import BASE, LOOSE, SLOTS, RowArrays
from focusmesh.engine.support.compiled import inline, kernel

_SHORT = 64
"""Rows of up to so many links are added up anew at each change; longer ones when they lose half of their weight."""


@inline
def _place(source: int, target: int, mask: np.uint64) -> np.uint64:
    """Where the search for a pair begins (Fibonacci hashing)."""
    key = (np.uint64(source) << np.uint64(32)) | np.uint64(target)
    return ((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask


@kernel
def find_slot(rows: RowArrays, source: int, target: int) -> int:
    """The slot of a pair, −1 where it has none."""
    mask = np.uint64(len(rows.table) - 1)
    at = _place(source, target, mask)
    while rows.table[at] >= 0:
        slot = rows.table[at]
        if rows.slot_source[slot] == source and rows.slot_target[slot] == target:
            return int(slot)
        at = (at + np.uint64(1)) & mask
    return -1


@kernel
def fill_table(rows: RowArrays) -> None:
    """Enters all slots into an empty table."""
    mask = np.uint64(len(rows.table) - 1)
    for slot in range(rows.sizes[SLOTS]):
        at = _place(rows.slot_source[slot], rows.slot_target[slot], mask)
        while rows.table[at] >= 0:
            at = (at + np.uint64(1)) & mask
        rows.table[at] = slot


@kernel
def base_weight(rows: RowArrays, source: int, target: int) -> float:
    """What a pair weighs in the structure, by bisection of its sorted row."""
    if source >= rows.sizes[BASE] or target >= rows.sizes[BASE]:
        return 0.0
    low, high = rows.out_start[source], rows.out_start[source + 1]
    stop = high
    while low < high:
        middle = (low + high) >> 1
        if rows.out_target[middle] < target:
            low = middle + 1
        else:
            high = middle
    if low == stop or rows.out_target[low] != target:
        return 0.0
    return float(rows.out_weight[low]) if len(rows.out_weight) else 1.0


@kernel
def weight_between(rows: RowArrays, source: int, target: int) -> float:
    """What a pair weighs now."""
    slot = find_slot(rows, source, target)
    return float(rows.slot_now[slot]) if slot >= 0 else base_weight(rows, source, target)


@kernel
def _out_left(rows: RowArrays, source: int) -> float:
    """``out_sum`` where a heavy link that went has taken the others' weights along with it: none is subtracted."""
    total = 0.0
    if source < rows.sizes[BASE]:
        for at in range(rows.out_start[source], rows.out_start[source + 1]):
            if find_slot(rows, source, rows.out_target[at]) < 0:
                total += rows.out_weight[at] if len(rows.out_weight) else 1.0
    slot = rows.out_head[source]
    while slot >= 0:
        total += rows.slot_now[slot]
        slot = rows.out_next[slot]
    return total


@kernel
def _in_left(rows: RowArrays, target: int) -> float:
    """``in_sum`` likewise."""
    total = 0.0
    if target < rows.sizes[BASE]:
        for at in range(rows.in_start[target], rows.in_start[target + 1]):
            if find_slot(rows, rows.in_source[at], target) < 0:
                total += rows.in_weight[at] if len(rows.in_weight) else 1.0
    slot = rows.in_head[target]
    while slot >= 0:
        total += rows.slot_now[slot]
        slot = rows.in_next[slot]
    return total


@kernel
def out_sum(rows: RowArrays, source: int) -> float:
    """The weights out of a particle, added up."""
    total = 0.0
    if source < rows.sizes[BASE]:
        for at in range(rows.out_start[source], rows.out_start[source + 1]):
            total += rows.out_weight[at] if len(rows.out_weight) else 1.0
    slot = rows.out_head[source]
    while slot >= 0:
        total += rows.slot_now[slot] - rows.slot_was[slot]
        slot = rows.out_next[slot]
    return total if total > 0 else _out_left(rows, source)


@kernel
def in_sum(rows: RowArrays, target: int) -> float:
    """The weights into a particle, added up."""
    total = 0.0
    if target < rows.sizes[BASE]:
        for at in range(rows.in_start[target], rows.in_start[target + 1]):
            total += rows.in_weight[at] if len(rows.in_weight) else 1.0
    slot = rows.in_head[target]
    while slot >= 0:
        total += rows.slot_now[slot] - rows.slot_was[slot]
        slot = rows.in_next[slot]
    return total if total > 0 else _in_left(rows, target)


@kernel
def _new_slot(rows: RowArrays, source: int, target: int) -> int:
    """A slot for a pair that has none: at the head of both chains and in the table."""
    slot = rows.sizes[SLOTS]
    rows.sizes[SLOTS] += 1
    rows.slot_source[slot], rows.slot_target[slot] = source, target
    weight = base_weight(rows, source, target)
    rows.slot_was[slot], rows.slot_now[slot] = weight, weight
    rows.out_next[slot], rows.in_next[slot] = rows.out_head[source], rows.in_head[target]
    rows.out_head[source], rows.in_head[target] = slot, slot
    mask = np.uint64(len(rows.table) - 1)
    at = _place(source, target, mask)
    while rows.table[at] >= 0:
        at = (at + np.uint64(1)) & mask
    rows.table[at] = slot
    return int(slot)


@kernel
def set_weight(rows: RowArrays, source: int, target: int, weight: float) -> None:
    """Lets a pair weigh ``weight``: slot, counts and totals of both ends. O(1) on long rows, O(row) on short ones."""
    slot = find_slot(rows, source, target)
    if slot < 0:
        slot = _new_slot(rows, source, target)
    change = weight - rows.slot_now[slot]
    present = int(weight > 0) - int(rows.slot_now[slot] > 0)
    for end in (source, target):
        rows.heaviest[end] = max(rows.heaviest[end], rows.slot_now[slot])
    rows.slot_now[slot] = weight
    rows.out_count[source] += present
    rows.in_count[target] += present
    before = rows.out_total[source]
    if rows.out_count[source] <= _SHORT or before + change < before / 2:
        rows.out_total[source] = out_sum(rows, source) if rows.out_count[source] else 0.0
    else:
        rows.out_total[source] = before + change
        rows.sizes[LOOSE] += 1
    for end in (source, target):
        _change_degree(rows, end, change)


@kernel
def _change_degree(rows: RowArrays, end: int, change: float) -> None:
    """d of one end, and how far its rows have shrunk below what left them."""
    links = rows.out_count[end] + rows.in_count[end]
    before = rows.degree_total[end]
    if links == 0:
        rows.degree_total[end] = 0.0
    elif links <= _SHORT or before + change < before / 2:
        rows.degree_total[end] = out_sum(rows, end) + in_sum(rows, end)
    else:
        rows.degree_total[end] = before + change
        rows.sizes[LOOSE] += 1
    least = rows.degree_total[end]
    if rows.out_count[end]:
        least = min(least, rows.out_total[end])
    if links > 0:
        skew = np.inf if least <= 0 else rows.heaviest[end] / least
        rows.skew[0] = max(rows.skew[0], skew)
