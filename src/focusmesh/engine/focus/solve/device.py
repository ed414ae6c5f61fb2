"""What a card offers to solvers."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Protocol, cast

from focusmesh.engine.focus.devices.backend import AUTO, CPU, DEVICES, device_for
from focusmesh.engine.focus.devices.device import Device
from focusmesh.engine.focus.devices.vector import HeldVector
from focusmesh.engine.focus.solve.deferred import corrects
from focusmesh.engine.focus.solve.estimate import FOCUS
from focusmesh.engine.focus.solve.solver import Solver, chosen_for, solver_named
from focusmesh.engine.focus.solve.watch import Solution
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.focus.devices.vector import CardVector
    from focusmesh.engine.focus.operator.operator import Operator
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


class CardSolution(Solution):
    """A solution whose ``x`` lies on a card until it is read."""

    @classmethod
    def of(cls, there: CardVector, told: Solution, card_bytes: int) -> CardSolution:
        """``told`` with the vector ``there`` in the place of its own; ``card_bytes`` were taken of the card."""
        given = {field.name: getattr(told, field.name) for field in fields(told)}
        return cls(**given | {"x": there, "card_bytes": card_bytes})

    @property
    def x(self) -> FloatArray:
        """The vector on the host, copied there when it is first asked for."""
        return self.there.to_host()

    @x.setter
    def x(self, values: FloatArray | CardVector) -> None:
        self.__dict__["there"] = HeldVector(values)

    @property
    def there(self) -> HeldVector:
        """The vector, wherever it is."""
        held: HeldVector = self.__dict__["there"]
        return held


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
