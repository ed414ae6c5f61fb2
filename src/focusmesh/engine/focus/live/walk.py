"""The undirected walk over edited rows, y ← Q y, on vectors that are kept between walks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.live.row_arrays import BASE
from focusmesh.engine.focus.operator.vectors import zeros
from focusmesh.engine.support.parallel import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.live.row_arrays import RowArrays
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray

NOWHERE = np.zeros(0)
"""For a step that no lane follows."""


class UndirectedWalk:
    """Steps of Q one after another; vectors of n entries in solver order, new particles last.

    A step is ``gather``, which leaves its row sums in ``arrived`` for the caller to add to, and ``advance``.
    """

    def __init__(self, structure: Structure, count: int, spans: Sequence[tuple[int, int]]) -> None:
        from focusmesh.engine.focus.live import walk_compiled

        self._kernels = walk_compiled
        self._structure, self._spans = structure, spans
        self.count = count
        self._y: FloatArray = zeros(count)
        self._share: FloatArray = zeros(count)
        self._inverse: FloatArray = zeros(count)
        self.arrived: FloatArray = zeros(count)
        self._outward: FloatArray = zeros(count)

    def begin(self, rows: RowArrays, vector: FloatArray) -> None:
        """Starts at ``vector``, on the rows as they are."""
        self._rows = rows
        run(
            lambda span: self._kernels.begin(
                rows, vector, span, self._inverse, self._y, self._share
            ),
            self._spans,
        )

    def gather(self) -> None:
        """The row sums of Q y; isolated particles have none, and keep theirs in ``advance``."""
        structure, known = self._structure, int(self._rows.sizes[BASE])
        share, inward, outward = self._share, self.arrived, self._outward
        inward.fill(0.0)
        structure.inward.sums(share[:known], inward[:known])
        if structure.symmetric:
            outward[:] = inward
        else:
            outward.fill(0.0)
            structure.outward.sums(share[:known], outward[:known])
        self._kernels.add_edits(self._rows, share, inward, outward)

    def advance(self, factor: float, result: FloatArray, lane: FloatArray) -> float:
        """Goes to what has arrived: ``result`` += factor·y and ``lane`` += y; how far that was in L1."""
        parts = run(
            lambda span: self._kernels.advance(
                *(self.arrived, self._outward, self._inverse, factor, span),
                *(self._y, self._share, result, lane),
            ),
            self._spans,
        )
        return math.fsum(parts)

    @property
    def y(self) -> FloatArray:
        """Where the walk is."""
        return self._y
