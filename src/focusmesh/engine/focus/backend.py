"""Where a focus is solved: on the host's cores, or on a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.focus.solver import AUTO, Solver, chosen_for, solver_named
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator import Operator

CPU = "cpu"
CUDA = "cuda"
BACKENDS = (AUTO, CPU, CUDA)
_CARD_FROM_AXONS = 1_000_000
"""Below, a solve is over before a card is awake."""


def backend_for(operator: Operator, backend: str = AUTO, solver: str = AUTO) -> str:
    """The backend itself, or for ``"auto"`` a card for a large graph where there is one with room for it.

    Raises ParameterError with the names there are.
    """
    if backend not in BACKENDS:
        raise ParameterError(f"no backend is named {backend!r}; there are {', '.join(BACKENDS)}")
    if backend != AUTO:
        return backend
    if operator.structure.axon_count < _CARD_FROM_AXONS or solver != AUTO:
        return CPU
    from focusmesh.engine.focus.cuda import has_room_for

    return CUDA if has_room_for(operator.structure, operator.params) else CPU


def solver_on(operator: Operator, backend: str, solver: str = AUTO) -> tuple[Solver, str, str]:
    """A solver, its name, and the name of what it runs on."""
    if backend == CPU:
        return solver_named(solver), chosen_for(operator, solver), operator.sums.backend
    if solver != AUTO:
        raise ParameterError(f"backend {backend!r} chooses its solver itself: solver = {solver!r}")
    from focusmesh.engine.focus.cuda import solve_by_cuda

    return solve_by_cuda, chosen_for(operator, solver), CUDA
