"""From link columns to a Structure: drop self-loops and zero weights, sum duplicates, renumber, sort.

Two builders give the same arrays (totals up to their last bit: sums of rows are rounded differently): NumPy for
small inputs, compiled kernels from COMPILED_FROM_LINKS links on.
Weights are kept exactly: as float32 where that loses nothing (or where they came as float32), else as float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links.columns import verify_weights
from focusmesh.engine.links.structure.builder_checks import (
    Labels,
    bad_end,
    inverse,
    verify_totals,
)
from focusmesh.engine.links.structure.structure import Structure
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS
from focusmesh.engine.support.sparse_loops import stable_order
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import (
        FloatArray,
        IndexArray,
        IntArray,
        OffsetArray,
        WeightArray,
    )
    from focusmesh.engine.support.progress import Progress

PARTICLES_MAX = 2**32 - 2
"""Particles are indexed by uint32."""


def build(
    source: IntArray,
    target: IntArray,
    weight: WeightArray | None,
    particle_count: int,
    labels: Labels | None = None,
    progress: Progress | None = None,
) -> Structure:
    """The structure of links whose ends are indices below ``particle_count``, or numbers with ``labels``.

    Raises InputError for a bad weight or index, naming the row. O(n + m) compiled, O(m log m) with NumPy;
    at most 24 bytes a link above the inputs (float64 weights; 16 with float32, 8 unweighted). ``progress`` is told
    after each pass over many links.
    """
    if particle_count > PARTICLES_MAX:
        raise InputError(f"{particle_count} particles; a graph holds at most {PARTICLES_MAX}")
    if len(source) >= COMPILED_FROM_LINKS:
        from focusmesh.engine.links.structure import builder_large as building_large

        return building_large.build(source, target, weight, particle_count, labels, progress)
    return build_small(source, target, weight, particle_count, labels)


def build_small(
    source: IntArray,
    target: IntArray,
    weight: WeightArray | None,
    particle_count: int,
    labels: Labels | None = None,
) -> Structure:
    """``build`` with NumPy alone."""
    if labels is not None:
        source = labels.index_of[source - labels.lowest]
        target = labels.index_of[target - labels.lowest]
    verify_ends(source, particle_count)
    verify_ends(target, particle_count)
    if weight is not None:
        verify_weights(weight)
    kept = source != target if weight is None else (source != target) & (weight > 0)
    out_count = np.bincount(source[kept].astype(np.int64), minlength=particle_count)
    most = int(out_count.max(initial=0))
    order = stable_order(most - out_count, most + 1).astype(np.uint32)
    position = inverse(order)
    amounts = None if weight is None else weight[kept].astype(np.float64)
    out_source, out_target, summed = _aggregate(
        position[source[kept]], position[target[kept]], amounts, particle_count
    )
    stored = narrowest(summed, weight is not None and weight.dtype == np.float32)
    by_target = stable_order(out_target, particle_count)
    in_weight = None if stored is None else stored[by_target]
    in_start = starts(out_target, particle_count)
    out_start = starts(out_source, particle_count)
    out_total = row_sums(out_start, stored)
    degree_total = out_total + row_sums(in_start, in_weight)
    verify_totals(degree_total)
    return Structure(
        in_start=in_start,
        in_source=out_source[by_target],
        in_weight=in_weight,
        out_start=out_start,
        out_target=out_target,
        out_weight=stored,
        out_total=out_total,
        degree_total=degree_total,
        order=order,
        position=position,
    )


def verify_ends(ends: IntArray, particle_count: int) -> None:
    """Raises InputError that names the first index outside of 0 … particle_count − 1."""
    outside = np.flatnonzero((ends < 0) | (ends >= particle_count))
    if len(outside):
        raise bad_end(int(outside[0]), int(ends[outside[0]]), particle_count)


def _aggregate(
    source: IndexArray, target: IndexArray, weight: FloatArray | None, particle_count: int
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Links sorted by (source, target), equal pairs merged, their weights added in order of appearance."""
    by_target = stable_order(target, particle_count)
    by_key = by_target[stable_order(source[by_target], particle_count)]
    ends = source[by_key], target[by_key]
    other = np.ones(len(by_key), dtype=np.bool_)
    other[1:] = (ends[0][1:] != ends[0][:-1]) | (ends[1][1:] != ends[1][:-1])
    first = np.flatnonzero(other)
    if len(first) == len(by_key):
        return *ends, np.ones(len(first)) if weight is None else weight[by_key]
    if weight is None:
        summed = np.diff(np.append(first, len(by_key))).astype(np.float64)
    else:
        # bincount adds one by one, as the compiled builder does; reduceat would add in pairs.
        group = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(by_key))))
        added = np.bincount(group, weights=weight[by_key], minlength=len(first))
        summed = added.astype(np.float64, copy=False)
    return ends[0][first], ends[1][first], summed


def narrowest(weight: FloatArray, single: bool) -> WeightArray | None:
    """``weight`` as None where all are 1, as float32 where exact (or ``single``), else unchanged."""
    if np.all(weight == 1.0):
        return None
    with np.errstate(over="ignore", under="ignore"):
        narrow = weight.astype(np.float32)
    fits = bool(np.all(np.isfinite(narrow))) and (single or np.array_equal(narrow, weight))
    return narrow if fits else weight


def starts(rows: IndexArray, particle_count: int) -> OffsetArray:
    """Row starts, int64 (n+1,), of links sorted by ``rows``."""
    counts = np.bincount(rows, minlength=particle_count)
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def axon_totals(start: OffsetArray, weight: WeightArray | None, *, compiled: bool) -> FloatArray:
    """Totals of rows with the bits that ``build`` gives them, of a graph that is large (``compiled``) or small."""
    if not compiled or weight is None:
        return row_sums(start, weight)
    from focusmesh.engine.links.structure.builder_compiled import row_totals

    total = np.empty(len(start) - 1)
    row_totals(start, weight, (0, len(total)), total)
    return total


def falling_order(counts: IntArray, *, compiled: bool) -> IndexArray:
    """Indices by falling count, equal ones in their order: the order of particles for solvers. O(n) compiled."""
    if not compiled:
        return np.argsort(-counts.astype(np.int64), kind="stable").astype(np.uint32)
    from focusmesh.engine.links.structure import builder_compiled as building_compiled

    order = np.empty(len(counts), dtype=np.uint32)
    building_compiled.falling_order(counts, order)
    return order


def row_sums(start: OffsetArray, weight: WeightArray | None) -> FloatArray:
    """Sum of each row in float64 (pairwise, as NumPy adds), shape (n,)."""
    if weight is None:
        return np.diff(start).astype(np.float64)
    sums = np.zeros(len(start) - 1)
    filled = np.flatnonzero(np.diff(start))
    if len(filled):
        sums[filled] = np.add.reduceat(weight.astype(np.float64), start[filled])
    return sums
