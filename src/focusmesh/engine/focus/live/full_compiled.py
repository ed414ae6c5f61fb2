"""Kernels of the residual ledger with springs and heat: an edit changes columns of P̄ and of Q.

The joint residual is r = N(x, y) − x with Σ_k c_k Q y_{k−1} in place of Σ_k c_k Qᵏ x (docs/explanation/live.md). One
column of Q that changes adds a multiple of itself to r and, for every lane, to the sources G_l = ΔQ y_l: by how much
lane l + 1 is no longer Q y_l. Sources wait until a read asks for a correction.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.focus.live.push_compiled import send
from focusmesh.engine.focus.live.row_arrays import BASE, RowArrays
from focusmesh.engine.focus.live.rows_compiled import set_weight, weight_between
from focusmesh.engine.focus.live.state import (
    DRIFT,
    EDGES,
    LISTED,
    NORM,
    RESIDUAL,
    TOTAL,
    State,
)
from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]


@kernel
def _add_row(
    cells: Array,
    sources: Array,
    listing: tuple[Array, Array, Array],
    norms: Array,
    column: Array,
    weight: Array,
    share: float,
    amounts: Array,
) -> tuple[float, float]:
    """Adds share·weight·amounts to the sources of a row, the last of ``amounts`` to r; by how much r grew."""
    grown = 0.0
    total = 0.0
    weighted, lanes = len(weight) > 0, sources.shape[1]
    seen, listed, marks = listing
    count = marks[LISTED]
    for at in range(np.uint64(len(column))):
        i = column[at]
        if lanes > 0 and seen[i] == 0:
            seen[i] = 1
            listed[count] = i
            count += 1
        part = share * weight[at] if weighted else share
        for lane in range(lanes):
            before = sources[i, lane]
            after = before + part * amounts[lane]
            sources[i, lane] = after
            norms[lane] += abs(after) - abs(before)
        was = cells[i, RESIDUAL]
        now = was + part * amounts[lanes]
        cells[i, RESIDUAL] = now
        grown += float(abs(now) - abs(was))
        total += float(part * amounts[lanes])
    marks[LISTED] = count
    marks[EDGES] += len(column)
    return grown, total


@kernel
def _add_entries(state: State, column: Array, weight: Array, share: float, amounts: Array) -> None:
    listing = state.seen, state.listed, state.marks
    grown, total = _add_row(
        state.cells, state.sources, listing, state.norms, column, weight, share, amounts
    )
    state.sums[NORM] += grown
    state.sums[TOTAL] += total


@kernel
def _add_one(state: State, at: int, share: float, amounts: Array) -> None:
    column, weight = np.array([at], dtype=np.uint32), np.zeros(0, dtype=np.float32)
    _add_entries(state, column, weight, share, amounts)


@kernel
def _add_column(rows: RowArrays, state: State, at: int, share: float, amounts: Array) -> None:
    """Adds ``share`` times the weights of all links of ``at``."""
    if at < rows.sizes[BASE]:
        first, stop = rows.out_start[at], rows.out_start[at + 1]
        weight = rows.out_weight[first:stop] if len(rows.out_weight) else rows.out_weight
        _add_entries(state, rows.out_target[first:stop], weight, share, amounts)
        first, stop = rows.in_start[at], rows.in_start[at + 1]
        weight = rows.in_weight[first:stop] if len(rows.in_weight) else rows.in_weight
        _add_entries(state, rows.in_source[first:stop], weight, share, amounts)
    slot = rows.out_head[at]
    while slot >= 0:
        change = rows.slot_now[slot] - rows.slot_was[slot]
        _add_one(state, rows.slot_target[slot], share * change, amounts)
        slot = rows.out_next[slot]
    slot = rows.in_head[at]
    while slot >= 0:
        change = rows.slot_now[slot] - rows.slot_was[slot]
        _add_one(state, rows.slot_source[slot], share * change, amounts)
        slot = rows.in_next[slot]


@kernel
def _amounts(state: State, at: int, coefficients: Array) -> Array:
    """y_0 … y_{K−1} at a particle, and Σ_k c_k y_{k−1}: what a column of Q is multiplied by."""
    lanes = state.sources.shape[1]
    amounts = np.zeros(lanes + 1)
    for lane in range(lanes):
        amounts[lane] = state.x[at] if lane == 0 else state.lanes[lane - 1, at]
        amounts[lanes] += coefficients[lane + 1] * amounts[lane]
    return amounts


@kernel
def _change_column(
    rows: RowArrays,
    state: State,
    ends: tuple[int, int],
    before: tuple[int, float],
    change: float,
    coefficients: Array,
) -> None:
    """What a changed weight between ``ends`` does to the first one's column of Q. ``before``: its links and total."""
    at, other = ends
    amounts = _amounts(state, at, coefficients)
    links, total = before
    links_now, now = rows.out_count[at] + rows.in_count[at], rows.degree_total[at]
    if links > 0 and links_now > 0:
        _add_column(rows, state, at, 1.0 / now - 1.0 / total, amounts)
        _add_one(state, other, change / total, amounts)
    elif links_now > 0:
        _add_one(state, at, -1.0, amounts)
        _add_column(rows, state, at, 1.0 / now, amounts)
    elif links > 0:
        _add_one(state, other, -1.0, amounts)
        _add_one(state, at, 1.0, amounts)


@kernel
def edit_full(
    rows: RowArrays,
    state: State,
    pairs: tuple[Array, Array, Array],
    adding: bool,
    factor: float,
    threshold: float,
    coefficients: Array,
) -> None:
    """Sets (or adds to) the weights of pairs, r and the sources that follow. O(links of both ends) each."""
    for row in range(len(pairs[0])):
        source, target, weight = int(pairs[0][row]), int(pairs[1][row]), pairs[2][row]
        old = weight_between(rows, source, target)
        weight = old + weight if adding else weight
        if weight == old:
            continue
        state.sums[DRIFT] += 2 * (abs(state.x[source]) + abs(state.x[target]))
        one = int(rows.out_count[source] + rows.in_count[source]), rows.degree_total[source]
        two = int(rows.out_count[target] + rows.in_count[target]), rows.degree_total[target]
        send(rows, state, source, -state.x[source], factor, threshold)
        set_weight(rows, source, target, weight)
        send(rows, state, source, state.x[source], factor, threshold)
        change = weight - old
        _change_column(rows, state, (source, target), one, change, coefficients)
        _change_column(rows, state, (target, source), two, change, coefficients)
