"""Kernels of the residual ledger in PageRank mode: an edit changes few residuals, and a push moves one along its row.

With N = R without its terms in u, the ledger keeps r, which differs from N x − x by a fixed vector along u. What
dangling particles send to u0 is counted in ``landed``. H. Zhang, P. Lofgren, A. Goel, KDD 2016, scale as here.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.focus.live.row_arrays import BASE, RowArrays
from focusmesh.engine.focus.live.rows_compiled import set_weight, weight_between
from focusmesh.engine.focus.live.state import (
    COST,
    DRIFT,
    EDGES,
    FIRST,
    LANDED,
    MASS,
    MOVED,
    NORM,
    OVERHEAD,
    RESIDUAL,
    TOTAL,
    WAITING,
    State,
)
from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]

_SHORT = 4
_LARGE_CHANGE = 0.25


@kernel
def _add(
    cells: Array,
    queue: Array,
    marks: Array,
    column: Array,
    weight: Array,
    share: float,
    threshold: float,
) -> tuple[float, float]:
    """Adds share·weight to the residuals in ``column``; by how much their sizes and they themselves grew.

    What is worth a push is queued. This is the one loop that meets memory at random: it gets bare arrays, since a tuple
    of arrays handed on in a loop has its references counted each time.
    """
    grown, total = 0.0, 0.0
    spot, waiting, room = marks[FIRST] + marks[WAITING], marks[WAITING], len(queue)
    weighted = len(weight) > 0
    for at in range(np.uint64(len(column))):
        value = share * weight[at] if weighted else share
        target = column[at]
        before = cells[target, RESIDUAL]
        after = before + value
        cells[target, RESIDUAL] = after
        cost = cells[target, COST]
        size = abs(after)
        if cost > 0.0 and size >= threshold * cost:
            cells[target, COST] = -cost
            queue[spot if spot < room else spot - room] = target
            spot += 1
            waiting += 1
        grown += size - abs(before)
        total += value
    marks[WAITING] = waiting
    marks[EDGES] += len(column)
    return grown, total


@kernel
def add_one(state: State, at: int, value: float, threshold: float) -> None:
    """Adds to one residual, and queues it when it is worth a push."""
    column, weight = np.array([at], dtype=np.uint32), np.array([1.0])
    grown, total = _add(state.cells, state.queue, state.marks, column, weight, value, threshold)
    state.sums[NORM] += grown
    state.sums[TOTAL] += total


@kernel
def spread(rows: RowArrays, state: State, source: int, share: float, threshold: float) -> None:
    """Adds share·weight to the residual of every target of ``source``."""
    if source < rows.sizes[BASE]:
        first, stop = rows.out_start[source], rows.out_start[source + 1]
        column = rows.out_target[first:stop]
        weight = rows.out_weight[first:stop] if len(rows.out_weight) else rows.out_weight
        grown, total = _add(state.cells, state.queue, state.marks, column, weight, share, threshold)
        state.sums[NORM] += grown
        state.sums[TOTAL] += total
    slot = rows.out_head[source]
    while slot >= 0:
        change = rows.slot_now[slot] - rows.slot_was[slot]
        add_one(state, rows.slot_target[slot], share * change, threshold)
        slot = rows.out_next[slot]


@kernel
def send(
    rows: RowArrays, state: State, source: int, mass: float, factor: float, threshold: float
) -> None:
    """Adds factor·P̄·mass·e_source to the residual: along its row, or to what lands at u0."""
    if rows.out_count[source]:
        spread(rows, state, source, factor * mass / rows.out_total[source], threshold)
    else:
        state.sums[LANDED] += factor * mass


@kernel
def edit(
    rows: RowArrays,
    state: State,
    pairs: tuple[Array, Array, Array],
    adding: bool,
    factor: float,
    threshold: float,
) -> None:
    """Sets (or adds to) the weights of pairs (sources, targets, weights), and the residuals that follow."""
    for row in range(len(pairs[0])):
        source, target, weight = int(pairs[0][row]), int(pairs[1][row]), pairs[2][row]
        old, before = weight_between(rows, source, target), rows.out_total[source]
        weight = old + weight if adding else weight
        if weight == old:
            continue
        state.sums[DRIFT] += abs(state.x[source])
        change = weight - old
        if rows.out_count[source] <= _SHORT or abs(change) > _LARGE_CHANGE * before:
            send(rows, state, source, -state.x[source], factor, threshold)
            set_weight(rows, source, target, weight)
            send(rows, state, source, state.x[source], factor, threshold)
        else:
            share = state.x[source] / before
            set_weight(rows, source, target, weight)
            grown = share * rows.out_total[source] - state.x[source]
            state.x[source] += grown
            state.sums[MASS] += grown
            state.sums[MOVED] += abs(grown)
            add_one(state, source, -grown, threshold)
            add_one(state, target, factor * share * change, threshold)
        cost = float(rows.out_count[source] + OVERHEAD)
        state.cells[source, COST] = cost if state.cells[source, COST] > 0 else -cost
        add_one(state, source, 0.0, threshold)


@kernel
def requeue(state: State, count: int, threshold: float) -> None:
    """Queues every residual that is worth a push, after a dense pass has changed them all."""
    cells, queue, marks = state.cells, state.queue, state.marks
    waiting = 0
    for at in range(np.uint64(count)):
        cost = abs(cells[at, COST])
        worth = abs(cells[at, RESIDUAL]) >= threshold * cost
        cells[at, COST] = -cost if worth else cost
        if worth:
            queue[waiting] = at
            waiting += 1
    marks[FIRST], marks[WAITING] = 0, waiting


@kernel
def push(
    rows: RowArrays, state: State, factor: float, threshold: float, goal: float, limit: int
) -> None:
    """Moves queued residuals into x and on along their rows, first come first, until Σ|r| ≤ ``goal``.

    Ends as well when nothing is worth a push, or after ``limit`` links.
    """
    cells, queue, marks, sums, x = state.cells, state.queue, state.marks, state.sums, state.x
    start, column, weight = rows.out_start, rows.out_target, rows.out_weight
    out_count, out_total, head = rows.out_count, rows.out_total, rows.out_head
    marks[EDGES] = 0
    while marks[WAITING] > 0 and marks[EDGES] < limit and sums[NORM] > goal:
        at = queue[marks[FIRST]]
        marks[FIRST] = marks[FIRST] + 1 if marks[FIRST] + 1 < len(queue) else 0
        marks[WAITING] -= 1
        cost, value = -cells[at, COST], cells[at, RESIDUAL]
        cells[at, COST] = cost
        if abs(value) < threshold * cost:
            continue
        cells[at, RESIDUAL] = 0.0
        x[at] += value
        sums[MASS] += value
        sums[MOVED] += abs(value)
        sums[DRIFT] += abs(x[at])
        sums[NORM] -= abs(value)
        sums[TOTAL] -= value
        if head[at] < 0 and out_count[at]:
            row = slice(start[at], start[at + 1])
            share = factor * value / out_total[at]
            weights = weight[row] if len(weight) else weight
            grown, total = _add(cells, queue, marks, column[row], weights, share, threshold)
            sums[NORM] += grown
            sums[TOTAL] += total
        else:
            send(rows, state, at, value, factor, threshold)
