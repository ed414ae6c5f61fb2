"""Kernels of a live correction: shares over edited rows, what the delta adds, images with the tail's own source."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.focus.live.row_arrays import SLOTS, RowArrays
from focusmesh.engine.focus.live.state import LISTED, State
from focusmesh.engine.support.compiled import kernel, summing

Array: TypeAlias = npt.NDArray[Any]


@kernel
def inverses(rows: RowArrays, by_out: Array, by_degree: Array) -> None:
    """1 / o and 1 / d, 0 where there is nothing to share out."""
    for i in range(np.uint64(len(by_out))):
        by_out[i] = 1.0 / rows.out_total[i] if rows.out_count[i] > 0 else 0.0
        linked = rows.out_count[i] + rows.in_count[i] > 0
        by_degree[i] = 1.0 / rows.degree_total[i] if linked else 0.0


@summing
def masses(x: Array, by_out: Array, span: tuple[int, int]) -> tuple[float, float]:
    """Σx of a range, and Σx of what dangles."""
    mass, followed = 0.0, 0.0
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        mass += x[i]
        followed += x[i] if by_out[i] > 0 else 0.0
    return mass, mass - followed


@kernel
def clear_edited(rows: RowArrays, followed: Array, inward: Array, outward: Array) -> None:
    """Zeros at the ends of changed links: row sums leave rows that had no link before as they are."""
    for slot in range(rows.sizes[SLOTS]):
        followed[rows.slot_target[slot]] = 0.0
        inward[rows.slot_target[slot]] = 0.0
        outward[rows.slot_source[slot]] = 0.0


@kernel
def add_delta(
    rows: RowArrays, pairs: Array, followed: Array, inward: Array, outward: Array
) -> None:
    """Adds what the changes of weights send along links, and on undirected steps both ways."""
    source, target, was, now = rows.slot_source, rows.slot_target, rows.slot_was, rows.slot_now
    for slot in range(rows.sizes[SLOTS]):
        change = np.float32(now[slot] - was[slot])
        followed[target[slot]] += change * pairs[source[slot], 0]
        inward[target[slot]] += change * pairs[source[slot], 1]
        outward[source[slot]] += change * pairs[target[slot], 1]


@summing
def images(
    sums: tuple[Array, Array, Array],
    x: Array,
    tail: Array,
    constant: Array,
    own: Array,
    counts: tuple[Array, Array],
    spread: tuple[Array, Array],
    factors: tuple[float, float, float, float, float, float],
    span: tuple[int, int],
    image_x: Array,
    image_tail: Array,
) -> None:
    """The images of x and of the tail for a range. ``sums``: of what was followed, and of tails in and out.

    ``constant`` is the source of x, ``own`` that of the tail; ``spread``: u and u0, of length 1 where they are even.
    ``factors``: of P x, of u, of u0, of the tail, then 1/(1 − c_0) and ρ.
    """
    along, teleported, landed, weight, scale, ratio = factors
    first, rho = np.uint64(span[0]), np.float32(ratio)
    flat, flat0 = len(spread[0]) == 1, len(spread[1]) == 1
    for k in range(np.uint64(span[1]) - first):
        i = first + k
        onward = sums[1][i] + sums[2][i]
        if counts[0][i] + counts[1][i] == 0:
            onward = x[i] + rho * tail[i]
        onward += own[i]
        image_tail[k] = onward
        drawn = teleported * (spread[0][0] if flat else spread[0][i])
        drawn += landed * (spread[1][0] if flat0 else spread[1][i])
        image_x[k] = scale * (drawn + constant[i] + along * sums[0][i] + weight * onward)


@kernel
def gather_sources(state: State, ratio: float, own: Array) -> None:
    """``own`` = Σ_l ρ^l G_l, where edits have left anything."""
    sources, listed = state.sources, state.listed
    for at in range(state.marks[LISTED]):
        i = listed[at]
        value = 0.0
        for lane in range(sources.shape[1] - 1, -1, -1):
            value = value * ratio + sources[i, lane]
        own[i] = value


@kernel
def add_sources(state: State, lane: int, vector: Array) -> None:
    """``vector`` += G_lane."""
    sources, listed = state.sources, state.listed
    for at in range(state.marks[LISTED]):
        vector[listed[at]] += sources[listed[at], lane]


@kernel
def apart_from(state: State, lane: int, norms: Array) -> None:
    """``norms`` of G_lane − G_l, in L1, for each l."""
    sources, listed = state.sources, state.listed
    norms[:] = 0.0
    for at in range(state.marks[LISTED]):
        i = listed[at]
        for other in range(sources.shape[1]):
            norms[other] += abs(sources[i, lane] - sources[i, other])


@kernel
def drop_sources(state: State) -> None:
    """Everything that edits have left is taken in."""
    for at in range(state.marks[LISTED]):
        i = state.listed[at]
        state.sources[i, :] = 0.0
        state.seen[i] = 0
    state.norms[:] = 0.0
    state.marks[LISTED] = 0
