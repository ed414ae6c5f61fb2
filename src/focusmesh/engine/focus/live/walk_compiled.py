"""Kernels of the undirected walk over edited rows: its beginning, what edits add to row sums, and a step."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.focus.live.row_arrays import SLOTS, RowArrays
from focusmesh.engine.support.compiled import kernel, summing

Array: TypeAlias = npt.NDArray[Any]


@kernel
def begin(
    rows: RowArrays, vector: Array, span: tuple[int, int], inverse: Array, y: Array, share: Array
) -> None:
    """``inverse`` = 1 / d, 0 of what is isolated; y = ``vector``, ``share`` = y / d."""
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        linked = rows.out_count[i] + rows.in_count[i] > 0
        inverse[i] = 1.0 / rows.degree_total[i] if linked else 0.0
        y[i] = vector[i]
        share[i] = vector[i] * inverse[i]


@kernel
def add_edits(rows: RowArrays, share: Array, inward: Array, outward: Array) -> None:
    """Adds what changes of weights send both ways; what they have isolated has no sums left, not even rounding."""
    source, target, was, now = rows.slot_source, rows.slot_target, rows.slot_was, rows.slot_now
    for slot in range(rows.sizes[SLOTS]):
        change = now[slot] - was[slot]
        inward[target[slot]] += change * share[source[slot]]
        outward[source[slot]] += change * share[target[slot]]
    for slot in range(rows.sizes[SLOTS]):
        for i in (source[slot], target[slot]):
            if rows.out_count[i] + rows.in_count[i] == 0:
                inward[i] = 0.0
                outward[i] = 0.0


@summing
def advance(
    inward: Array,
    outward: Array,
    inverse: Array,
    factor: float,
    span: tuple[int, int],
    y: Array,
    share: Array,
    result: Array,
    lane: Array,
) -> float:
    """A step of a range, from the sums of both sides; how far y goes in L1. ``lane`` may be empty."""
    turned = 0.0
    for i in range(np.uint64(span[0]), np.uint64(span[1])):
        here = inward[i] + outward[i] + (0.0 if inverse[i] > 0 else y[i])
        turned += abs(here - y[i])
        y[i] = here
        share[i] = here * inverse[i]
        result[i] += factor * here
    if len(lane) > 0:
        for i in range(np.uint64(span[0]), np.uint64(span[1])):
            lane[i] += y[i]
    return turned
