"""The residual ledger (docs/explanation/live.md): scores, residuals and the bound, kept while links change.

The bound is that of docs/explanation/operator.md in its homogeneous form: R x − x adds up to 0 for every x, so
that what the ledger does
not keep of it, a multiple t of u, is known to be −Σr, and x / Σx differs from φ* by at most ‖r + t·u‖₁ / (Σx·(1 − κ)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.live.correction import LiveCorrection
from focusmesh.engine.focus.live.operator import EditedOperator
from focusmesh.engine.focus.live.row_arrays import COUNT, RowArrays
from focusmesh.engine.focus.live.rows import with_room as rows_with_room
from focusmesh.engine.focus.live.state import (
    DRIFT,
    EDGES,
    LANDED,
    LISTED,
    MASS,
    MOVED,
    NORM,
    TOTAL,
    state_of,
)
from focusmesh.engine.focus.live.state import with_room as state_with_room
from focusmesh.engine.focus.live.sweep import Sweeper
from focusmesh.engine.focus.live.walk import NOWHERE
from focusmesh.engine.focus.operator.reduction import LOCAL
from focusmesh.engine.focus.operator.sums import UNIT
from focusmesh.engine.focus.operator.vectors import total
from focusmesh.errors import ConvergenceError

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Throttle

_WORTH = 16.0
"""A push of d links is worth it from a residual of 16·(d + 8)/m of what the tolerance allows: then it costs less than
its share of a dense pass, which takes about m/5 links' time and removes four fifths."""

_PUSH_SHARE = 1 / 128
_LOW = 0.5
"""Share of the tolerance that passes go down to, so that the edits that follow need none."""

_PASSES_MAX = 200
FAR = 1e4
"""A residual of so many times what is allowed is as far away as where a solve begins."""
_AIM, _PART, _LAST = 0.5, 0.3, 5.0
"""Share of the allowed residual that a correction may leave of its own; what its operator makes of its error bound in
practice; and how many allowed residuals that may be for passes to go on to the end (solve/deferred.py)."""
_DRIFT_SHARE = 0.25
"""Share of the allowed residual that lanes may be apart from each other before R is applied."""
_SHRINK = 0.5
"""A correction that leaves more of the residual is no use."""
_ROUNDED = 8


class Ledger:
    """x and r on rows that are being edited; vectors are in solver order. Changes only through its methods."""

    def __init__(
        self,
        structure: Structure,
        params: FocusParams,
        x: FloatArray,
        u: FloatArray | None,
        u0: FloatArray | None,
        tolerance: float,
    ) -> None:
        """``u`` None is uniform, ``u0`` None is u; ``x`` are scores to begin with, evaluated at once."""
        from focusmesh.engine.focus.live import correction_compiled as live_correction_compiled
        from focusmesh.engine.focus.live import full_compiled as live_full_compiled
        from focusmesh.engine.focus.live import push_compiled as live_push_compiled

        self._pushing, self._full = live_push_compiled, live_full_compiled
        self._sources = live_correction_compiled
        self.params = params
        self.tolerance = tolerance
        self._operator = EditedOperator(structure, params)
        self._coefficients = np.array(params.coefficients)
        self._tails = self._coefficients[::-1].cumsum()[::-1][1:]
        self._state = state_of(x, self.rows.out_count, len(self._tails))
        self._correction: LiveCorrection | None = None
        self._structure = structure
        self._links = structure.axon_count
        self.passes, self.pushed, self._touched = 0, 0, 0
        self._torn = True
        self.retarget(u, u0)

    @property
    def rows(self) -> RowArrays:
        """The links as they are now."""
        return self._operator.rows

    @property
    def count(self) -> int:
        """n now."""
        return self._operator.count

    @property
    def x(self) -> FloatArray:
        """The scores, of any mass; a view."""
        return self._state.x[: self.count]

    @property
    def mass(self) -> float:
        """Σx, as it was added up along the way."""
        return float(self._state.sums[MASS])

    @property
    def residual(self) -> float:
        """Bound on ‖R(x) − x‖₁ of x scaled to mass 1, without rounding."""
        sums = self._state.sums
        landed = float(sums[LANDED]) if self._landing is not None else 0.0
        size = sums[NORM] + abs(sums[TOTAL] + landed) + abs(landed)
        state = self._state
        walked = self._tails @ state.apart + self._tails[1:] @ np.maximum(state.norms[:-1], 0.0)
        return float(size + walked) / self.mass

    @property
    def bound(self) -> float:
        """Bound on ‖x / Σx − φ*‖₁, rounding included; infinite after an interrupt within a pass."""
        if self._torn or not self.mass > 0:
            return np.inf
        return (self.residual + self._rounding()) / self.params.gap

    @property
    def movement(self) -> float:
        """Σ|Δx| since ``watch`` was last called, scaled like x."""
        return float(self._state.sums[MOVED])

    def watch(self) -> None:
        """Begins to add up anew how far x moves."""
        self._state.sums[MOVED] = 0.0

    def worn(self, share: float) -> bool:
        """Whether the structure should be made anew: its edits are many, or no bound can be had on top of them."""
        allowed = self._residual_allowance()
        is_loose = self.rows.slot_count > 0 and 2 * self._operator.rounding() > allowed
        return self._operator.worn(share) or (is_loose and not self.bound <= self.tolerance)

    def retarget(self, u: FloatArray | None, u0: FloatArray | None) -> None:
        """Another teleport and place for dangling mass; O(m), since every residual changes."""
        self._u = u
        self._landing = u0
        self._kept: Sweeper | None = None
        self._correction = None
        self.evaluate()

    def evaluate(self) -> None:
        """r, lanes and sums by one honest application of R."""
        self._torn = True
        state, count = self._state, self.count
        x = self.x
        mass = total(x, LOCAL)
        u = np.full(count, 1 / max(count, 1)) if self._u is None else _extend_prior(self._u, count)
        landing = u if self._landing is None else _extend_prior(self._landing, count)
        moved, landed = self._operator.linear(x, state.lanes)
        moved -= x
        moved += landed * landing + self.params.gap * mass * u
        self._drop_sources()
        state.apart[:] = 0.0
        state.sums[MASS], state.sums[DRIFT] = mass, 0.0
        sweeper = self._sweeper()
        sweeper.keep(moved)
        sweeper.lifted = 0.0
        self._level = (landed + self.params.gap * mass) / max(count, 1)
        self._touched, self._torn = 0, False
        self.passes += 1

    def add_particles(self, count: int) -> None:
        """So many new, isolated particles. O(1) each: with uniform u they enter with what they will have."""
        if not count:
            return
        operator, first = self._operator, self.count
        self._level = self._even()
        self._kept = None
        operator.rows = rows_with_room(operator.rows, count, 0)
        self._state = state_with_room(self._state, operator.rows.out_count)
        if self._u is None and self._landing is None:
            score = self._even() / (1 - float(self._coefficients.sum()))
            self._state.x[first : first + count] = score
            self._state.lanes[:, first : first + count] = score
            self._state.sums[MASS] += score * count
            self._state.sums[DRIFT] += score * count
            self._state.sums[MOVED] += score * count
        operator.rows.sizes[COUNT] += count

    def edit(
        self, source: OffsetArray, target: OffsetArray, weight: FloatArray, *, adding: bool
    ) -> None:
        """Sets, or adds to, the weights of pairs of positions; the bound says what that did."""
        operator = self._operator
        operator.rows = rows_with_room(operator.rows, 0, len(source))
        pairs = (source, target, weight)
        state, factor = self._state, operator.factor
        state.marks[EDGES] = 0
        if len(self._coefficients):
            self._full.edit_full(
                *(operator.rows, state, pairs, adding, factor, np.inf, self._coefficients)
            )
        else:
            self._pushing.edit(
                operator.rows,
                state,
                pairs,
                adding,
                factor,
                self._threshold(self._residual_allowance()),
            )
        self._touched += int(state.marks[EDGES]) + 4 * len(source)

    def repair(self, throttle: Throttle) -> None:
        """Pushes and sweeps until the bound is within the tolerance.

        What the throttle's progress raises goes through, between passes: the bound is certified then too. Raises
        ConvergenceError where rounding keeps the bound above the tolerance.
        """
        if self._torn:
            self.evaluate()
        if self.bound > self.tolerance and not len(self._coefficients):
            self._push(self._residual_allowance())
        done, sweeper = 0, self._sweeper()
        goal = self.tolerance
        while not self.bound <= goal:
            throttle.at(done)
            if done >= _PASSES_MAX or 2 * self._rounding() > self.tolerance * self.params.gap:
                self._refresh(done)
                goal = self.tolerance
            else:
                self._pass(sweeper, done, throttle)
                goal = self.tolerance * (1.0 if len(self._coefficients) else _LOW)
                if not self.bound <= goal and not len(self._coefficients):
                    self._requeue()
            done += 1

    def _pass(self, sweeper: Sweeper, done: int, throttle: Throttle) -> None:
        if not len(self._coefficients):
            self._torn = True
            sweeper.pass_once(done)
            self._torn = False
            self.passes += 1
        elif self._beyond() > _DRIFT_SHARE * self._residual_allowance():
            self.evaluate()
        elif self.is_far or not len(self._state.lanes) or not self._correct(sweeper, throttle):
            self._torn = True
            self._solve(sweeper)
            self._torn = False

    @property
    def is_far(self) -> bool:
        """Whether the scores are no better a beginning than none, and lanes have to be made anew."""
        allowed = FAR * self._residual_allowance()
        return bool(len(self._coefficients)) and not self.residual <= allowed

    def _correct(self, sweeper: Sweeper, throttle: Throttle) -> bool:
        """x ← x + δ with all that edits have left taken in; whether the residual is allowed then, or shrank enough."""
        correction, before, lifted = self._corrector(), self.residual, sweeper.lifted
        step = sweeper.take(np.empty(self.count), 1.0)
        lifted, sweeper.lifted = sweeper.lifted, lifted
        allowed = self._residual_allowance()
        least = _PART * correction.approximation.error * before
        target = least if least > _LAST * allowed else _AIM * allowed
        passes = correction.passes
        try:
            reached = correction.solve(step, self._state, target * self.mass, throttle)
        finally:
            self.passes += correction.passes - passes
        if not reached <= _SHRINK * before * self.mass:
            return False
        sweeper.lifted, self._torn = lifted, True
        delta = correction.delta.astype(np.float64)
        delta -= total(delta, LOCAL) / self.mass * self.x
        self._walk(sweeper, step, delta)
        self._drop_sources()
        sweeper.gain(delta, 1.0)
        sweeper.keep(step)
        self._torn = False
        self.passes += 1
        return self.residual <= max(_SHRINK * before, allowed)

    def _walk(self, sweeper: Sweeper, residual: FloatArray, delta: FloatArray) -> None:
        """``residual`` after x + δ, and the lanes: Δy_k = QΔy_{k−1} + G_{k−1}, as far as it matters; then they stay."""
        operator, state, c = self._operator, self._state, self._coefficients
        after, landed = operator.outward(delta)
        sweeper.add(residual, after, operator.factor)
        sweeper.add(residual, delta, c[0] - 1)
        if self._landing is not None:
            landing = _extend_prior(self._landing, self.count)
            sweeper.add(residual, landing, operator.factor * landed)
        walk, apart, last = operator.walk(delta), np.zeros(len(c) - 1), len(c) - 1
        allowed = self._residual_allowance() * self.mass * _DRIFT_SHARE
        for k in range(1, last + 1):
            walk.gather()
            self._sources.add_sources(state, k - 1, walk.arrived)
            turned = walk.advance(c[k], residual, state.lanes[k - 1] if k < last else NOWHERE)
            self._sources.apart_from(state, k - 1, apart)
            apart[k:] += turned
            # A step left out is worth its share of the application of R that lanes far apart will cost.
            if self._tails[k:] @ apart[k:] <= allowed * (last - k) / (last + 1):
                break
        state.apart[k:] += apart[k:]
        sweeper.add(residual, walk.y, float(c[k + 1 :].sum()))
        at = state.listed[: state.marks[LISTED]]
        # The direct steps of the sources have been in the residual since their edits.
        residual[at] -= state.sources[at] @ c[1:]
        for lane in range(k, last - 1):
            sweeper.add(state.lanes[lane], walk.y, 1.0)

    def _drop_sources(self) -> None:
        if len(self._state.seen):
            self._sources.drop_sources(self._state)

    def _corrector(self) -> LiveCorrection:
        kept = self._correction
        if kept is None or kept.count != self.count or kept.operator is not self._operator:
            given = (self._u, self._landing)
            priors = [None if v is None else _extend_prior(v, self.count) for v in given]
            kept = self._correction = LiveCorrection(self._structure, self._operator, *priors)
        return kept

    def _solve(self, sweeper: Sweeper) -> None:
        """Passes with the whole of N, without lanes in between: for changes that are no longer small."""
        self.evaluate()
        for done in range(_PASSES_MAX):
            sums = self._state.sums
            if sums[NORM] + abs(sums[TOTAL]) <= self._residual_allowance() * self.mass / 2:
                break
            self._torn = True
            sweeper.pass_once(done)
            self.passes += 1
        self.evaluate()

    def _refresh(self, done: int) -> None:
        """An honest evaluation drops the rounding that has piled up; where that does not help nothing does."""
        piled = self._rounding()
        self.evaluate()
        if done > 2 * _PASSES_MAX or self._rounding() > 0.9 * piled:
            raise ConvergenceError(
                f"the bound {self.bound:.3g} is above {self.tolerance:.3g}, and float64 can certify no less here; "
                "choose a larger tolerance"
            )

    def _requeue(self) -> None:
        """Pushes what a pass has left on short rows: mass that goes round in small parts of the graph stays there."""
        size = max(self._residual_allowance(), self.residual)
        self._pushing.requeue(self._state, self.count, self._threshold(size))
        self._push(size)

    def _push(self, size: float) -> None:
        """Pushes what is worth it where residuals add up to ``size``."""
        state = self._state
        limit = int(_PUSH_SHARE * self._links) + 1
        threshold, factor = self._threshold(size), self._operator.factor
        self._pushing.push(self.rows, state, factor, threshold, 0.0, limit)
        self.pushed += int(state.marks[EDGES])
        self._touched += int(state.marks[EDGES])

    def _sweeper(self) -> Sweeper:
        kept = self._kept
        if kept is None or not kept.fits(self._operator, self._state):
            given = (self._u, self._landing)
            u, landing = (None if v is None else _extend_prior(v, self.count) for v in given)
            kept = self._kept = Sweeper(self._operator, self._state, u, landing)
        kept.forget()
        return kept

    def _even(self) -> float:
        """What every particle gets of uniform u now, beside its links: what an isolated one has by itself."""
        lifted = 0.0 if self._kept is None else self._kept.lifted
        return self._level + lifted / self.count

    def _residual_allowance(self) -> float:
        """What the residual of x at mass 1 may be."""
        return self.tolerance * self.params.gap

    def _threshold(self, size: float) -> float:
        return _WORTH * size * self.mass / max(self._links, 1)

    def _beyond(self) -> float:
        """What lanes that are apart from each other, edits aside, add to the residual."""
        return float(self._tails @ self._state.apart) / self.mass

    def _rounding(self) -> float:
        """γ of the last honest evaluation, and what was rounded since."""
        sums = self._state.sums
        since = _ROUNDED * float(sums[DRIFT]) / self.mass
        touched = 4 * self._touched * max(self.residual, self._residual_allowance())
        return self._operator.rounding() + UNIT * (since + touched)


def _extend_prior(vector: FloatArray, count: int) -> FloatArray:
    """A given prior: particles that came later have no share in it."""
    return vector if len(vector) == count else np.append(vector, np.zeros(count - len(vector)))
