"""Solvers of φ = R(φ) on the card: those of the host (stepping.py, deferred.py), over vectors that stay there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from focusmesh.engine.focus.cuda.correction import CardCorrection
from focusmesh.engine.focus.cuda.iteration import iteration
from focusmesh.engine.focus.cuda.program import cupy
from focusmesh.engine.focus.solve.deferred import AIM, EVEN, LAST, PART, ROUGH, SLACK
from focusmesh.engine.focus.solve.watch import Watch

if TYPE_CHECKING:
    from focusmesh.engine.focus.cuda.operator import CardOperator
    from focusmesh.engine.support.progress import Progress

_APPROXIMATION_ERROR = 0.25
"""Share of the contraction that the approximation may miss; beyond, corrections gain too little."""


def solve_on_card(
    operator: CardOperator, tolerance: float, progress: Progress | None = None, start: Any = None
) -> tuple[Any, float, Watch]:
    """A vector of the card, mass 1, its float64 residual there, which proves ``tolerance``, and what was counted.

    ``start`` (n,): where to begin, or the weights of links. Errors as on the host (watch.py).
    """
    watch = Watch.over(operator, tolerance, progress)
    if not (any(operator.params.coefficients[1:]) and operator.structure.suits_single):
        return *_anderson(operator, _project(operator, start), watch), watch
    correction = CardCorrection(operator)
    if correction.approximation.error > _APPROXIMATION_ERROR * operator.params.gap:
        return *_anderson(operator, _project(operator, start), watch), watch
    return *_solve_with_correction(operator, correction, start, watch), watch


def _project(operator: CardOperator, start: Any) -> Any:
    s = operator.structure
    if start is None:
        start = _blend(operator, s.degree_total - s.out_total, operator.params.alpha)
    return operator.project(start)


def _blend(operator: CardOperator, weight: Any, even: float) -> Any:
    """``even`` of the mass as u has it, the rest in proportion to ``weight``."""
    cp = cupy()
    mass = operator.mass(weight)
    spread = cp.broadcast_to(operator.u.values, weight.shape)
    return cp.ascontiguousarray(
        spread if not mass > 0 else even * spread + (1 - even) / mass * weight
    )


def _anderson(operator: CardOperator, x: Any, watch: Watch) -> tuple[Any, float]:
    """See ``solve_anderson``."""
    applied, best = iteration(operator, x), math.inf
    mixer = applied.mixer
    while True:
        norm, mass = applied.evaluate()
        residual = watch.note_residual(norm / mass)
        if watch.has_converged(residual):
            return x / mass, residual
        if best > residual > operator.params.kappa * best:
            mixer.step()
        elif residual < best:
            mixer.mix()
        elif mixer.can_retreat:
            applied.retreat()
        else:
            mixer.step()
        best = min(best, residual)


def _solve_with_correction(
    operator: CardOperator, correction: CardCorrection, start: Any, watch: Watch
) -> tuple[Any, float]:
    """See ``solve_corrected``."""
    cp, goal = cupy(), watch.tolerance * operator.params.gap
    if start is None:
        degree = operator.structure.degree_total
        correction.start(_blend(operator, degree, EVEN), _blend(operator, degree, 0.0))
        correction.solve(max(goal, ROUGH), watch.count_pass)
        start = correction.x.astype(cp.float64)
    x = operator.project(start)
    step, delta, image = (cp.empty_like(x) for _ in range(3))
    operator.apply(x, image)
    norm, left_out = operator.step(x, image, step), 0.0
    correction.constant[:] = step
    while True:
        residual = watch.note_residual(norm + left_out)
        if watch.has_converged(residual):
            return x, residual
        correction.correct()
        least = PART * correction.approximation.error * residual
        correction.solve(least if least > LAST * goal else AIM * goal, watch.count_pass)
        left_out += _take(operator, correction, x, (step, delta, image), SLACK * goal)
        norm = (1 + 2.0**-40) * float(operator.sums.total(1)[0])
        if norm + left_out > operator.params.kappa * residual:
            return _anderson(operator, x, watch)


def _take(
    operator: CardOperator,
    correction: CardCorrection,
    x: Any,
    room: tuple[Any, Any, Any],
    slack: float,
) -> float:
    """x ← x + δ and the step R(x) − x with it; how much R(δ) may lack. The norm of the step is the next total."""
    (step, delta, image), sums = room, operator.sums
    sweep, count = operator.program.sweep, operator.count
    sweep("raised", x, correction.x, *operator.floor.arguments, count, delta, sums.partial)
    sweep("settled", x, delta, count, sums.total(1))
    missed = operator.apply(delta, image, slack)
    sweep("taken", x, delta, image, step, correction.constant, count, sums.partial)
    return missed
