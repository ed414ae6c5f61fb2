"""Kernels of the large builder: two counting sorts and a merge, over ranges of links or of rows.

``weight`` arrays have length 0 where ``weighted`` is false. Cursors are int64: the next free slot of each row.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]

NOT_ONE = 1
INEXACT = 2
BLOCK = 64
"""Terms that are added plainly before a compensated addition takes their sum."""


@kernel
def end_index(value: int, base: int, index_of: Array) -> int:
    """Particle index of a link end, −1 when it is none.

    ``index_of[value − base]`` with a table; without one ``value`` itself, if below ``base`` particles.
    """
    if len(index_of) == 0:
        return value if 0 <= value < base else -1
    index: int = index_of[value - base]
    return index


@kernel
def count(
    source: Array,
    target: Array,
    weight: Array,
    weighted: bool,
    span: tuple[int, int],
    base: int,
    index_of: Array,
    out_count: Array,
    in_count: Array,
) -> tuple[int, int]:
    """Adds the kept links of ``span`` to the counts; (first bad row or −1, flags of the weights)."""
    flags = 0
    for row in range(span[0], span[1]):
        tail = end_index(source[row], base, index_of)
        head = end_index(target[row], base, index_of)
        if tail < 0 or head < 0:
            return row, flags
        if weighted:
            amount = weight[row]
            if not (amount >= 0 and amount < np.inf):
                return row, flags
            if amount == 0 or tail == head:
                continue
            if amount != 1:
                flags |= NOT_ONE
                if np.float32(amount) != amount:
                    flags |= INEXACT
        if tail != head:
            out_count[tail] += np.uint32(1)
            in_count[head] += np.uint32(1)
    return -1, flags


@kernel
def scatter_by_target(
    source: Array,
    target: Array,
    weight: Array,
    weighted: bool,
    span: tuple[int, int],
    base: int,
    index_of: Array,
    position: Array,
    cursor: Array,
    column: Array,
    value: Array,
) -> None:
    """Puts the source positions and weights of ``span`` into rows by target; ``cursor`` is by particle."""
    keep = len(value) > 0
    for row in range(span[0], span[1]):
        if weighted and weight[row] == 0:
            continue
        tail = end_index(source[row], base, index_of)
        head = end_index(target[row], base, index_of)
        if tail != head:
            slot = cursor[head]
            cursor[head] = slot + 1
            column[slot] = position[tail]
            if keep:
                value[slot] = weight[row]


@kernel
def transpose_count(start: Array, column: Array, rows: tuple[int, int], counts: Array) -> None:
    """Adds the entries of ``rows`` to the counts of their columns."""
    for entry in range(start[rows[0]], start[rows[1]]):
        counts[column[entry]] += 1


@kernel
def transpose_scatter(
    start: Array,
    column: Array,
    value: Array,
    rows: tuple[int, int],
    cursor: Array,
    new_column: Array,
    new_value: Array,
) -> None:
    """Puts the entries of ``rows`` into rows by column; ascending rows make sorted new rows."""
    keep = len(value) > 0
    for row in range(rows[0], rows[1]):
        for entry in range(start[row], start[row + 1]):
            other = column[entry]
            slot = cursor[other]
            cursor[other] = slot + 1
            new_column[slot] = row
            if keep:
                new_value[slot] = value[entry]


@kernel
def count_distinct(start: Array, column: Array, rows: tuple[int, int], distinct: Array) -> None:
    """Number of different columns in each sorted row."""
    for row in range(rows[0], rows[1]):
        found = 0
        for entry in range(start[row], start[row + 1]):
            if entry == start[row] or column[entry] != column[entry - 1]:
                found += 1
        distinct[row] = found


@kernel
def merge(
    start: Array,
    column: Array,
    value: Array,
    rows: tuple[int, int],
    new_column: Array,
    new_value: Array,
) -> bool:
    """Sums equal neighbours of ``rows`` into the new arrays (which may be the old ones), from their first entry on.

    Where ``value`` is empty every entry counts 1. Returns False when a sum was rounded.
    """
    exact = True
    weighted = len(value) > 0
    slot = start[rows[0]]
    for row in range(rows[0], rows[1]):
        entry = start[row]
        while entry < start[row + 1]:
            other = column[entry]
            total = 0.0
            while entry < start[row + 1] and column[entry] == other:
                total += value[entry] if weighted else 1.0
                entry += 1
            new_column[slot] = other
            new_value[slot] = total
            exact = exact and new_value[slot] == total
            slot += 1
    return exact


@kernel
def row_totals(start: Array, value: Array, rows: tuple[int, int], total: Array) -> None:
    """Compensated sum of each row in float64; rows without values count their entries."""
    weighted = len(value) > 0
    for row in range(rows[0], rows[1]):
        if not weighted:
            total[row] = start[row + 1] - start[row]
            continue
        running, lost = 0.0, 0.0
        for first in range(start[row], start[row + 1], BLOCK):
            block = 0.0
            for entry in range(first, min(first + BLOCK, start[row + 1])):
                block += value[entry]
            bigger = running + block
            lost += (running - bigger) + block if running >= block else (block - bigger) + running
            running = bigger
        total[row] = running + lost


@kernel
def falling_order(count_of: Array, order: Array) -> None:
    """Stable order by falling count: a counting sort over the counts, O(n + largest)."""
    largest = 0
    for particle in range(len(count_of)):
        largest = max(largest, count_of[particle])
    slots = np.zeros(largest + 2, dtype=np.int64)
    for particle in range(len(count_of)):
        slots[largest - count_of[particle] + 1] += 1
    for rank in range(largest + 1):
        slots[rank + 1] += slots[rank]
    for particle in range(len(count_of)):
        rank = largest - count_of[particle]
        order[slots[rank]] = particle
        slots[rank] += 1


@kernel
def mark_numbers(ends: Array, lowest: int, seen: Array, span: tuple[int, int]) -> None:
    """Marks which numbers occur among ``ends``."""
    for row in range(span[0], span[1]):
        seen[ends[row] - lowest] = True
