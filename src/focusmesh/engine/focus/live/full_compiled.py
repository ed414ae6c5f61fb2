"""Kernels of the residual ledger with springs and heat: an edit changes columns of P̄ and of Q.

The joint residual is r = N(x, y) − x with Σ_k c_k Q y_{k−1} in place of Σ_k c_k Qᵏ x
(docs/explanation/operator.md): one column of Q
that changes adds a multiple of itself to r and to the lag of every lane.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.focus.live.push_compiled import send
from focusmesh.engine.focus.live.row_arrays import BASE, RowArrays
from focusmesh.engine.focus.live.rows_compiled import set_weight, weight_between
from focusmesh.engine.focus.live.state import DRIFT, NORM, RESIDUAL, TOTAL, State
from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]


@kernel
def _add_row(vector: Array, column: Array, weight: Array, share: float) -> float:
    """Adds share·weight to the entries in ``column``; by how much their sizes grew."""
    grown = 0.0
    weighted = len(weight) > 0
    for at in range(np.uint64(len(column))):
        before = vector[column[at]]
        after = before + (share * weight[at] if weighted else share)
        vector[column[at]] = after
        grown += abs(after) - abs(before)
    return grown


@kernel
def _add_one(vector: Array, at: int, value: float) -> float:
    before = vector[at]
    vector[at] = before + value
    return float(abs(before + value) - abs(before))


@kernel
def add_column(rows: RowArrays, vector: Array, at: int, amount: float) -> float:
    """Adds amount·Q e_at to ``vector``; by how much its L1 norm grew."""
    if rows.out_count[at] + rows.in_count[at] == 0:
        return _add_one(vector, at, amount)
    share, grown = amount / rows.degree_total[at], 0.0
    if at < rows.sizes[BASE]:
        first, stop = rows.out_start[at], rows.out_start[at + 1]
        weight = rows.out_weight[first:stop] if len(rows.out_weight) else rows.out_weight
        grown += _add_row(vector, rows.out_target[first:stop], weight, share)
        first, stop = rows.in_start[at], rows.in_start[at + 1]
        weight = rows.in_weight[first:stop] if len(rows.in_weight) else rows.in_weight
        grown += _add_row(vector, rows.in_source[first:stop], weight, share)
    slot = rows.out_head[at]
    while slot >= 0:
        change = rows.slot_now[slot] - rows.slot_was[slot]
        grown += _add_one(vector, rows.slot_target[slot], share * change)
        slot = rows.out_next[slot]
    slot = rows.in_head[at]
    while slot >= 0:
        change = rows.slot_now[slot] - rows.slot_was[slot]
        grown += _add_one(vector, rows.slot_source[slot], share * change)
        slot = rows.in_next[slot]
    return grown


@kernel
def _lane(state: State, lane: int, at: int) -> float:
    """y_lane at one particle; y_0 is x."""
    return float(state.x[at] if lane == 0 else state.lanes[lane - 1, at])


@kernel
def _shift_column(rows: RowArrays, state: State, at: int, sign: float, coefficients: Array) -> None:
    """Adds (or takes away) what column ``at`` of Q contributes to r and to the lags that are kept as vectors."""
    amount = 0.0
    for power in range(1, len(coefficients)):
        amount += coefficients[power] * _lane(state, power - 1, at)
    state.sums[NORM] += add_column(rows, state.cells[:, RESIDUAL], at, sign * amount)
    state.sums[TOTAL] += sign * amount
    for lag in range(state.lags.shape[0]):
        state.apart[lag] += add_column(rows, state.lags[lag], at, sign * _lane(state, lag, at))


@kernel
def column_change(
    links: int, total: float, pair: float, links_now: int, now: float, pair_now: float
) -> float:
    """‖ΔQ e_p‖₁ of a particle whose links, total and weight to the other end change. Closed form."""
    if links == 0 and links_now == 0:
        return 0.0
    if links == 0 or links_now == 0:
        return 2.0
    return abs(pair / total - pair_now / now) + abs((total - pair) / total - (now - pair_now) / now)


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
    """Sets (or adds to) the weights of pairs, and the residuals and lags that follow. O(links of both ends) each."""
    for row in range(len(pairs[0])):
        source, target, weight = int(pairs[0][row]), int(pairs[1][row]), pairs[2][row]
        old = weight_between(rows, source, target)
        weight = old + weight if adding else weight
        if weight == old:
            continue
        state.sums[DRIFT] += 2 * (abs(state.x[source]) + abs(state.x[target]))
        pair = old + weight_between(rows, target, source)
        ends = np.array([source, target])
        links = rows.out_count[ends] + rows.in_count[ends]
        total = rows.degree_total[ends]
        send(rows, state, source, -state.x[source], factor, threshold)
        for end in ends:
            _shift_column(rows, state, end, -1.0, coefficients)
        set_weight(rows, source, target, weight)
        send(rows, state, source, state.x[source], factor, threshold)
        for side in range(2):
            end = ends[side]
            _shift_column(rows, state, end, 1.0, coefficients)
            links_now = rows.out_count[end] + rows.in_count[end]
            moved = column_change(
                links[side],
                total[side],
                pair,
                links_now,
                rows.degree_total[end],
                pair + weight - old,
            )
            for lane in range(state.lags.shape[0], state.lanes.shape[0]):
                state.apart[lane] += abs(_lane(state, lane, end)) * moved
