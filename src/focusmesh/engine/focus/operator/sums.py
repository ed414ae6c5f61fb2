"""Row sums: the one operation on links that every operator is made of.

``inward(g)[i]`` is the sum of w·g over the links into ``i``, ``outward`` over those out of it, ``both`` over all.
Each sum is accurate to about 70 + log₂ L units of float64 rounding, whatever the length L of the row.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from focusmesh.engine.focus.operator.chunks import chunk_spans
from focusmesh.engine.focus.operator.vectors import sweep, zeros

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray, IndexArray, OffsetArray, WeightArray

UNIT = 2.0**-53
"""Relative rounding of one float64 operation."""


class RowSums(Protocol):
    """A backend of row sums over one structure; vectors are float64, shape (n,), in solver order."""

    backend: str

    def inward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        """Sums over the links into each particle, in ``total`` if there is one: zeros, or earlier sums of this side."""

    def outward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        """Sums over the links out of each particle likewise."""

    def both(self, gathered: FloatArray) -> FloatArray:
        """Sums over the links of each particle, either way."""

    def add_undirected(
        self, share: FloatArray, factor: float, result: FloatArray, scratch: Scratch | None = None
    ) -> None:
        """One step of Q on ``share`` = z / d: adds ``factor``·Q z to ``result``, makes ``share`` Q z / d.

        Where a particle has no links d counts as 1 and the share stays.
        """


class Scratch:
    """Vectors that passes over one structure use again and again, so that no memory is asked for in between.

    For one thread's solve at a time.
    """

    def __init__(self) -> None:
        self._vectors: dict[str, FloatArray] = {}

    def zeros(self, purpose: str, count: int) -> FloatArray:
        """The vector of that purpose: zeros at first, then what was left in it."""
        if purpose not in self._vectors:
            self._vectors[purpose] = zeros(count)
        return self._vectors[purpose]


def degrees(structure: Structure) -> FloatArray:
    """d with 1 in place of 0: what shares along undirected links are divided by."""
    return np.where(structure.degree_total > 0, structure.degree_total, 1.0)


def row_sums(structure: Structure, backend: str | None = None) -> RowSums:
    """The backend that fits the size of ``structure``, or the one named ``"numpy"`` or ``"numba"``."""
    if backend == "numba" or (backend is None and structure.is_compiled):
        return CompiledSums(structure)
    return NumpySums(structure)


def rounding_of(structure: Structure) -> float:
    """Bound on the relative L1 error of one pass over all links.

    Row sums take up to 70 + log₂ L roundings (blocks of 512 in eight lanes, blocks added with compensation; or
    pairwise), the totals o, d fewer, sums over particles 32 + log₂ n (pairwise in blocks of 128), products and
    quotients 8; a short sum never more than its length.
    """
    return rounding_by(structure.longest_row, structure.particle_count)


def rounding_by(length: int, count: int) -> float:
    """``rounding_of`` a structure of ``count`` particles whose longest row has ``length`` links, both sides added."""
    row = min(length, 70 + math.log2(1 + length))
    particles = min(count, 32 + math.log2(1 + count))
    return (2 * row + particles + 8) * UNIT


class NumpySums:
    """Row sums by ``np.add.reduceat``, which adds pairwise; nothing is compiled."""

    backend = "numpy"

    def __init__(self, structure: Structure) -> None:
        s = structure
        self._structure = s
        self._degrees = degrees(s)
        self._isolated = np.flatnonzero(s.degree_total == 0)
        self._in = _Segments(s.in_start, s.in_source, s.in_weight)
        self._out = _Segments(s.out_start, s.out_target, s.out_weight)

    def inward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        return self._in.sums(gathered, total)

    def outward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        return self._out.sums(gathered, total)

    def both(self, gathered: FloatArray) -> FloatArray:
        return self._both.sums(gathered)

    def add_undirected(
        self, share: FloatArray, factor: float, result: FloatArray, scratch: Scratch | None = None
    ) -> None:
        moved = self.both(share)
        moved[self._isolated] = share[self._isolated]
        result += factor * moved
        np.divide(moved, self._degrees, out=share)

    @cached_property
    def _both(self) -> _Segments:
        """Each row's links in, then its links out: one sum in the place of two."""
        s = self._structure
        ins, outs = np.diff(s.in_start), np.diff(s.out_start)
        links = np.arange(s.axon_count)
        places = links + np.repeat(s.out_start[:-1], ins), links + np.repeat(s.in_start[1:], outs)
        column = _weave(places, s.in_source, s.out_target)
        weight = None
        if s.in_weight is not None and s.out_weight is not None:
            weight = _weave(places, s.in_weight, s.out_weight)
        return _Segments(s.in_start + s.out_start, column, weight)


def _weave(
    places: tuple[OffsetArray, OffsetArray], one: npt.NDArray[Any], other: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """One array of two, whose entries go to ``places``."""
    woven = np.empty(len(one) + len(other), dtype=one.dtype)
    woven[places[0]], woven[places[1]] = one, other
    return woven


class _Segments:
    """The non-empty rows of one side."""

    def __init__(self, start: OffsetArray, column: IndexArray, weight: WeightArray | None) -> None:
        self._filled = np.flatnonzero(np.diff(start))
        self._first = start[self._filled]
        self._count = len(start) - 1
        # As indices are wanted: a gather would cast others each time.
        self._column = column.astype(np.intp)
        self._weight = None if weight is None else weight.astype(np.float64)

    def sums(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        terms = gathered.take(self._column).astype(np.float64, copy=False)
        if self._weight is not None:
            terms *= self._weight
        if total is None:
            total = np.zeros(self._count)
        if len(self._filled):
            total[self._filled] = np.add.reduceat(terms, self._first)
        return total


class CompiledSums:
    """Row sums by vector instructions on all cores; the bits do not depend on the number of cores."""

    backend = "numba"

    def __init__(self, structure: Structure) -> None:
        self._structure = structure

    def inward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        return self._structure.inward.sums(gathered, self._room(total))

    def outward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        return self._structure.outward.sums(gathered, self._room(total))

    def both(self, gathered: FloatArray) -> FloatArray:
        total, other = self._both(gathered, Scratch())
        return total + other

    def add_undirected(
        self, share: FloatArray, factor: float, result: FloatArray, scratch: Scratch | None = None
    ) -> None:
        from focusmesh.engine.focus.operator.sums_compiled import undirected_step

        inward, outward = self._both(share, scratch or Scratch())
        degree = self._structure.degree_total

        def finish(part: slice) -> None:
            undirected_step(
                *(inward, outward, degree, factor), (part.start, part.stop), share, result
            )

        sweep(chunk_spans(len(share)), finish)

    def _both(self, gathered: FloatArray, scratch: Scratch) -> tuple[FloatArray, FloatArray]:
        inward = self.inward(gathered, scratch.zeros("inward", len(gathered)))
        if self._structure.symmetric:
            return inward, inward
        return inward, self.outward(gathered, scratch.zeros("outward", len(gathered)))

    def _room(self, total: FloatArray | None) -> FloatArray:
        return np.zeros(self._structure.particle_count) if total is None else total
