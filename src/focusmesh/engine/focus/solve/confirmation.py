"""A vector that an earlier process solved, held against one application of R without compiled kernels.

To load the compiler takes as long as hundreds of passes over a graph of a million links. Where one application proves
the tolerance nothing else is needed of it; the scores are those that any solver would end with there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.focus.operator.operator import Operator
from focusmesh.engine.focus.operator.vectors import project, step_between, total
from focusmesh.engine.focus.solve.watch import Watch

if TYPE_CHECKING:
    from focusmesh.engine.focus.solve.solver import Solver
    from focusmesh.engine.focus.solve.watch import Solution
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress

PLAIN_LINKS_MAX = 2_000_000
"""Up to so many links one application without compiled kernels takes less than loading these."""


def confirmed_or(solve: Solver) -> Solver:
    """A solver that ends where it begins if that is within the tolerance, and else does as ``solve``."""

    def confirm_or_solve(
        operator: Operator, start: FloatArray, tolerance: float, progress: Progress | None
    ) -> Solution:
        found = _confirm(operator, start, tolerance, progress) if _is_worth_it(operator) else None
        return solve(operator, start, tolerance, progress) if found is None else found

    return confirm_or_solve


def _is_worth_it(operator: Operator) -> bool:
    structure = operator.structure
    return structure.is_compiled and structure.axon_count <= PLAIN_LINKS_MAX


def _confirm(
    operator: Operator, start: FloatArray, tolerance: float, progress: Progress | None
) -> Solution | None:
    """``start``, if the residual of one application proves the tolerance. O(m)."""
    reduction = operator.reduction
    plain = Operator.on(operator.structure.plain, operator.params, operator.u, operator.u0)
    watch, x = (
        Watch.over(operator, tolerance, progress),
        project(start, operator.floor(), reduction),
    )
    _, norm = step_between(x, plain.apply(x), reduction)
    residual = watch.note_residual(norm)
    if not watch.has_converged(residual):
        return None
    return watch.solution(x, residual, total(x, reduction))
