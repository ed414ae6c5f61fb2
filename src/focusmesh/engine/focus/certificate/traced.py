"""One application of R with all that its trace commits to: links in digest order, every stage, and running sums.

``certificate_trace`` checks rows of a graph that the checker has; this is for a checker who has nothing: from the sums
at the starts of pages of links any part of a row, however long, is checked by the links of a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.engine.focus.certificate.large import CompiledShares, CompiledSweeps
from focusmesh.engine.focus.certificate.operator import Stage, level_spread, stages_by
from focusmesh.engine.focus.certificate.patch import Side, patch_side
from focusmesh.engine.focus.certificate.steps import (
    CHUNK,
    HostSteps,
    NumpyRows,
    NumpyShares,
    NumpySweeps,
)
from focusmesh.engine.support.parallel import even_chunks, run

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.axons import IntegerAxons, Totals
    from focusmesh.engine.focus.certificate.operator import IntegerOperator
    from focusmesh.engine.focus.certificate.steps import Spread
    from focusmesh.engine.support.arrays import IndexArray, MassArray, OffsetArray

_CHUNK_LINKS = 1 << 16
_BITS = np.int64(32)


@dataclass(frozen=True)
class RankedLinks:
    """All axons by the places of their ends in digest order; rows and their entries rise. ``inward`` is by target."""

    outward: Side
    inward: Side

    def with_particles(self, places: IndexArray, count: int) -> RankedLinks:
        """Among ``count`` particles, of which those at ``places`` (ascending) are new. O(n + m)."""
        if not len(places):
            return self
        moved = np.delete(np.arange(count, dtype=np.uint32), places)
        return RankedLinks(
            _renumber(self.outward, moved, count), _renumber(self.inward, moved, count)
        )

    def with_edits(
        self, source: OffsetArray, target: OffsetArray, weight: OffsetArray
    ) -> RankedLinks:
        """With the weights of distinct pairs set (0: the axon is gone). One copy of the links."""
        if not len(source):
            return self
        outward, _ = patch_side(self.outward, source, target, weight)
        inward, _ = patch_side(self.inward, target, source, weight)
        return RankedLinks(outward, inward)

    @classmethod
    def of(cls, axons: IntegerAxons) -> RankedLinks:
        """O(m), or O(m log m) where nothing is compiled."""
        s = axons.structure
        sides = [
            Side(s.out_start, s.out_target, _whole(axons.out_weight, s.out_target)),
            Side(s.in_start, s.in_source, _whole(axons.in_weight, s.in_source)),
        ]
        turn = _turned_large if s.is_compiled else _transpose
        inward, outward = run(lambda side: turn(side, axons.rank, axons.position_of_rank), sides)
        return cls(outward, inward)


@dataclass(frozen=True)
class ApplicationTrace:
    """What one application came to. All arrays are uint64 in digest order; ``links`` are those it went along.

    ``out`` and ``degree`` are o and d; ``stages`` P, D, Q1 … QK, R. ``inward`` (K + 2, pages) are sums over all links
    before the start of each page of the inward side: of weights, of what P carries, of what Q1 … QK carry; ``outward``
    (K, pages) are those of Q1 … QK over the outward side. There is a page for every ``a_page`` links, and one more for
    the rest, which may be none. ``rise`` is h.
    """

    x: MassArray
    links: RankedLinks
    out: MassArray
    degree: MassArray
    stages: list[Stage]
    inward: MassArray
    outward: MassArray
    rise: int


def trace_application(
    operator: IntegerOperator, x: MassArray, a_page: int, links: RankedLinks | None = None
) -> ApplicationTrace:
    """The application of R with a uniform u to ``x``, written down; ``links`` are those of the operator, if at hand.

    Raises as ``IntegerOperator.apply``. O(K·m).
    """
    operator.verify_vector(x)
    axons = operator.axons
    steps = _TracingSteps(axons, RankedLinks.of(axons) if links is None else links, a_page)
    spread = partial(level_spread, operator.teleport)
    stages = [
        Stage(name, values.copy(), *((missing, leftover) if name != "P" else (0, 0)))
        for name, values, missing, leftover in stages_by(steps, operator.params, spread, x)
    ]
    image = stages[-1].values
    inward = steps.links.inward
    weights = np.concatenate(([0], np.cumsum(inward.weight, dtype=np.uint64))).astype(np.uint64)
    pages = len(inward.column) // a_page + 1
    return ApplicationTrace(
        x,
        steps.links,
        steps.out.exact,
        steps.degree.exact,
        stages,
        np.stack([weights[::a_page], *steps.inward]),
        np.array(steps.outward, dtype=np.uint64).reshape(operator.params.terms, pages),
        steps.rise(image, x),
    )


class _Carry(Protocol):
    """How mass goes over the links of one side."""

    def __call__(
        self, side: Side, x: MassArray, totals: Totals, a_page: int
    ) -> tuple[MassArray, MassArray]:
        """What arrives at each row, and the sums over all links before each page."""


class _TracingSteps(HostSteps):
    """Steps in digest order that keep the sums before each page. See ``Steps``."""

    def __init__(self, axons: IntegerAxons, links: RankedLinks, a_page: int) -> None:
        rank = np.arange(axons.count, dtype=np.uint32)
        large = axons.structure.is_compiled
        self._sweeps: NumpySweeps | CompiledSweeps = (
            CompiledSweeps(rank) if large else NumpySweeps(rank)
        )
        self._carry: _Carry = _carried_large if large else _carry
        self._a_page = a_page
        self.backend = self._sweeps.backend
        self.links = links
        self.out = axons.out.take(axons.position_of_rank)
        self.degree = axons.degree.take(axons.position_of_rank)
        self.inward: list[MassArray] = []
        self.outward: list[MassArray] = []

    def follow(self, x: MassArray) -> tuple[MassArray, int]:
        followed, before = self._carry(self.links.inward, x, self.out, self._a_page)
        self.inward.append(before)
        return followed, int(followed.sum())

    def mix(self, x: MassArray) -> tuple[MassArray, int]:
        mixed, inward = self._carry(self.links.inward, x, self.degree, self._a_page)
        other, outward = self._carry(self.links.outward, x, self.degree, self._a_page)
        mixed = np.where(self.degree.exact == 0, x, mixed + other)
        self.inward.append(inward)
        self.outward.append(outward)
        return mixed, int(mixed.sum())

    def scale(self, x: MassArray, factor: int) -> int:
        return self._sweeps.scale(x, factor)

    def fill(self, y: MassArray, spread: Spread) -> None:
        self._sweeps.fill(y, spread)

    def add_scaled(self, y: MassArray, factor: int, result: MassArray) -> int:
        return self._sweeps.add_scaled(y, factor, result)

    def rise(self, image: MassArray, x: MassArray) -> int:
        return self._sweeps.rise(image, x)


def _carry(side: Side, x: MassArray, totals: Totals, a_page: int) -> tuple[MassArray, MassArray]:
    sent = NumpyRows(*side).flow(NumpyShares.of(x, totals))
    before = np.zeros(len(sent) + 1, dtype=np.uint64)
    np.cumsum(sent, out=before[1:])
    return before[side.start[1:]] - before[side.start[:-1]], before[::a_page].copy()


def _carried_large(
    side: Side, x: MassArray, totals: Totals, a_page: int
) -> tuple[MassArray, MassArray]:
    from focusmesh.engine.focus.certificate import traced_compiled as kernels

    shares = CompiledShares.of(x, totals, weighted=True)
    count, (start, column, weight) = len(side.column), side
    before = np.empty(count + 1, dtype=np.uint64)

    def carry(span: tuple[int, int]) -> int:
        if shares.packed:
            return int(kernels.packed_carried(column, weight, shares.share, span, before))
        return int(kernels.wide_carried(column, weight, shares.share, shares.shift, span, before))

    amounts = np.array(run(carry, even_chunks(count, _CHUNK_LINKS)), dtype=np.uint64)
    offset = np.zeros(count // _CHUNK_LINKS + 1, dtype=np.uint64)
    np.cumsum(amounts[: len(offset) - 1], out=offset[1:])
    before[count] = amounts.sum() - offset[-1]
    sums = np.empty(len(x), dtype=np.uint64)
    run(
        lambda rows: kernels.sum_arrivals(start, before, offset, _CHUNK_LINKS, rows, sums),
        even_chunks(len(x), CHUNK),
    )
    pages = before[::a_page]
    return sums, pages + offset[np.arange(len(pages)) * a_page // _CHUNK_LINKS]


def _renumber(side: Side, moved: IndexArray, count: int) -> Side:
    """A side whose particles, in order, are now at ``moved``."""
    start = np.zeros(count + 1, dtype=np.int64)
    start[moved.astype(np.int64) + 1] = np.diff(side.start)
    return Side(np.cumsum(start), moved[side.column], side.weight)


def _whole(weight: IndexArray | None, column: IndexArray) -> IndexArray:
    return np.ones(len(column), dtype=np.uint32) if weight is None else weight


def _transpose(side: Side, rank: IndexArray, ranked: IndexArray) -> Side:
    """The links of a side, whose rows and columns are positions, by rank from their other ends."""
    row = np.repeat(rank, np.diff(side.start)).astype(np.int64)
    column = rank[side.column].astype(np.int64)
    order = np.argsort(column << _BITS | row)
    start = np.searchsorted(column[order], np.arange(len(rank) + 1))
    return Side(start.astype(np.int64), row[order].astype(np.uint32), side.weight[order])


def _turned_large(side: Side, rank: IndexArray, ranked: IndexArray) -> Side:
    from focusmesh.engine.focus.certificate.traced_compiled import turn

    start = np.zeros(len(rank) + 1, dtype=np.int64)
    start[1:] = np.cumsum(np.bincount(side.column, minlength=len(rank))[ranked])
    column, weight = np.empty((2, len(side.column)), dtype=np.uint32)
    turn(*side, rank, ranked, start[:-1].copy(), column, weight)
    return Side(start, column, weight)
