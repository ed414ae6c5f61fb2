"""Solvers that apply R itself again and again: plainly, or accelerated where that pays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.focus.operator.initial_vector import by_weight, is_cold
from focusmesh.engine.focus.operator.vectors import project, total
from focusmesh.engine.focus.solve.iteration import Application
from focusmesh.engine.focus.solve.mixing import MEMORY, Mixer
from focusmesh.engine.focus.solve.plain_run import PlainRun
from focusmesh.engine.focus.solve.watch import RATIOS_KEPT, Iterate, Solution, Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.focus.solve.watch import Enough
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress

PLAIN_KAPPA_MAX = 0.9
"""Contraction up to which plain steps end soon enough on any graph."""
_PLAIN_BEGIN = 4
"""Plain applications that tell how fast a graph mixes."""
_MIXED_BEGIN = 9
"""Accelerated ones that tell how much they gain."""
_PLAIN_END, _PLAIN_END_DENSE = 10, 6
"""So many plain steps from the end, acceleration is not begun: where vectors cost much beside links, and else."""
_DENSE = 1.3
"""What an accelerated step costs in plain ones where vectors cost much."""
_PLAIN_VISITS, _MIXED_VISITS = 2, 6
"""What the vectors of a step cost, in links read, for each particle."""


def solve_plain(
    operator: Operator,
    start: FloatArray,
    tolerance: float,
    progress: Progress | None = None,
    enough: Enough | None = None,
) -> Solution:
    """x ← R(x) until certified: at most ln(2 / (tolerance·(1−κ))) / ln(1/κ) applications."""
    solve = _Solve(operator, Watch.over(operator, tolerance, progress), enough)
    x = _first(operator, start)
    found = solve.run(x, _never) if operator.diffuses_only else solve.mix(x, 0, _never)
    assert isinstance(found, Solution), "what nothing stops has ended"
    return found


def solve_anderson(
    operator: Operator,
    start: FloatArray,
    tolerance: float,
    progress: Progress | None = None,
    enough: Enough | None = None,
) -> Solution:
    """Anderson acceleration of x ← R(x), safeguarded.

    An iterate that does not shrink the residual by κ is followed by a plain step, and where the residual even rose, by
    the plain step from the iterate before, and the history is dropped: every two applications shrink the least
    residual by κ, up to the float32 rounding of the way back; plain steps follow until it shrinks again. Where R
    follows links only, a pass is cheap beside mixing: plain steps begin, and end what mixing does not shorten.
    D. G. Anderson, J. ACM 12 (1965) 547; H. F. Walker, P. Ni, SIAM J. Numer. Anal. 49 (2011) 1715.
    """
    watch, x = Watch.over(operator, tolerance, progress), _first(operator, start)
    solve = _Solve(operator, watch, enough)
    if not operator.diffuses_only or operator.params.kappa > PLAIN_KAPPA_MAX:
        found = solve.mix(x, MEMORY, _never)
    else:
        found = solve.temper(x)
    assert isinstance(found, Solution), "what nothing stops has ended"
    return found


def _first(operator: Operator, start: FloatArray) -> FloatArray:
    """Where a solve begins: at ``start``, or at something better where that knows nothing."""
    if is_cold(operator, start):
        start = by_weight(operator, operator.params.alpha)
    return project(start, operator.floor(), operator.reduction)


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Solve:
    """A solve on its way: each act goes on from a vector until it is certified, or until it is to stop."""

    operator: Operator
    watch: Watch
    enough: Enough | None

    def temper(self, x: FloatArray) -> Solution | FloatArray:
        """Plain steps; accelerated ones where those would take many; plain ones again where these gain too little.

        All is decided by residuals and counts, so that every machine and every rank decides alike.
        """
        reduction, watch = self.operator.reduction, self.watch
        count = reduction.particle_count(len(x))
        links = reduction.chunk_sum([float(self.operator.structure.axon_count)])
        dearer = (links + _MIXED_VISITS * count) / (links + _PLAIN_VISITS * count)
        last_steps = _PLAIN_END if dearer > _DENSE else _PLAIN_END_DENSE
        found = self.run(x, lambda: self._is_slow(last_steps))
        if isinstance(found, Solution):
            return found
        rate, begun = watch.rate, watch.applications

        def gains_less() -> bool:
            seen = watch.applications - begun >= _MIXED_BEGIN
            return seen and sum(map(math.log, watch.ratios)) > dearer * math.log(rate) * RATIOS_KEPT

        found = self.mix(found, MEMORY, gains_less)
        return found if isinstance(found, Solution) else self.run(found, _never)

    def _is_slow(self, steps: int) -> bool:
        """Whether plain steps will take more than so many."""
        watch = self.watch
        if watch.applications < _PLAIN_BEGIN:
            return False
        return watch.last * watch.rate**steps > watch.goal

    def run(self, x: FloatArray, is_over: Callable[[], bool]) -> Solution | FloatArray:
        """Plain steps of an operator that only follows links."""
        run, watch = PlainRun(self.operator, x), self.watch
        while True:
            norm, mass = run.apply()
            mass = mass or 1.0
            residual = watch.note_residual(norm / mass)
            ended, last = watch.has_converged(residual), None
            if self.enough is not None:
                last = Iterate(run.x / mass, (run.image - run.x) / mass)
                ended = ended or self.enough(last)
            if ended:
                return self._end(run.x, mass, residual, last)
            self.operator.reduction.note_sweep(lambda: run.x)
            run.step()
            if is_over():
                return run.x

    def mix(self, x: FloatArray, memory: int, is_over: Callable[[], bool]) -> Solution | FloatArray:
        """Steps that are mixed with the last ``memory`` ones; 0: plain ones. Changes ``x``."""
        operator, watch = self.operator, self.watch
        floors, reduction = [operator.flat_floor()], operator.reduction
        compiled = operator.structure.is_compiled or operator.structure.edited_often
        mixer = Mixer([x], floors, reduction, memory=memory, compiled=compiled)
        applied = Application(operator, x)
        best = math.inf
        while True:
            mass = applied.mass or 1.0
            applied.evaluate()
            norm = mixer.record(lambda part: [applied.image(part)])[0]
            residual = watch.note_residual(norm / mass)
            ended, last = watch.has_converged(residual), None
            if self.enough is not None:
                last = Iterate(x / mass, mixer.newest / mass)
                ended = ended or self.enough(last)
            if ended:
                return self._end(x, mass, residual, last)
            reduction.note_sweep(lambda: x)
            if not memory or best > residual > operator.params.kappa * best:
                mixer.step(applied.prepare)
            elif residual < best:
                mixer.mix(applied.prepare)
            elif mixer.can_retreat:
                mixer.retreat(applied.prepare)
            else:
                mixer.step(applied.prepare)
            best = min(best, residual)
            if is_over():
                return x

    def _end(self, x: FloatArray, mass: float, residual: float, last: Iterate | None) -> Solution:
        scaled = x / mass if last is None else last.x
        return self.watch.solution(scaled, residual, total(scaled, self.operator.reduction), last)
