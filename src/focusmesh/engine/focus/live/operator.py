"""N, the operator R without its terms in u and u0, on rows that are being edited: dense passes of the ledger."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.live.row_arrays import BASE, COUNT, LOOSE, RowArrays
from focusmesh.engine.focus.live.rows import rows_of
from focusmesh.engine.focus.live.walk import NOWHERE, UndirectedWalk
from focusmesh.engine.focus.operator.chunks import CHUNK
from focusmesh.engine.focus.operator.sums import UNIT, rounding_of, row_sums
from focusmesh.engine.support.parallel import even_chunks, run

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray

SKEW_MAX = 1e3
"""How much more than a particle's total may have left its rows before the structure is made anew."""

_WIDE = 8 * CHUNK


class EditedOperator:
    """Steps along the links of ``rows``; vectors are float64 of n entries in solver order, new particles last."""

    def __init__(self, structure: Structure, params: FocusParams) -> None:
        from focusmesh.engine.focus.live import sweep_compiled as live_sweep_compiled

        self._kernels = live_sweep_compiled
        self._structure = structure
        self._sums = row_sums(structure, "numba")
        self.params = params
        self.rows: RowArrays = rows_of(structure)
        self._walk: UndirectedWalk | None = None

    @property
    def count(self) -> int:
        """n now."""
        return int(self.rows.sizes[COUNT])

    @property
    def factor(self) -> float:
        """diffusion·(1 − alpha): the share of a particle's mass that follows its links out."""
        return self.params.diffusion * (1 - self.params.alpha)

    def spans(self) -> list[tuple[int, int]]:
        """The particles in chunks that depend on their number alone."""
        return even_chunks(self.count, _WIDE)

    def outward(self, vector: FloatArray) -> tuple[FloatArray, float]:
        """P·vector, and the mass of ``vector`` on particles that dangle."""
        rows, share = self.rows, np.empty(self.count)
        lost = run(
            lambda span: self._kernels.shares(vector, rows.out_total, rows.out_count, span, share),
            self.spans(),
        )
        moved = self._pad(self._sums.inward(self._in_base(share)))
        self._kernels.scatter_out(rows, share, moved)
        return moved, math.fsum(lost)

    def walk(self, vector: FloatArray) -> UndirectedWalk:
        """The undirected walk from ``vector``; there is one at a time."""
        kept = self._walk
        if kept is None or kept.count != self.count:
            kept = self._walk = UndirectedWalk(self._structure, self.count, self.spans())
        kept.begin(self.rows, vector)
        return kept

    def linear(self, x: FloatArray, lanes: FloatArray) -> tuple[FloatArray, float]:
        """N x, and the mass that lands at u0 with its factor: R x without what goes to u and u0.

        Qᵏ x goes to row k − 1 of ``lanes``, for as many k < K as there are rows.
        """
        moved, dangling = self.outward(x)
        self._add(moved, moved, self.factor - 1)
        coefficients = self.params.coefficients
        if coefficients:
            self._add(moved, x, coefficients[0])
        lanes.fill(0.0)
        walk = self.walk(x)
        for k, coefficient in enumerate(coefficients[1:]):
            walk.gather()
            walk.advance(coefficient, moved, lanes[k] if k < len(lanes) else NOWHERE)
        return moved, self.factor * dangling

    def rounding(self) -> float:
        """γ for a vector of mass 1, the delta's cancellations and totals that were changed in place included."""
        rows, c = self.rows, self.params.coefficients
        passes = self.params.diffusion + sum(k * share for k, share in enumerate(c))
        one = rounding_of(self._structure) + (2 * math.log2(2 + rows.slot_count) + 16) * UNIT
        changed = 4 * UNIT * int(rows.sizes[LOOSE])
        return passes * (one * (1 + 2 * float(rows.skew[0])) + changed) + (len(c) + 3) * UNIT

    def worn(self, share: float) -> bool:
        """Whether the delta has grown beyond ``share`` of the links, or cancels more than rounding allows."""
        rows = self.rows
        most = max(64, share * self._structure.axon_count)
        return rows.slot_count > most or float(rows.skew[0]) > SKEW_MAX

    def _add(self, vector: FloatArray, other: FloatArray, factor: float) -> None:
        run(lambda span: self._kernels.gain(vector, other, factor, span), self.spans())

    def _in_base(self, vector: FloatArray) -> FloatArray:
        return vector[: int(self.rows.sizes[BASE])]

    def _pad(self, vector: FloatArray) -> FloatArray:
        if len(vector) == self.count:
            return vector
        return np.concatenate((vector, np.zeros(self.count - len(vector))))
