"""Who keeps scores certified while links change: two keepers of one shape, in the order of particles.

A ``LedgerKeeper`` repairs residuals in place, for graphs that are worth compiled kernels. A ``SolvingKeeper`` solves
again from the last scores, which on a small graph takes no longer than finding out what changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.engine.focus.devices.backend import AUTO
from focusmesh.engine.focus.live.ledger import Ledger
from focusmesh.engine.focus.operator.operator import Operator
from focusmesh.engine.focus.operator.reduction import LOCAL
from focusmesh.engine.focus.operator.vectors import total
from focusmesh.engine.focus.solve.solver import solver_named
from focusmesh.engine.support.progress import Throttle
from focusmesh.engine.support.selection import largest

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.live.links import WeightBatch
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress

_START, _START_FULL = 1 / 4, 1 / 100
"""Share of the tolerance that a first solve may take of it, so that edits and their corrections have the rest."""
_REACHABLE = 4

WORN = 0.02
"""Share of the links that may lie in the delta before a new structure is made."""


class Keeper(Protocol):
    """Scores of all particles, with what bounds their error."""

    backend: str
    passes: int
    pushed: int

    @property
    def bound(self) -> float:
        """Bound on the L1 distance of the scores to the true ones."""

    @property
    def residual(self) -> float:
        """Bound on ‖R(x) − x‖₁."""

    @property
    def worn(self) -> bool:
        """Whether ``rebuild`` is due."""

    def rebuild(self, graph: LinkView, progress: Progress | None = None) -> None:
        """Starts from the structure of the edited graph, scores kept; for one that is ``worn``."""

    def apply(self, batch: WeightBatch) -> None:
        """Lets the links change. ``bound`` then says what the scores are still worth."""

    def settle(self, graph: Callable[[], LinkView], progress: Progress | None) -> None:
        """Brings the bound within the tolerance; ``graph`` makes the edited graph where it is needed."""

    def teleport(self, u: FloatArray | None, u0: FloatArray | None) -> None:
        """Another prior, in the order of particles."""

    def scores(self) -> FloatArray:
        """All scores, of mass 1."""

    def score(self, index: int) -> float:
        """One score."""

    def leaders(self, count: int) -> OffsetArray:
        """Indices of the best, best first."""


class SolvingKeeper:
    """Solves anew from where it stands."""

    backend = "numpy"

    def __init__(
        self, params: FocusParams, tolerance: float, u: FloatArray | None, u0: FloatArray | None
    ) -> None:
        self._params, self._tolerance = params, tolerance
        self._u, self._u0 = u, u0
        self._scores = np.zeros(0)
        self.bound, self.residual = np.inf, np.inf
        self.passes, self.pushed = 0, 0
        self.worn = False

    def rebuild(self, graph: LinkView, progress: Progress | None = None) -> None:
        """Nothing: there is no delta."""

    def apply(self, batch: WeightBatch) -> None:
        """The scores stay; a bound of 2 holds for any two distributions."""
        if len(batch.source) or batch.particle_count > len(self._scores):
            self._scores = extend_prior(self._scores, batch.particle_count)
            self.bound, self.residual = 2.0, 2.0

    def teleport(self, u: FloatArray | None, u0: FloatArray | None) -> None:
        self._u, self._u0 = u, u0
        self.bound, self.residual = 2.0, 2.0

    def settle(self, graph: Callable[[], LinkView], progress: Progress | None) -> None:
        if self.bound <= self._tolerance:
            return
        structure = graph().structure
        count = structure.particle_count
        if not count:
            self.bound = self.residual = 0.0
            return
        flat = np.full(count, 1 / count)
        u = flat if self._u is None else extend_prior(self._u, count)
        u0 = u if self._u0 is None else extend_prior(self._u0, count)
        order = structure.order
        operator = Operator.on(structure, self._params, u[order], u0[order])
        start = extend_prior(self._scores, count)[order] if self._scores.any() else operator.u
        solution = solver_named("anderson")(operator, start, self._tolerance, progress)
        self._scores = solution.x[structure.position]
        self.bound, self.residual = solution.bound, solution.residual
        self.passes += solution.iterations

    def scores(self) -> FloatArray:
        return self._scores

    def score(self, index: int) -> float:
        return float(self._scores[index])

    def leaders(self, count: int) -> OffsetArray:
        return largest(self._scores, count)


class LedgerKeeper:
    """A ledger, and the positions of particles in it."""

    backend = "numba"

    def __init__(
        self,
        graph: LinkView,
        params: FocusParams,
        tolerance: float,
        u: FloatArray | None,
        u0: FloatArray | None,
        progress: Progress | None,
        worn: float = WORN,
    ) -> None:
        self._params, self._tolerance, self._worn = params, tolerance, worn
        self._u, self._u0 = u, u0
        self._structure = graph.structure
        operator = self._operator()
        self.passes, self.pushed = 1, 0
        self._begin(self._solve(operator, operator.u, progress))
        self._candidates: OffsetArray = np.zeros(0, dtype=np.int64)
        self._outside = np.inf

    def _operator(self) -> Operator:
        """R on the structure as it is."""
        count, order = self._structure.particle_count, self._structure.order
        flat = np.full(count, 1 / max(count, 1))
        u = flat if self._u is None else extend_prior(self._u, count)
        u0 = u if self._u0 is None else extend_prior(self._u0, count)
        return Operator.on(self._structure, self._params, u[order], u0[order])

    def _solve(
        self, operator: Operator, start: FloatArray, progress: Progress | None
    ) -> FloatArray:
        """A solve that leaves most of the tolerance to what follows."""
        wanted = self._tolerance * (_START_FULL if self._params.coefficients else _START)
        reachable = _REACHABLE * operator.bound(0.0, 1.0)
        within = min(max(wanted, reachable), max(self._tolerance * _START, wanted))
        solution = solver_named(AUTO)(operator, start, within, progress)
        self.passes += solution.iterations
        return solution.x

    def _begin(self, x: FloatArray) -> None:
        order = self._structure.order
        self._known = len(order)
        u = None if self._u is None else extend_prior(self._u, self._known)[order]
        u0 = None if self._u0 is None else extend_prior(self._u0, self._known)[order]
        self.ledger = Ledger(self._structure, self._params, x, u, u0, self._tolerance)
        self._candidates, self._outside = np.zeros(0, dtype=np.int64), np.inf

    @property
    def bound(self) -> float:
        return self.ledger.bound

    @property
    def residual(self) -> float:
        return self.ledger.residual

    def apply(self, batch: WeightBatch) -> None:
        ledger = self.ledger
        ledger.add_particles(batch.particle_count - ledger.count)
        if len(batch.source):
            ledger.edit(
                self._positions(batch.source),
                self._positions(batch.target),
                batch.weight,
                adding=batch.adding,
            )

    @property
    def worn(self) -> bool:
        return self.ledger.worn(self._worn) or self.ledger.is_far

    def settle(self, graph: Callable[[], LinkView], progress: Progress | None) -> None:
        passes, pushed = self.ledger.passes, self.ledger.pushed
        try:
            if self.ledger.bound > self._tolerance:
                self.ledger.repair(Throttle(progress, "updating", None, "passes"))
        finally:
            self.passes += self.ledger.passes - passes
            self.pushed += self.ledger.pushed - pushed

    def teleport(self, u: FloatArray | None, u0: FloatArray | None) -> None:
        self._u, self._u0 = u, u0
        count = self.ledger.count
        parts = [
            None if part is None else self._in_positions(extend_prior(part, count))
            for part in (u, u0)
        ]
        self.ledger.retarget(*parts)
        self.passes += 1

    def scores(self) -> FloatArray:
        x = np.maximum(self._in_particles(self.ledger.x), 0.0)
        return np.asarray(x / total(x, LOCAL), dtype=np.float64)

    def score(self, index: int) -> float:
        at = self._structure.position[index] if index < self._known else index
        return max(0.0, float(self.ledger.x[at]) / self.ledger.mass)

    def leaders(self, count: int) -> OffsetArray:
        """O(count) while the scores outside of a list of candidates cannot have risen above the last of them."""
        ledger = self.ledger
        at = self._candidates
        scores = ledger.x[at]
        order = np.lexsort((self._particles(at), -scores))[:count]
        if len(order) < count or scores[order[-1]] <= self._outside + ledger.movement:
            ranked = largest(ledger.x, 8 * count + 64)
            at, scores = ranked, ledger.x[ranked]
            self._candidates = ranked
            self._outside = float(scores[-1]) if len(ranked) < ledger.count else -np.inf
            ledger.watch()
            order = np.lexsort((self._particles(at), -scores))[:count]
        return self._particles(at[order])

    def weight(self, source: int, target: int) -> float:
        """What a pair of particles weighs now."""
        from focusmesh.engine.focus.live.rows_compiled import weight_between

        tail, head = self._positions(np.array([source, target])).tolist()
        return weight_between(self.ledger.rows, tail, head)

    def edited_pairs(self) -> dict[tuple[int, int], float]:
        """All pairs that were edited since the structure was made, with what they weigh now."""
        rows = self.ledger.rows
        used = slice(0, rows.slot_count)
        tails = self._particles(rows.slot_source[used].astype(np.int64)).tolist()
        heads = self._particles(rows.slot_target[used].astype(np.int64)).tolist()
        return dict(zip(zip(tails, heads, strict=True), rows.slot_now[used].tolist(), strict=True))

    def rebuild(self, graph: LinkView, progress: Progress | None = None) -> None:
        scores, before = self._in_particles(self.ledger.x), self._structure
        self._structure = graph.structure
        x = scores[self._structure.order]
        try:
            if self.ledger.is_far:
                x = self._solve(self._operator(), np.maximum(x, 0.0), progress)
        except BaseException:
            self._structure = before
            raise
        self._begin(x)

    def _positions(self, indices: OffsetArray) -> OffsetArray:
        position = self._structure.position
        if int(indices.max(initial=0)) < self._known:
            return position[indices].astype(np.int64)
        old = indices < self._known
        return np.where(old, position[np.where(old, indices, 0)], indices)

    def _particles(self, positions: OffsetArray) -> OffsetArray:
        order = self._structure.order
        if not len(order):
            return positions
        old = positions < self._known
        return np.where(old, order[np.where(old, positions, 0)], positions).astype(np.int64)

    def _in_particles(self, vector: FloatArray) -> FloatArray:
        known = self._known
        return np.append(vector[:known][self._structure.position], vector[known:])

    def _in_positions(self, vector: FloatArray) -> FloatArray:
        known = self._known
        return np.append(vector[:known][self._structure.order], vector[known:])


def extend_prior(vector: FloatArray, count: int) -> FloatArray:
    """A given prior, with no share for particles that came later."""
    return np.append(vector, np.zeros(count - len(vector)))
