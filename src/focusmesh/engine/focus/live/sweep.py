"""Dense passes of the ledger: take the residuals in, put what they become back, extrapolate where it takes several.

With v = r + t·u, all of R(x) − x, a pass is x ← x + v, r ← N v: exact, since R is linear. Taking the share t of u along
keeps mass where it is, and what is left of v then mixes as fast as R does and not as slowly as κ.
With springs and heat corrections take their place (correction.py), but for changes that are no longer small.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.live.state import DRIFT, LANDED, MASS, MOVED, NORM, TOTAL, State
from focusmesh.engine.support.parallel import run

if TYPE_CHECKING:
    from focusmesh.engine.focus.live.operator import EditedOperator
    from focusmesh.engine.support.arrays import FloatArray

_MEMORY = 2
_REMEMBERED_FROM, _MIXED_FROM = 2, 3
"""The first passes mix well by themselves; what the vectors of a combination cost is gained from the fourth on."""

_RIDGE = 1e-12
_WEIGHT_MAX = 4.0
"""The slowest mode asks for a weight of κ/(1 − κ); passes that nearly depend on each other for some times as much."""

_NO_LANES = np.zeros((0, 0))
_NOTHING = np.zeros(0)

_MASS_SHARE = 0.1
"""x = 0 has no residual either: a combination may not lead there."""


class Sweeper:
    """Passes over one state; ``u`` None is uniform, ``landing`` is u0 where it is not u, else None.

    Remembers passes until ``forget``. ``lifted`` adds up the multiples of u that r was relieved of.
    """

    def __init__(
        self,
        operator: EditedOperator,
        state: State,
        u: FloatArray | None,
        landing: FloatArray | None,
    ) -> None:
        from focusmesh.engine.focus.live import sweep_compiled as live_sweep_compiled

        self._kernels = live_sweep_compiled
        self._operator = operator
        self._state = state
        self._landing = _NOTHING if landing is None else landing
        self._u = _NOTHING if u is None else u
        self.lifted = 0.0
        self._spans = operator.spans()
        self._made = 0
        self._grown = np.zeros(_MEMORY)
        self._steps = self._falls = np.zeros((0, 0))

    def fits(self, operator: EditedOperator, state: State) -> bool:
        """Whether this still serves: neither the particles nor their arrays have become others."""
        return state is self._state and self._spans[-1][1] == operator.count

    def forget(self) -> None:
        """Begins anew to remember: after edits the operator is another one."""
        self._made = 0

    def keep(self, residual: FloatArray) -> None:
        """Makes ``residual`` the r of the state, with an empty queue."""
        state = self._state
        parts = run(lambda span: self._kernels.put(state.cells, span, residual), self._spans)
        state.sums[NORM] = math.fsum(part[0] for part in parts)
        state.sums[TOTAL] = math.fsum(part[1] for part in parts)
        state.sums[LANDED] = 0.0
        state.marks[:2] = 0

    def pass_once(self, number: int) -> None:
        """One exact pass, the ``number``-th in a row; later ones are combined with those before (Anderson)."""
        if not len(self._steps):
            self._steps = np.empty((_MEMORY, self._operator.count))
            self._falls = np.empty_like(self._steps)
        at = self._made % _MEMORY
        step = self.take(self._steps[at], 1.0)
        after, landed = self._operator.linear(step, _NO_LANES)
        if len(self._landing):
            after += landed * self._landing
        self._grown[at] = self.gain(step, 1.0)
        if number >= _REMEMBERED_FROM:
            fall = self._falls[at]
            run(lambda span: self._kernels.difference(after, step, span, fall), self._spans)
            self._made += 1
        if number >= _MIXED_FROM:
            self._mix(after)
        self.keep(after)

    def take(self, vector: FloatArray, factor: float) -> FloatArray:
        """factor·(R(x) − x): r, what more lands at u0, and what is short of 0 at u; written to ``vector``."""
        cells, sums = self._state.cells, self._state.sums
        landed = float(sums[LANDED]) if len(self._landing) else 0.0
        short = -float(sums[TOTAL]) - landed
        self.lifted += short
        parts = landed, self._landing, short, self._u
        run(lambda span: self._kernels.take(cells, factor, *parts, span, vector), self._spans)
        return vector

    def gain(self, step: FloatArray, factor: float) -> float:
        """x ← x + factor·step; by how much Σx grew."""
        state = self._state
        parts = run(lambda span: self._kernels.gain(state.x, step, factor, span), self._spans)
        state.sums[MOVED] += math.fsum(part[0] for part in parts)
        grown = math.fsum(part[1] for part in parts)
        state.sums[MASS] += grown
        state.sums[DRIFT] += state.sums[MASS]
        return grown

    def add(self, vector: FloatArray, other: FloatArray, factor: float) -> float:
        """``vector`` += factor·other; the L1 norm of what was added."""
        parts = run(lambda span: self._kernels.gain(vector, other, factor, span), self._spans)
        return math.fsum(part[0] for part in parts)

    def _smaller(self, after: FloatArray, weights: FloatArray) -> bool:
        """Whether the combination is smaller in L1 too: a plain pass shrinks that by κ, the least squares need not."""
        parts = run(
            lambda span: self._kernels.sizes(after, self._falls, weights, span), self._spans
        )
        plain, plain_total, mixed, mixed_total = (
            math.fsum(part[column] for part in parts) for column in range(4)
        )
        return mixed + abs(mixed_total) < plain + abs(plain_total)

    def _mix(self, after: FloatArray) -> None:
        """Turns ``after`` into the combination of the last passes whose residual is least; x goes along."""
        used = min(self._made, _MEMORY)

        def multiply(span: tuple[int, int]) -> FloatArray:
            result = np.zeros((used + 1, used + 2))
            self._kernels.products(self._falls, used, after, span, result)
            return result

        result = np.sum(run(multiply, self._spans), axis=0)
        sums, whole = result[:used, used + 1], result[used, used + 1]
        gram = result[:used, :used] - np.outer(sums, sums) / len(after)
        wanted = result[:used, used] - sums * whole / len(after)
        # What is left of a vector along u is only rounding; along nothing there is nothing to gain.
        least = 1e-8 * float(np.diag(result[:used, :used]).max())
        if not least > 0:
            return
        scale = np.sqrt(np.maximum(np.diag(gram), least))
        scaled = gram / np.outer(scale, scale) + _RIDGE * np.eye(used)
        weights = np.linalg.solve(scaled, wanted / scale) / scale
        steady = np.abs(weights).max() * self._operator.params.gap <= _WEIGHT_MAX
        if not (
            steady and abs(weights @ self._grown[:used]) <= _MASS_SHARE * self._state.sums[MASS]
        ):
            self.forget()
            return
        if not self._smaller(after, weights):
            self.forget()
            return
        for row, weight in enumerate(weights.tolist()):
            self.gain(self._steps[row], -weight)
            self.add(after, self._falls[row], -weight)
