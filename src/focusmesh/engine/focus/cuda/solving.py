"""Solvers of φ = R(φ) on the card: those of the host (stepping.py, deferred.py), over vectors that stay there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from focusmesh.engine.focus.cuda.correcting import CardCorrection, correction_for
from focusmesh.engine.focus.cuda.iterating import iteration
from focusmesh.engine.focus.cuda.program import cupy
from focusmesh.engine.focus.deferred import AIM, LAST, PART, ROUGH, SLACK
from focusmesh.engine.focus.watch import Watch

if TYPE_CHECKING:
    from focusmesh.engine.focus.cuda.operator import CardOperator
    from focusmesh.engine.progress import Progress

_APPROXIMATION_ERROR = 0.25
"""Share of the contraction that the approximation may miss; beyond, corrections gain too little."""


def solve_on_card(
    operator: CardOperator, tolerance: float, progress: Progress | None = None, start: Any = None
) -> tuple[Any, float, Watch]:
    """A vector of the card, mass 1, its float64 residual there, which proves ``tolerance``, and what was counted.

    ``start`` (n,): where to begin, or the weights of links. Errors as on the host (watch.py).
    """
    watch = Watch.over(operator, tolerance, progress)
    correction = correction_for(operator) if operator.structure.suits_single else None
    if correction is None or correction.error > _APPROXIMATION_ERROR * operator.params.gap:
        return *_anderson(operator, _projected(operator, start), watch), watch
    return *_corrected(operator, correction, start, watch), watch


def _projected(operator: CardOperator, start: Any) -> Any:
    return operator.projected(operator.by_weight() if start is None else start)


def _anderson(operator: CardOperator, x: Any, watch: Watch) -> tuple[Any, float]:
    """See ``solve_anderson``."""
    applied, best = iteration(operator, x), math.inf
    mixer = applied.mixer
    while True:
        norm, mass = applied.evaluate()
        residual = watch.noted(norm / mass)
        if watch.ended(residual):
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


def _corrected(
    operator: CardOperator, correction: CardCorrection, start: Any, watch: Watch
) -> tuple[Any, float]:
    """See ``solve_corrected``."""
    cp, goal = cupy(), watch.tolerance * operator.params.gap
    if start is None:
        correction.start()
        correction.solve(max(goal, ROUGH), watch.passed)
        start = correction.x.astype(cp.float64)
    x = operator.projected(start)
    step, delta, image = (cp.empty_like(x) for _ in range(3))
    operator.apply(x, image)
    norm, left_out = operator.step(x, image, step), 0.0
    correction.constant[:] = step
    while True:
        residual = watch.noted(norm + left_out)
        if watch.ended(residual):
            return x, residual
        correction.correct()
        least = PART * correction.error * residual
        correction.solve(least if least > LAST * goal else AIM * goal, watch.passed)
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
