"""The solver that the engine calls: operator and vectors of the host in, a Solution of the host out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.focus.cuda.cards import card_structure
from focusmesh.engine.focus.cuda.operator import CardOperator
from focusmesh.engine.focus.cuda.solving import solve_on_card
from focusmesh.engine.focus.starting import is_cold
from focusmesh.engine.focus.stepping import solve_anderson

if TYPE_CHECKING:
    from focusmesh.engine.arrays import FloatArray
    from focusmesh.engine.focus.operator import Operator
    from focusmesh.engine.focus.watch import Solution
    from focusmesh.engine.progress import Progress


def solve_by_cuda(
    operator: Operator, start: FloatArray, tolerance: float, progress: Progress | None = None
) -> Solution:
    """As the solvers of the host (solver.py). Also raises CardError where the card or memory is missing."""
    if not operator.structure.axon_count:
        return solve_anderson(operator, start, tolerance, progress)
    structure = card_structure(operator.structure, operator.params)
    on_card = CardOperator(structure, operator.params, operator.flat_u, operator.flat_u0)
    begun = None if is_cold(operator, start) else on_card.held(start)
    x, residual, watch = solve_on_card(on_card, tolerance, progress, begun)
    return watch.solution(x.get(), residual)
