"""The aggregated axons of a graph, laid out for solvers.

Particles are renumbered by falling number of out-links ("solver order"), so that the dangling ones are a tail
slice and the most gathered ones lie together in cache. Raw weights, not normalised ones, serve the directed
and the undirected product both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from focusmesh.engine.links.structure.plain_rows import PlainRows, plain_rows
from focusmesh.engine.links.structure.rows import Rows, packed_bytes
from focusmesh.engine.support.parallel import (
    COMPILED_FROM_EDITED_LINKS,
    COMPILED_FROM_LINKS,
    even_chunks,
)
from focusmesh.engine.support.selection import places_within

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import (
        FloatArray,
        IndexArray,
        OffsetArray,
        RealArray,
        WeightArray,
    )

_CHUNK_LINKS = 1 << 19
_SINGLE_MAX = 1e30
"""Totals up to this, and down to its inverse, have inverses whose products float32 holds."""


@dataclass(frozen=True)
class Structure:
    """``m`` axons between ``n`` particles: in- and out-rows in solver order, each row sorted.

    Memory: 16 bytes an axon with float32 weights (24 with float64, 8 where every weight is 1) and 40 a particle.

    ``in_start`` int64 (n+1,), ``in_source`` uint32 (m,), ``in_weight`` (m,) or None: row ``i`` lists the links into
    ``i``; ``out_…`` likewise the links out of ``i``. ``out_total`` and ``degree_total`` are o and d of
    docs/explanation/operator.md,
    float64 (n,). ``order[p]`` is the particle at solver position ``p``; ``position`` is its inverse.
    """

    in_start: OffsetArray
    in_source: IndexArray
    in_weight: WeightArray | None
    out_start: OffsetArray
    out_target: IndexArray
    out_weight: WeightArray | None
    out_total: FloatArray
    degree_total: FloatArray
    order: IndexArray
    position: IndexArray

    @property
    def particle_count(self) -> int:
        """n."""
        return len(self.order)

    @property
    def axon_count(self) -> int:
        """m: ordered pairs with a positive weight."""
        return len(self.in_source)

    @property
    def is_compiled(self) -> bool:
        """Whether the graph is large enough to be worth compiled kernels."""
        return self.axon_count >= COMPILED_FROM_LINKS

    @property
    def edited_often(self) -> bool:
        """Whether compiled kernels are worth it even for few particles: the same ones work again and again."""
        return False

    @cached_property
    def total_range(self) -> tuple[float, float]:
        """The smallest and the largest total weight of a particle, either way; (1, 1) without links. O(n)."""
        least, most = self.linked_range()
        return (least, most) if most else (1.0, 1.0)

    def linked_range(self) -> tuple[float, float]:
        """The same of the particles that are here; (∞, 0) without links."""
        sides = [self.out_total[self.out_total > 0], self.degree_total[self.degree_total > 0]]
        least = min(float(side.min(initial=np.inf)) for side in sides)
        return least, max(float(side.max(initial=0.0)) for side in sides)

    @property
    def fits_single(self) -> bool:
        """Whether totals and their inverses lie far enough within float32 for solvers that work in it."""
        smallest, largest = self.total_range
        return smallest >= 1 / _SINGLE_MAX and largest <= _SINGLE_MAX

    @cached_property
    def near_one(self) -> Structure:
        """The same with all weights times a power of two, if that brings them within float32; R stays what it was."""
        return self._scale_near_one()

    def _scale_near_one(self) -> Self:
        if self.fits_single or self.in_weight is None or self.out_weight is None:
            return self
        smallest, largest = self.total_range
        factor = 2.0 ** -math.frexp(largest)[1]
        if smallest * factor < 1 / _SINGLE_MAX:
            return self
        return replace(
            self,
            in_weight=self.in_weight.astype(np.float64) * factor,
            out_weight=self.out_weight.astype(np.float64) * factor,
            out_total=self.out_total * factor,
            degree_total=self.degree_total * factor,
        )

    @cached_property
    def linking_count(self) -> int:
        """Number of particles that link to something; the dangling ones follow in solver order."""
        return int(np.count_nonzero(np.diff(self.out_start)))

    @property
    def dangling(self) -> slice | OffsetArray:
        """What takes the dangling particles out of a vector."""
        return slice(self.linking_count, None)

    def dangling_in(self, part: slice) -> slice | OffsetArray:
        """The same for a part of a vector, which begins at ``part.start``."""
        return slice(max(0, self.linking_count - part.start), None)

    @cached_property
    def longest_row(self) -> int:
        """Largest number of axons on one side of one particle, both sides added: it bounds rounding."""
        both = np.diff(self.in_start) + np.diff(self.out_start)
        return int(both.max(initial=0))

    @cached_property
    def row_chunks(self) -> list[tuple[int, int]]:
        """Ranges of rows with about equal work, independent of the number of threads."""
        work = self.in_start[1:] + self.out_start[1:] + 4 * np.arange(1, self.particle_count + 1)
        total = int(work[-1]) if len(work) else 0
        marks = [stop for _, stop in even_chunks(total, 2 * _CHUNK_LINKS)][:-1]
        cuts = sorted({0, self.particle_count, *np.searchsorted(work, marks).tolist()})
        return list(pairwise(cuts))

    @cached_property
    def inward(self) -> Rows:
        """The in-rows, packed for compiled sums when first asked for."""
        return Rows.of(self.in_start, self.in_source, self.in_weight)

    @cached_property
    def outward(self) -> Rows:
        """The out-rows likewise; the in-rows themselves where ``symmetric``."""
        if self.symmetric:
            return self.inward
        return Rows.of(self.out_start, self.out_target, self.out_weight)

    @cached_property
    def plain_inward(self) -> PlainRows:
        """The in-rows, made ready for sums without compiled kernels when first asked for."""
        return plain_rows(self.in_start, self.in_source, self.in_weight)

    @cached_property
    def plain_outward(self) -> PlainRows:
        """The out-rows likewise."""
        return plain_rows(self.out_start, self.out_target, self.out_weight)

    @cached_property
    def plain(self) -> PlainStructure:
        """The same arrays for one pass or two, which end before a compiler would have been loaded."""
        return PlainStructure(*(getattr(self, field.name) for field in fields(self)))

    @cached_property
    def symmetric(self) -> bool:
        """Whether every axon has one of the same weight the other way: one side then serves for both."""
        inward, outward = self.in_weight, self.out_weight
        return (
            np.array_equal(self.in_start, self.out_start)
            and np.array_equal(self.in_source, self.out_target)
            and (inward is None or outward is None or np.array_equal(inward, outward))
        )

    def pair_sums(
        self,
        pairs: RealArray,
        first: RealArray,
        second: RealArray,
        alone: RealArray,
        out: RealArray,
    ) -> None:
        """Sums of float32 ``pairs`` (n, 2) over the in-rows, and of ``alone``, their seconds, over the out-rows.

        Empty ``alone`` and ``out``: the in-rows have all.
        """
        self.inward.pair_sums(pairs, first, second)
        if len(alone):
            self.outward.sums(alone, out)

    def packing_bytes(self, *, outward: bool) -> int:
        """Bytes that solvers add by packing rows when first asked to: the in-rows, and the out-rows if ``outward``.

        0 for what has been packed. O(n), and O(m) once to see whether the graph is symmetric.
        """
        sides = [self.in_start] if "inward" not in vars(self) else []
        if outward and "outward" not in vars(self) and not self.symmetric:
            sides.append(self.out_start)
        weight = 0 if self.in_weight is None else self.in_weight.itemsize
        return sum(packed_bytes(start, self.in_source.itemsize + weight) for start in sides)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        arrays = (
            *(self.in_start, self.in_source, self.in_weight),
            *(self.out_start, self.out_target, self.out_weight),
            *(self.out_total, self.degree_total, self.order, self.position),
        )
        return sum(array.nbytes for array in arrays if array is not None)

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def axon_weight(self, source: int, target: int) -> float:
        """A of the axon between two solver positions, 0.0 where there is none. O(log links of the source)."""
        start, stop = int(self.out_start[source]), int(self.out_start[source + 1])
        at = start + int(np.searchsorted(self.out_target[start:stop], target))
        if at == stop or self.out_target[at] != target:
            return 0.0
        return 1.0 if self.out_weight is None else float(self.out_weight[at])

    def out_row(self, position: int) -> tuple[IndexArray, FloatArray]:
        """Targets (solver positions) and weights of the links out of one particle."""
        return _row(self.out_start, self.out_target, self.out_weight, position)

    def in_row(self, position: int) -> tuple[IndexArray, FloatArray]:
        """Sources (solver positions) and weights of the links into one particle."""
        return _row(self.in_start, self.in_source, self.in_weight, position)


class PlainStructure(Structure):
    """One that is worked on without compiled kernels, whatever its size."""

    @property
    def is_compiled(self) -> bool:
        return False


class EditedStructure(Structure):
    """A structure whose links were changed after it was laid out: the dangling particles may stand anywhere.

    Weights may be uint32. For solvers; what asks where the linking ones end is for graphs that were built.
    """

    @property
    def is_compiled(self) -> bool:
        return self.axon_count >= COMPILED_FROM_EDITED_LINKS

    @property
    def edited_often(self) -> bool:
        return self.is_compiled

    @cached_property
    def dangling(self) -> OffsetArray:
        return np.flatnonzero(self.out_start[1:] == self.out_start[:-1])

    def dangling_in(self, part: slice) -> OffsetArray:
        return places_within(self.dangling, part)


def _row(
    start: OffsetArray, other: IndexArray, weight: WeightArray | None, position: int
) -> tuple[IndexArray, FloatArray]:
    span = slice(int(start[position]), int(start[position + 1]))
    ends = other[span]
    if weight is None:
        return ends, np.ones(len(ends))
    return ends, weight[span].astype(np.float64)
