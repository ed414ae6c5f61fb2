"""Deferred correction: R is applied once, an approximate R gives the corrections (docs/explanation/operator.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.operator.initial_vector import by_degree, is_cold
from focusmesh.engine.focus.operator.vectors import project, step_between, sweep, total
from focusmesh.engine.focus.solve.correction import Correction
from focusmesh.engine.focus.solve.geometric_tail import Approximation
from focusmesh.engine.focus.solve.steps import solve_anderson
from focusmesh.engine.focus.solve.watch import Iterate, Solution, Watch

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.focus.solve.watch import Enough
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress

ROUGH = 1e-4
"""Residual to which the first vector is solved for: below, the approximation itself is what is left."""
EVEN = 0.1
"""Share of the first guess that is spread as u is."""
AIM = 0.6
"""Share of the residual that is allowed at the end which the last correction may leave of its own."""
SLACK = 0.25
"""Share of it that undirected terms may weigh which are left out of a correction's image."""
PART = 0.3
"""What the approximation makes of its error bound in practice; a correction solved finer gains nothing."""
LAST = 5.0
"""A residual within reach of the goal is worth some passes more, so that no further correction is needed."""


def corrects(operator: Operator) -> bool:
    """Whether correcting pays: a large graph, undirected terms, and an approximation far within the contraction.

    Not where totals differ so much that their inverses leave float32, in which corrections are made.
    """
    if operator.diffuses_only or operator.sums.backend != "numba":
        return False
    powers = Correction.powers(operator.structure)
    error = Approximation.of(operator.params.coefficients, powers).error
    return error <= operator.params.gap / 4 and operator.structure.fits_single


def solve_corrected(
    operator: Operator,
    start: FloatArray,
    tolerance: float,
    progress: Progress | None = None,
    enough: Enough | None = None,
) -> Solution:
    """Deferred correction: x ← x + δ, where δ solves the equation of its correction with an approximate R.

    R itself is applied once; from then on the residual is kept by applying R to each δ alone, in float64. A correction
    takes passes of two vectors instead of K + 1 (correction.py) and shrinks the residual by some hundreds. Where the
    approximation would not do, because the terms hardly fall or the graph is small, this is ``solve_anderson``, and
    where a correction does not shrink the residual by κ, it goes on from there.
    V. Pereyra, Numer. Math. 8 (1966) 376, for the idea.
    """
    if not corrects(operator):
        return solve_anderson(operator, start, tolerance, progress, enough)
    watch, goal = Watch.over(operator, tolerance, progress), tolerance * operator.params.gap
    correction = Correction(operator)
    if is_cold(operator, start):
        start = _first(operator, correction, max(goal, ROUGH), watch)
    x = project(start, operator.floor(), operator.reduction)
    step, norm = step_between(x, operator.apply(x), operator.reduction)
    left_out, unseen = 0.0, 0.0
    while True:
        residual = watch.note_residual(norm + left_out)
        last = None if enough is None else Iterate(x, step, unseen)
        if watch.has_converged(residual) or (
            enough is not None and last is not None and enough(last)
        ):
            return watch.solution(x, residual, total(x, operator.reduction), last)
        correction.correct(step)
        least = PART * correction.approximation.error * residual

        def count_pass(x: FloatArray = x) -> None:
            watch.count_pass()
            operator.reduction.note_sweep(lambda: x + correction.x)

        correction.solve(least if least > LAST * goal else AIM * goal, count_pass)
        norm, missed, most = _move(operator, x, step, correction.x.astype(np.float64), goal)
        left_out += missed
        unseen += most
        if norm + left_out > operator.params.kappa * residual:
            return solve_anderson(operator, x, tolerance, progress, enough)


def _first(operator: Operator, correction: Correction, target: float, watch: Watch) -> FloatArray:
    """A first vector from the approximate R alone, begun at the degrees."""
    correction.start(by_degree(operator, EVEN), by_degree(operator, 0.0))

    def count_pass() -> None:
        watch.count_pass()
        operator.reduction.note_sweep(lambda: correction.x.astype(np.float64))

    correction.solve(target, count_pass)
    first: FloatArray = correction.x.astype(np.float64)
    return first


def _move(
    operator: Operator, x: FloatArray, step: FloatArray, delta: FloatArray, goal: float
) -> tuple[float, float, float]:
    """x ← x + δ and the step R(x) − x with it; its L1 norm, by how much that may be too small, and ``unseen``.

    δ is made to keep the mass first, and no entry is moved below its floor.
    """
    floor, reduction = operator.flat_floor(), operator.reduction
    chunks = reduction.spans(len(x))
    excess = reduction.chunk_sum(sweep(chunks, lambda part: _raise(x, delta, floor, part)))

    def settle(part: slice) -> None:
        delta[part] -= excess * x[part]

    sweep(chunks, settle)
    image, missed, most = operator.apply_nearly(delta, SLACK * goal)

    def take(part: slice) -> float:
        step[part] += image[part]
        step[part] -= delta[part]
        x[part] += delta[part]
        return float(np.abs(step[part]).sum())

    return reduction.chunk_sum(sweep(chunks, take)), missed, most


def _raise(x: FloatArray, delta: FloatArray, floor: FloatArray, part: slice) -> float:
    """Lifts that part of δ so that no entry falls below its floor; its sum."""
    least = floor if len(floor) == 1 else floor[part]
    np.maximum(delta[part], least - x[part], out=delta[part])
    return float(delta[part].sum())
