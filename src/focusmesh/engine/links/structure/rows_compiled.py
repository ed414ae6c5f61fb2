"""Kernels of packed rows: sums over long rows where they lie, over short ones eight at a time."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.links.structure.gather_compiled import LANES, dot, dot_pairs, slice_sums
from focusmesh.engine.support.compiled import inline, kernel

Array: TypeAlias = npt.NDArray[Any]

_BLOCK = 512


@inline
def _row(column: Array, weight: Array | None, gathered: Array, first: int, stop: int) -> float:
    """Sum of one row: blocks of 512 terms in eight lanes, blocks added with Knuth's exact two-sum."""
    total, lost, at = 0.0, 0.0, first
    while at < stop:
        cut = min(at + _BLOCK, stop)
        block: float = dot(column, weight, gathered, at, cut)
        bigger = total + block
        added = bigger - total
        lost += (total - (bigger - added)) + (block - added)
        total = bigger
        at = cut
    return total + lost


@kernel
def long_rows(
    rows: Array,
    start: Array,
    column: Array,
    weight: Array | None,
    gathered: Array,
    span: tuple[int, int],
    total: Array,
) -> None:
    """``total[i]`` = Σ weight·gathered[column] for each row i of ``rows[span]``."""
    for at in range(span[0], span[1]):
        i = rows[at]
        total[i] = _row(column, weight, gathered, start[i], start[i + 1])


@kernel
def long_row_pairs(
    rows: Array,
    start: Array,
    column: Array,
    weight: Array | None,
    gathered: Array,
    span: tuple[int, int],
    total: Array,
    other: Array,
) -> None:
    """``long_rows`` for both values of pairs."""
    for at in range(span[0], span[1]):
        i = rows[at]
        total[i], other[i] = dot_pairs(column, weight, gathered, start[i], start[i + 1])


@kernel
def short_rows(
    rows: Array,
    start: Array,
    column: Array,
    weight: Array | None,
    gathered: Array,
    span: tuple[int, int],
    total: Array,
    other: Array | None,
) -> None:
    """The same for the slices ``span`` of eight rows each; with ``other``, of pairs."""
    for at in range(span[0], span[1]):
        steps = (start[at + 1] - start[at]) // LANES
        slice_sums(column, weight, gathered, start[at], steps, rows, LANES * at, total, other)


@kernel
def order_by_length(start: Array, place: Array, limit: Array, packed: Array, others: Array) -> None:
    """Spreads the rows that are not empty: to ``packed`` where ``place[length]`` is below ``limit[length]``.

    ``place`` advances; the rows that find no place, or are longer than ``place`` knows, go to ``others`` in order.
    """
    left = 0
    for i in range(len(start) - 1):
        length = start[i + 1] - start[i]
        if length == 0:
            continue
        if length < len(place) and place[length] < limit[length]:
            packed[place[length]] = i
            place[length] += 1
        else:
            others[left] = i
            left += 1


@kernel
def pack(
    start: Array,
    values: Array,
    rows: Array,
    slice_start: Array,
    span: tuple[int, int],
    packed: Array,
) -> None:
    """Copies the ``values`` of rows into slices, lane by lane."""
    for at in range(span[0], span[1]):
        steps = (slice_start[at + 1] - slice_start[at]) // LANES
        for lane in range(LANES):
            first = np.uint64(start[rows[LANES * at + lane]])
            to = np.uint64(slice_start[at] + lane)
            for step in range(np.uint64(steps)):
                packed[to + np.uint64(LANES) * step] = values[first + step]
