"""The builder for many links: counting sorts in compiled kernels, on all cores.

Links are scattered into rows by target, transposed into sorted out-rows where duplicates are neighbours and are
merged, then transposed back. Nothing else of the size of the links is allocated: at most 24 bytes a link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links.columns import bad_weight
from focusmesh.engine.links.structure import builder_compiled as kernels
from focusmesh.engine.links.structure.builder_checks import bad_end, inverse, verify_totals
from focusmesh.engine.links.structure.builder_passes import Passes, row_spans
from focusmesh.engine.links.structure.structure import Structure
from focusmesh.engine.support.parallel import even_chunks, run, thread_count

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from focusmesh.engine.links.structure.builder_checks import Labels
    from focusmesh.engine.links.structure.builder_passes import Span
    from focusmesh.engine.support.arrays import (
        FloatArray,
        IndexArray,
        IntArray,
        OffsetArray,
        WeightArray,
    )
    from focusmesh.engine.support.progress import Progress

_NO_INDEX = np.zeros(0, dtype=np.uint32)
_COLUMNS = 1 << 16
"""Columns of counts that a thread works on at a time: those of one span stay in its cache."""


class _Links:
    """The inputs of the builder and how their ends are read."""

    def __init__(
        self,
        source: IntArray,
        target: IntArray,
        weight: WeightArray | None,
        particle_count: int,
        labels: Labels | None,
    ) -> None:
        self.source, self.target = np.ascontiguousarray(source), np.ascontiguousarray(target)
        self.weighted = weight is not None
        self.weight = np.zeros(0, np.float32) if weight is None else np.ascontiguousarray(weight)
        self.particle_count = particle_count
        self.base = particle_count if labels is None else labels.lowest
        self.index_of = _NO_INDEX if labels is None else labels.index_of

    def spans(self) -> list[tuple[int, int]]:
        count = len(self.source)
        return even_chunks(count, -(-count // thread_count()))


def build(
    source: IntArray,
    target: IntArray,
    weight: WeightArray | None,
    particle_count: int,
    labels: Labels | None = None,
    progress: Progress | None = None,
) -> Structure:
    """See ``building.build``."""
    passes = Passes(len(source), progress)
    links = _Links(source, target, weight, particle_count, labels)
    out_counts, in_counts, flags = _count(links, passes)
    order = np.empty(particle_count, dtype=np.uint32)
    kernels.falling_order(_sums(out_counts), order)
    del out_counts  # the peak of memory is still to come
    single = weight is not None and weight.dtype == np.float32
    stored: npt.DTypeLike = np.float64 if flags & kernels.INEXACT and not single else np.float32
    built = _sorted_rows(links, in_counts, order, bool(flags & kernels.NOT_ONE), stored, passes)
    start, column, value, exact = _merge_duplicates(*built, stored)
    if not exact and stored == np.float32 and not (single and np.all(np.isfinite(value))):
        built = _sorted_rows(links, in_counts, order, True, np.float64, passes)
        start, column, value, _ = _merge_duplicates(*built, np.float64)
    if np.all(value == 1):
        value = value[:0]
    structure = _structure(order, start, column, value, passes)
    passes.finish()
    return structure


def _count(
    links: _Links, passes: Passes
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32], int]:
    """Out- and in-counts of each span and particle, and what is known of the weights."""
    spans = links.spans()
    out_counts = np.zeros((len(spans), links.particle_count), dtype=np.uint32)
    in_counts = np.zeros_like(out_counts)

    def count(number: int, piece: Span) -> tuple[int, int]:
        return kernels.count(
            *(links.source, links.target, links.weight, links.weighted, piece),
            *(links.base, links.index_of, out_counts[number], in_counts[number]),
        )

    bad_rows, flags = [], 0
    for bad_row, found in passes.over_links(count, spans):
        bad_rows += [bad_row] if bad_row >= 0 else []
        flags |= found
    if bad_rows:
        raise _bad_row(links, min(bad_rows))
    return out_counts, in_counts, flags


def _bad_row(links: _Links, row: int) -> Exception:
    for end in (int(links.source[row]), int(links.target[row])):
        if kernels.end_index(end, links.base, links.index_of) < 0:
            return bad_end(row, end, links.particle_count)
    return bad_weight(row, float(links.weight[row]))


def _rows_by_target(
    links: _Links,
    in_counts: npt.NDArray[np.uint32],
    order: IndexArray,
    valued: bool,
    stored: npt.DTypeLike,
    passes: Passes,
) -> tuple[OffsetArray, IndexArray, WeightArray]:
    """In-rows, unsorted: start, source, weight (empty unless ``valued``)."""
    spans, position = links.spans(), inverse(order)
    start = _starts(_sums(in_counts)[order])
    cursors = _cursors(start[:-1][position], in_counts)
    column, value = _entries(int(start[-1]), valued, stored)

    def scatter(number: int, piece: Span) -> None:
        kernels.scatter_by_target(
            links.source,
            links.target,
            links.weight,
            links.weighted,
            piece,
            links.base,
            links.index_of,
            position,
            cursors[number],
            column,
            value,
        )

    passes.over_links(scatter, spans)
    return start, column, value


def _sorted_rows(
    links: _Links,
    in_counts: npt.NDArray[np.uint32],
    order: IndexArray,
    valued: bool,
    stored: npt.DTypeLike,
    passes: Passes,
) -> tuple[OffsetArray, IndexArray, WeightArray]:
    """Out-rows sorted by target, duplicates side by side: start, target, weight (empty unless ``valued``)."""
    return _transpose(
        *_rows_by_target(links, in_counts, order, valued, stored, passes), passes=passes
    )


def _transpose(
    start: OffsetArray, column: IndexArray, value: WeightArray, passes: Passes
) -> tuple[OffsetArray, IndexArray, WeightArray]:
    """Rows by column: counted and scattered by ranges of old rows, so that new rows come out sorted."""
    spans = row_spans(start)
    counts = np.zeros((len(spans), len(start) - 1), dtype=np.uint32)

    def count(number: int, rows: Span) -> None:
        kernels.transpose_count(start, column, rows, counts[number])

    passes.over_rows(count, spans, start)
    new_start = _starts(_sums(counts))
    cursors = _cursors(new_start[:-1], counts)
    new_column, new_value = _entries(len(column), len(value) > 0, value.dtype)

    def scatter(number: int, rows: Span) -> None:
        kernels.transpose_scatter(
            start, column, value, rows, cursors[number], new_column, new_value
        )

    passes.over_rows(scatter, spans, start)
    return new_start, new_column, new_value


def _merge_duplicates(
    start: OffsetArray, column: IndexArray, value: WeightArray, stored: npt.DTypeLike
) -> tuple[OffsetArray, IndexArray, WeightArray, bool]:
    """The rows with duplicates summed, in place; whether every sum was exact in ``stored``."""
    distinct = np.zeros(len(start) - 1, dtype=np.int64)
    run(lambda rows: kernels.count_distinct(start, column, rows, distinct), row_spans(start))
    new_start = _starts(distinct)
    kept = int(new_start[-1])
    if kept == len(column):
        return start, column, value, True
    summed = value if len(value) else np.empty(len(column), dtype=stored)
    spans = row_spans(start)
    exact = run(lambda rows: kernels.merge(start, column, value, rows, column, summed), spans)
    for (
        first,
        stop,
    ) in (
        spans
    ):  # each span has its rows at its beginning, and moves down to the end of those before
        count = int(new_start[stop] - new_start[first])
        begin, there = int(start[first]), int(new_start[first])
        if begin > there:
            column[there : there + count] = column[begin : begin + count]
            summed[there : there + count] = summed[begin : begin + count]
    column.resize(kept, refcheck=False)
    summed.resize(kept, refcheck=False)
    return new_start, column, summed, all(exact)


def _structure(
    order: IndexArray,
    out_start: OffsetArray,
    out_target: IndexArray,
    out_weight: WeightArray,
    passes: Passes,
) -> Structure:
    in_start, in_source, in_weight = _transpose(out_start, out_target, out_weight, passes)
    out_total = _totals(out_start, out_weight)
    degree_total = out_total + _totals(in_start, in_weight)
    verify_totals(degree_total)
    return Structure(
        in_start=in_start,
        in_source=in_source,
        in_weight=in_weight if len(in_weight) else None,
        out_start=out_start,
        out_target=out_target,
        out_weight=out_weight if len(out_weight) else None,
        out_total=out_total,
        degree_total=degree_total,
        order=order,
        position=inverse(order),
    )


def _totals(start: OffsetArray, value: WeightArray) -> FloatArray:
    total = np.empty(len(start) - 1)
    run(lambda rows: kernels.row_totals(start, value, rows, total), row_spans(start))
    return total


def _starts(counts: OffsetArray) -> OffsetArray:
    start = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=start[1:])
    return start


def _sums(counts: npt.NDArray[Any]) -> OffsetArray:
    """The sum of each column, int64."""
    total = np.empty(counts.shape[1], dtype=np.int64)

    def add(part: Span) -> None:
        np.sum(counts[:, slice(*part)], axis=0, dtype=np.int64, out=total[slice(*part)])

    run(add, even_chunks(len(total), _COLUMNS))
    return total


def _cursors(first: OffsetArray, counts: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Where each span begins to write each row: after what the spans before it write there."""
    before = np.empty(counts.shape, dtype=np.int64)

    def begin(part: Span) -> None:
        columns = slice(*part)
        there = first[columns]
        for span, count in enumerate(counts[:, columns]):
            before[span, columns] = there
            there = there + count

    run(begin, even_chunks(counts.shape[1], _COLUMNS))
    return before


def _entries(count: int, valued: bool, stored: npt.DTypeLike) -> tuple[IndexArray, WeightArray]:
    return np.empty(count, dtype=np.uint32), np.empty(count if valued else 0, dtype=stored)
