"""Row sums: the one operation on links that every operator is made of.

``inward(g)[i]`` is the sum of w·g over the links into ``i``, ``outward`` over those out of it, ``both`` over all.
Each sum is accurate to about 66 + log₂ L units of float64 rounding, whatever the length L of the row.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.engine.parallel import run

if TYPE_CHECKING:
    from focusmesh.engine.arrays import FloatArray, IndexArray, OffsetArray, WeightArray
    from focusmesh.engine.graph import Structure

UNIT = 2.0**-53
"""Relative rounding of one float64 operation."""


class RowSums(Protocol):
    """A backend of row sums over one structure; vectors are float64, shape (n,), in solver order."""

    backend: str

    def inward(self, gathered: FloatArray) -> FloatArray:
        """Sums over the links into each particle."""

    def outward(self, gathered: FloatArray) -> FloatArray:
        """Sums over the links out of each particle."""

    def both(self, gathered: FloatArray) -> FloatArray:
        """Sums over the links of each particle, either way."""

    def undirected(self, share: FloatArray, factor: float, result: FloatArray) -> FloatArray:
        """One step of Q on ``share`` = z / d: adds ``factor``·Q z to ``result``, returns Q z / d.

        Where a particle has no links d counts as 1 and the share stays.
        """


def degrees(structure: Structure) -> FloatArray:
    """d with 1 in place of 0: what shares along undirected links are divided by."""
    return np.where(structure.degree_total > 0, structure.degree_total, 1.0)


def row_sums(structure: Structure, backend: str | None = None) -> RowSums:
    """The backend that fits the size of ``structure``, or the one named ``"numpy"`` or ``"numba"``."""
    if backend == "numba" or (backend is None and structure.compiled):
        return CompiledSums(structure)
    return NumpySums(structure)


def rounding_of(structure: Structure) -> float:
    """Bound on the relative L1 error of one pass over all links.

    Row sums and the totals o, d take up to 66 + log₂ L roundings (blocks of 64, then compensated or pairwise),
    sums over particles 32 + log₂ n (pairwise in blocks of 128), products and quotients 8; a short sum never more
    than its length.
    """
    length, count = structure.longest_row, structure.particle_count
    row = min(length, 66 + math.log2(1 + length))
    particles = min(count, 32 + math.log2(1 + count))
    return (2 * row + particles + 8) * UNIT


class NumpySums:
    """Row sums by ``np.add.reduceat``, which adds pairwise; nothing is compiled."""

    backend = "numpy"

    def __init__(self, structure: Structure) -> None:
        s = structure
        self._degrees = degrees(s)
        self._isolated = s.degree_total == 0
        self._in = _Segments(s.in_start, s.in_source, s.in_weight)
        self._out = _Segments(s.out_start, s.out_target, s.out_weight)

    def inward(self, gathered: FloatArray) -> FloatArray:
        return self._in.sums(gathered)

    def outward(self, gathered: FloatArray) -> FloatArray:
        return self._out.sums(gathered)

    def both(self, gathered: FloatArray) -> FloatArray:
        return self._in.sums(gathered) + self._out.sums(gathered)

    def undirected(self, share: FloatArray, factor: float, result: FloatArray) -> FloatArray:
        moved = np.where(self._isolated, share, self.both(share))
        result += factor * moved
        moved /= self._degrees
        return moved


class _Segments:
    """The non-empty rows of one side."""

    def __init__(self, start: OffsetArray, column: IndexArray, weight: WeightArray | None) -> None:
        self._filled = np.flatnonzero(np.diff(start))
        self._first = start[self._filled]
        self._count = len(start) - 1
        self._column = column
        self._weight = None if weight is None else weight.astype(np.float64)

    def sums(self, gathered: FloatArray) -> FloatArray:
        terms = gathered[self._column]
        if self._weight is not None:
            terms *= self._weight
        total = np.zeros(self._count)
        if len(self._filled):
            total[self._filled] = np.add.reduceat(terms, self._first)
        return total


class CompiledSums:
    """Row sums by compiled loops on all cores; the bits do not depend on the number of cores."""

    backend = "numba"

    def __init__(self, structure: Structure) -> None:
        from focusmesh.engine.focus import sums_compiled

        self._kernels = sums_compiled
        self._structure = structure
        self._degrees = degrees(structure)
        empty = np.zeros(0, dtype=np.float32)
        self._in_weight = empty if structure.in_weight is None else structure.in_weight
        self._out_weight = empty if structure.out_weight is None else structure.out_weight

    def inward(self, gathered: FloatArray) -> FloatArray:
        s = self._structure
        return self._one_side(s.in_start, s.in_source, self._in_weight, gathered)

    def outward(self, gathered: FloatArray) -> FloatArray:
        s = self._structure
        return self._one_side(s.out_start, s.out_target, self._out_weight, gathered)

    def both(self, gathered: FloatArray) -> FloatArray:
        s, total = self._structure, np.empty(len(gathered))
        run(
            lambda rows: self._kernels.both_sides(
                *(s.in_start, s.in_source, self._in_weight),
                *(s.out_start, s.out_target, self._out_weight),
                *(gathered, rows, total),
            ),
            s.row_chunks,
        )
        return total

    def undirected(self, share: FloatArray, factor: float, result: FloatArray) -> FloatArray:
        s, moved = self._structure, np.empty(len(share))
        run(
            lambda rows: self._kernels.undirected_step(
                *(s.in_start, s.in_source, self._in_weight),
                *(s.out_start, s.out_target, self._out_weight),
                *(share, self._degrees, factor, rows, result, moved),
            ),
            s.row_chunks,
        )
        return moved

    def _one_side(
        self, start: OffsetArray, column: IndexArray, weight: WeightArray, gathered: FloatArray
    ) -> FloatArray:
        total = np.empty(len(gathered))
        run(
            lambda rows: self._kernels.one_side(start, column, weight, gathered, rows, total),
            self._structure.row_chunks,
        )
        return total
