"""Solving φ = R(φ) on the device: corrections in float32, and R in whole numbers that tells what they are worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from focusmesh.engine.focus.solve.deferred import AIM, EVEN, LAST, PART, ROUGH
from focusmesh.engine.focus.solve.watch import Watch
from focusmesh.engine.focus.wgpu.correction import WholeCorrection, correction_of
from focusmesh.errors import ConvergenceError

if TYPE_CHECKING:
    from focusmesh.engine.focus.wgpu.correction import WgpuCorrection
    from focusmesh.engine.focus.wgpu.operator import WgpuOperator
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress

_FLOAT32_PART = 3e-5
"""What a correction in float32 leaves of a residual at least."""
_FLOAT32_ROUGH = 2e-6
"""The residual that a first vector in float32 alone may reach."""


def solve_on_device(
    operator: WgpuOperator,
    start: FloatArray | None,
    tolerance: float,
    progress: Progress | None = None,
) -> tuple[float, Watch]:
    """Leaves in ``operator.x`` a vector that is proved to ``tolerance``; its residual and what was counted.

    ``start`` float64 (n,): where to begin, else at the weights of links. Each correction is followed by one application
    of R in whole numbers. Where one did not shrink the residual by κ, R(x) takes the place of x, so that every second
    application does. Raises as the solvers of the host (watch.py).
    """
    watch = Watch.over(operator, tolerance, progress)
    goal = tolerance * operator.params.gap
    if operator.rounding() > goal:
        raise ConvergenceError(
            f"tolerance {tolerance:.3g} is below what the 63 bits of a WebGPU solve can certify here, about "
            f'{operator.bound(operator.rounding(), 1.0):.2g}; choose backend="cpu"'
        )
    correction = correction_of(operator)
    if start is None:
        correction.start(EVEN)
        rough = ROUGH if correction.approximation.error else _FLOAT32_ROUGH
        correction.solve(max(goal / 2, rough), watch.count_pass)
        operator.program.clear(operator.x)
        operator.take(correction.value, correction.x)
    else:
        operator.hold(start)
    return _solve_with_correction(operator, correction, goal, watch), watch


def _solve_with_correction(
    operator: WgpuOperator, correction: WgpuCorrection, goal: float, watch: Watch
) -> float:
    before = math.inf
    while True:
        residual = watch.note_residual(operator.apply().residual)
        if watch.has_converged(residual):
            return residual
        if residual > operator.params.kappa * before:
            before = min(residual, before)
            operator.plain()
            if correction.approximation.error:
                correction = WholeCorrection(operator)
            continue
        before = min(residual, before)
        correction.correct()
        least = max(PART * correction.approximation.error, _FLOAT32_PART) * residual
        correction.solve(least if least > LAST * goal else AIM * goal, watch.count_pass)
        operator.take(correction.value, correction.x)
