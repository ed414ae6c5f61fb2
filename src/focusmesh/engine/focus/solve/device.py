"""What a card offers to solvers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from focusmesh.engine.focus.devices.backend import AUTO, CPU, DEVICES, device_for
from focusmesh.engine.focus.devices.device import Device
from focusmesh.engine.focus.solve.deferred import corrects
from focusmesh.engine.focus.solve.estimate import FOCUS
from focusmesh.engine.focus.solve.solver import Solver, chosen_for, solver_named
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.focus.solve.watch import Solution
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress


class SolveDevice(Device, Protocol):
    """A card that solves."""

    def solve(
        self,
        operator: Operator,
        start: FloatArray,
        tolerance: float,
        progress: Progress | None = None,
    ) -> Solution:
        """As a solver of the host (solver.py)."""


def solver_on(
    operator: Operator, backend: str = AUTO, solver: str = AUTO
) -> tuple[Solver, str, str]:
    """A solver, its name, and the name of what it runs on. A solver that is named runs on the host."""
    if solver != AUTO and backend in DEVICES:
        raise ParameterError(f"backend {backend!r} chooses its solver itself: solver = {solver!r}")
    chosen = CPU if solver != AUTO and backend == AUTO else backend
    device = device_for(FOCUS, operator.structure, operator.params, chosen)
    if device is None:
        return solver_named(solver), chosen_for(operator, solver), operator.sums.backend
    named = "corrected" if corrects(operator) else "anderson"
    return cast("SolveDevice", device).solve, named, device.name
