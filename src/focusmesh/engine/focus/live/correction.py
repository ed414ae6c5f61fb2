"""One certified correction for any number of edits: δ = r̂ + R̃δ on edited rows, with the edits' own sources.

R̃ is the operator with the undirected walk's tail replaced by a geometric one (solve/geometric_tail.py). An edit changes
columns of Q: G_l = ΔQ y_l are sources of the walk from lane l on, and the tail y = Q(δ + ρy) + Σ_l ρ^l G_l takes all of
them along. docs/explanation/live.md has the equations.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.operator.reduction import LOCAL
from focusmesh.engine.focus.operator.vectors import sweep, zeros
from focusmesh.engine.focus.solve.geometric_tail import Approximation
from focusmesh.engine.focus.solve.mixing import Mixer

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.focus.live.operator import EditedOperator
    from focusmesh.engine.focus.live.state import State
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray, RealArray
    from focusmesh.engine.support.progress import Throttle

    Float32Array = npt.NDArray[np.float32]

_MEMORY = 3
_PASSES_MOST = 60
_RISE = 8.0
_NO_FLOOR = np.array([-np.inf], dtype=np.float32)
_LANE_WEIGHTS = (1.0, 0.3)


class LiveCorrection:
    """R̃ over edited rows; vectors of n entries in solver order, new particles last. Kept while n stays."""

    def __init__(
        self,
        structure: Structure,
        operator: EditedOperator,
        u: FloatArray | None,
        landing: FloatArray | None,
    ) -> None:
        from focusmesh.engine.focus.live import correction_compiled
        from focusmesh.engine.focus.solve.correction_compiled import shares

        self._kernels, self._shares = correction_compiled, shares
        self._structure, self.operator = structure, operator
        count = self.count = operator.count
        self.approximation = Approximation.of(operator.params.coefficients, 0)
        even = np.full(1, 1 / max(count, 1), dtype=np.float32)
        u32 = even if u is None else u.astype(np.float32)
        self._spread = u32, u32 if landing is None else landing.astype(np.float32)
        self.delta: Float32Array = zeros(count, np.float32)
        self._tail: Float32Array = zeros(count, np.float32)
        self._constant: Float32Array = zeros(count, np.float32)
        self._own: Float32Array = zeros(count, np.float32)
        self._by_out: Float32Array = zeros(count, np.float32)
        self._by_degree: Float32Array = zeros(count, np.float32)
        self._pairs: Float32Array = zeros((count, 2), np.float32)
        self._tails: Float32Array = zeros(count, np.float32)
        self._sums: tuple[Float32Array, Float32Array, Float32Array] = (
            zeros(count, np.float32),
            zeros(count, np.float32),
            zeros(count, np.float32),
        )
        self._chunks = LOCAL.spans(count)
        self._at = {start: at for at, (start, _) in enumerate(self._chunks)}
        self._masses = np.zeros((2, len(self._at)))
        self._factors = (0.0,) * 6
        self.passes = 0

    def solve(self, residual: FloatArray, state: State, target: float, throttle: Throttle) -> float:
        """``delta`` for a residual in which the direct steps of the sources are, and how far it is from its equation.

        To ``target`` in L1, or as far as it gets; not a number where it got nowhere.
        """
        a = self.approximation
        self._own.fill(0.0)
        self._kernels.gather_sources(state, a.ratio, self._own)
        self._constant[:] = residual
        self._constant -= np.float32(a.weight) * self._own
        self._kernels.inverses(self.operator.rows, self._by_out, self._by_degree)
        # What arrives without a step of the walk: the first pass from zero would find little more.
        np.add(self._constant, np.float32(a.weight) * self._own, out=self.delta)
        self.delta /= np.float32(1 - a.still)
        self._tail[:] = self._own
        # What is remembered is of the map, and edits since the last correction made it another one.
        lanes = self.delta, self._tail
        mixer = Mixer(lanes, [_NO_FLOOR] * 2, LOCAL, _LANE_WEIGHTS, _MEMORY, compiled=True)
        sweep(self._chunks, self._prepare)
        best = reached = math.inf
        for _ in range(_PASSES_MOST):
            throttle.at(self.passes)
            self._evaluate()
            reached = self.approximation.defect(*mixer.record(self._image))
            best = min(best, reached)
            if reached <= target or not math.isfinite(reached):
                break
            if reached > _RISE * best and mixer.can_retreat:
                mixer.retreat(self._prepare)
            else:
                mixer.mix(self._prepare)
        return reached

    def _prepare(self, part: slice) -> None:
        span = part.start, part.stop
        self._masses[:, self._at[part.start]] = self._kernels.masses(self.delta, self._by_out, span)
        self._shares(
            *(self.delta, self._tail, self.approximation.ratio, self._by_out, self._by_degree),
            *(span, self._pairs, self._tails),
        )

    def _evaluate(self) -> None:
        self.passes += 1
        known = self._structure.particle_count
        followed, inward, outward = self._sums
        self._kernels.clear_edited(self.operator.rows, followed, inward, outward)
        self._structure.inward.pair_sums(self._pairs[:known], followed[:known], inward[:known])
        self._structure.outward.sums(self._tails[:known], outward[:known])
        self._kernels.add_delta(self.operator.rows, self._pairs, followed, inward, outward)
        params, a = self.operator.params, self.approximation
        mass, dangling = math.fsum(self._masses[0]), math.fsum(self._masses[1])
        along = self.operator.factor
        self._factors = (
            *(along, params.diffusion * params.alpha * mass, along * dangling),
            *(a.weight, 1 / (1 - a.still), a.ratio),
        )

    def _image(self, part: slice) -> list[RealArray]:
        rows = self.operator.rows
        made = [np.empty(part.stop - part.start, dtype=np.float32) for _ in range(2)]
        self._kernels.images(
            *(self._sums, self.delta, self._tail, self._constant, self._own),
            *((rows.out_count, rows.in_count), self._spread, self._factors),
            *((part.start, part.stop), made[0], made[1]),
        )
        return [*made]
