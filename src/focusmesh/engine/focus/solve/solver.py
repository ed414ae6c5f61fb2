"""Solvers of φ = R(φ): one shape, ``(operator, start, tolerance, progress) -> Solution``.

Whatever a solver does between, its answer is a vector of mass 1 whose residual is that of R in float64, and it ends
only when the bound that follows from that residual is within the tolerance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from focusmesh.engine.focus.devices.backend import AUTO
from focusmesh.engine.focus.operator.chunks import CHUNK
from focusmesh.engine.focus.solve.deferred import corrects, solve_corrected
from focusmesh.engine.focus.solve.steps import PLAIN_KAPPA_MAX, solve_anderson, solve_plain
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.focus.solve.watch import Enough, Solution
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress

Solver: TypeAlias = "Callable[[Operator, FloatArray, float, Progress | None], Solution]"


class HostSolver(Protocol):
    """A solver that shows every vector whose residual it knows, and ends where ``enough`` says that one will do."""

    def __call__(
        self,
        operator: Operator,
        start: FloatArray,
        tolerance: float,
        progress: Progress | None = None,
        enough: Enough | None = None,
    ) -> Solution:
        """See ``Solver``; the answer's ``last`` is not None where ``enough`` is given."""


SOLVERS: dict[str, HostSolver] = {
    "anderson": solve_anderson,
    "corrected": solve_corrected,
    "plain": solve_plain,
}


def chosen_for(operator: Operator, name: str = AUTO) -> str:
    """The name itself, or for ``"auto"`` that of the fastest solver for ``operator``."""
    if name != AUTO:
        return name
    if corrects(operator):
        return "corrected"
    return "plain" if _runs_plainly(operator) else "anderson"


def _runs_plainly(operator: Operator) -> bool:
    """Whether acceleration costs more than it saves: few particles, one pass an application, a safe contraction."""
    count = operator.reduction.particle_count(len(operator.u))
    return operator.diffuses_only and count <= CHUNK and operator.params.kappa <= PLAIN_KAPPA_MAX


def solver_named(name: str) -> HostSolver:
    """The solver of that name or, for ``"auto"``, the fastest for its operator.

    Raises ParameterError with the names there are.
    """
    if name == AUTO:
        return _solve_automatically
    if name not in SOLVERS:
        raise ParameterError(f"no solver is named {name!r}; there are {AUTO}, {', '.join(SOLVERS)}")
    return SOLVERS[name]


def _solve_automatically(
    operator: Operator,
    start: FloatArray,
    tolerance: float,
    progress: Progress | None = None,
    enough: Enough | None = None,
) -> Solution:
    return SOLVERS[chosen_for(operator)](operator, start, tolerance, progress, enough)
