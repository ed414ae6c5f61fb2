"""Solvers that apply R itself again and again: plainly, or accelerated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from focusmesh.engine.focus.operator.initial_vector import by_weight, is_cold
from focusmesh.engine.focus.operator.vectors import project, total
from focusmesh.engine.focus.solve.iteration import Application
from focusmesh.engine.focus.solve.mixing import MEMORY, Mixer
from focusmesh.engine.focus.solve.watch import Iterate, Solution, Watch

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.focus.solve.watch import Enough
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress


def solve_plain(
    operator: Operator,
    start: FloatArray,
    tolerance: float,
    progress: Progress | None = None,
    enough: Enough | None = None,
) -> Solution:
    """x ← R(x) until certified: at most ln(2 / (tolerance·(1−κ))) / ln(1/κ) applications."""
    return _solve(operator, start, tolerance, progress, enough, memory=0)


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
    residual by κ, up to the float32 rounding of the way back; plain steps follow until it shrinks again.
    D. G. Anderson, J. ACM 12 (1965) 547; H. F. Walker, P. Ni, SIAM J. Numer. Anal. 49 (2011) 1715.
    """
    return _solve(operator, start, tolerance, progress, enough, memory=MEMORY)


def _solve(
    operator: Operator,
    start: FloatArray,
    tolerance: float,
    progress: Progress | None,
    enough: Enough | None,
    memory: int,
) -> Solution:
    watch = Watch.over(operator, tolerance, progress)
    if memory and is_cold(operator, start):
        start = by_weight(operator, operator.params.alpha)
    x = project(start, operator.floor(), operator.reduction)
    structure, reduction = operator.structure, operator.reduction
    compiled = structure.is_compiled or structure.edited_often
    mixer = Mixer([x], [operator.flat_floor()], reduction, memory=memory, compiled=compiled)
    applied = Application(operator, x)
    best = math.inf
    while True:
        mass = applied.mass or 1.0
        applied.evaluate()
        residual = watch.note_residual(mixer.record(lambda part: [applied.image(part)])[0] / mass)
        ended, last = watch.has_converged(residual), None
        if enough is not None:
            last = Iterate(x / mass, mixer.newest / mass)
            ended = ended or enough(last)
        if ended:
            scaled = x / mass if last is None else last.x
            return watch.solution(scaled, residual, total(scaled, reduction), last)
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
