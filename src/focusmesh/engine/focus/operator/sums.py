"""Row sums: the one operation on links that every operator is made of.

``inward(g)[i]`` is the sum of w·g over the links into ``i``, ``outward`` over those out of it, ``both`` over all.
Each sum is accurate to about 70 + log₂ L units of float64 rounding, whatever the length L of the row.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.engine.focus.operator.chunks import chunk_spans
from focusmesh.engine.focus.operator.vectors import sweep, zeros

if TYPE_CHECKING:
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

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

    Row sums take up to 70 + log₂ L roundings (blocks of 512 in eight lanes, blocks added with compensation; or pieces
    of 48, those added pairwise), the totals o, d fewer, sums over particles 32 + log₂ n (pairwise in blocks of 128),
    products and quotients 8; a short sum never more than its length.
    """
    return rounding_by(structure.longest_row, structure.particle_count)


def rounding_by(length: int, count: int) -> float:
    """``rounding_of`` a structure of ``count`` particles whose longest row has ``length`` links, both sides added."""
    row = min(length, 70 + math.log2(1 + length))
    particles = min(count, 32 + math.log2(1 + count))
    return (2 * row + particles + 8) * UNIT


class NumpySums:
    """Row sums by the loops of SciPy or NumPy (``plain_rows``); nothing is compiled."""

    backend = "numpy"

    def __init__(self, structure: Structure) -> None:
        self._structure = structure

    def inward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        return self._structure.plain_inward.sums(gathered, total)

    def outward(self, gathered: FloatArray, total: FloatArray | None = None) -> FloatArray:
        return self._structure.plain_outward.sums(gathered, total)

    @cached_property
    def _degrees(self) -> FloatArray:
        return degrees(self._structure)

    @cached_property
    def _alone(self) -> OffsetArray:
        return np.flatnonzero(self._structure.degree_total == 0.0)

    def both(self, gathered: FloatArray) -> FloatArray:
        structure = self._structure
        total = structure.plain_inward.sums(gathered)
        total += structure.plain_outward.sums(gathered)
        return total

    def add_undirected(
        self, share: FloatArray, factor: float, result: FloatArray, scratch: Scratch | None = None
    ) -> None:
        moved = self.both(share)
        moved[self._alone] = share[self._alone]
        np.multiply(moved, factor, out=share)
        result += share
        np.divide(moved, self._degrees, out=share)


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
