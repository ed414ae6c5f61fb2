"""Dense passes of the ledger: take the residuals in, put what they become back, extrapolate where it takes several.

With v = r a pass is x ← x + v, r ← N v: exact, since R is linear. With springs and heat it goes along the lanes
w_k = Q w_{k−1} + e_k as far as the lags e_k are kept, and what lies beyond grows the bound instead.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.live_state import LANDED, MASS, MOVED, NORM, TOTAL, State
from focusmesh.engine.parallel import run

if TYPE_CHECKING:
    from focusmesh.engine.arrays import FloatArray
    from focusmesh.engine.focus.live_operator import EditedOperator

_MEMORY = 2
_RIDGE = 1e-12
_NO_LANES = np.zeros((0, 0))


class Sweeper:
    """Passes over one state; ``landing`` is u0 where it is not u, else None."""

    def __init__(self, operator: EditedOperator, state: State, landing: FloatArray | None) -> None:
        from focusmesh.engine.focus import live_sweep_compiled

        self._kernels = live_sweep_compiled
        self._operator = operator
        self._state = state
        self._landing = landing
        self._spans = operator.spans()
        self._steps: list[FloatArray] = []
        self._falls: list[FloatArray] = []

    def residual(self) -> FloatArray:
        """r as a vector, with what more lands at u0."""
        vector = np.empty(self._operator.count)
        cells = self._state.cells
        run(lambda span: self._kernels.take(cells, span, vector), self._spans)
        if self._landing is not None:
            vector += self._state.sums[LANDED] * self._landing
        return vector

    def keep(self, residual: FloatArray) -> None:
        """Makes ``residual`` the r of the state, with an empty queue."""
        state = self._state
        parts = run(lambda span: self._kernels.put(state.cells, span, residual), self._spans)
        state.sums[NORM] = math.fsum(part[0] for part in parts)
        state.sums[TOTAL] = math.fsum(part[1] for part in parts)
        state.sums[LANDED] = 0.0
        state.marks[:2] = 0

    def gain(self, step: FloatArray, factor: float = 1.0) -> None:
        """x ← x + factor·step."""
        state = self._state
        grown = run(lambda span: self._kernels.gain(state.x, step, factor, span), self._spans)
        state.sums[MASS] += math.fsum(grown)
        state.sums[MOVED] += abs(factor) * float(np.abs(step).sum())

    def pass_once(self, *, mixing: bool) -> None:
        """One exact pass; with ``mixing`` the result is combined with earlier passes (Anderson)."""
        before = self.residual()
        after, landed = self._operator.linear(before, _NO_LANES)
        if self._landing is not None:
            after += landed * self._landing
        self.gain(before)
        self._steps.append(before)
        self._falls.append(after - before)
        if mixing:
            after = self._mixed(after)
        self.keep(after)
        del self._steps[:-_MEMORY], self._falls[:-_MEMORY]

    def pass_lanes(self) -> None:
        """One pass along the lanes whose lags are kept; c_0 is eliminated."""
        operator, state, count = self._operator, self._state, self._operator.count
        coefficients = operator.params.coefficients
        step = self.residual() / (1 - coefficients[0])
        after, landed = operator.outward(step)
        after *= operator.factor
        if self._landing is not None:
            after += operator.factor * landed * self._landing
        changes, power = [], step
        for lane in range(len(state.lags)):
            power = operator.around(power)
            after += coefficients[lane + 1] * power
            power = power + state.lags[lane, :count]
            changes.append(power)
        beyond = 0.0
        if len(coefficients) > len(changes) + 1:
            power = operator.around(power)
            after += coefficients[len(changes) + 1] * power
            beyond = float(np.abs(power).sum())
        self._keep_lanes(changes, beyond)
        self.gain(step)
        self.keep(after)

    def _keep_lanes(self, changes: list[FloatArray], beyond: float) -> None:
        state, count = self._state, self._operator.count
        for lane, change in enumerate(changes):
            state.lanes[lane, :count] += change
            state.lags[lane] = 0.0
            state.apart[lane] = 0.0
        if len(changes) < len(state.apart):
            state.apart[len(changes)] += beyond

    def _mixed(self, after: FloatArray) -> FloatArray:
        """The combination of the last passes whose residual is least; x goes along."""
        count, falls = len(after), np.array(self._falls)
        gram, wanted = np.empty((len(falls), len(falls))), np.empty(len(falls))
        sums = falls.sum(axis=1)
        for row, fall in enumerate(falls):
            gram[row] = falls @ fall - sums * sums[row] / count
            wanted[row] = fall @ after - sums[row] * after.sum() / count
        scale = np.sqrt(np.maximum(np.diag(gram), np.finfo(np.float64).tiny))
        scaled = gram / np.outer(scale, scale) + _RIDGE * np.eye(len(falls))
        weights = np.linalg.solve(scaled, wanted / scale) / scale
        for weight, step, fall in zip(weights, self._steps, falls, strict=True):
            self.gain(step, -float(weight))
            after = after - weight * fall
        return after
