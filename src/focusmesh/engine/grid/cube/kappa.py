"""κ, a number from 0 to 1 in every cube that spreads along the edges between cubes and is drawn to a set-point.

One cycle is ``κ += 0.1·(mean of neighbours − κ)``, then ``κ += 0.06·(0.6 − κ)``: a screened diffusion. The mean of
neighbours is the engine's undirected step, so that what the cycles come to is the field of its springs with
μ = 0.06 / (0.94 · 0.1). Without measurements κ is within 0.05 of the set-point after 50 cycles, from any start:
the distance shrinks by 0.94 a cycle, and 0.94⁵⁰ = 0.045. Nothing more is claimed of the number 0.6: it is a set-point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import FocusParams, Operator
from focusmesh.engine.links import snapshot_from_edges
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from focusmesh.engine.support.arrays import FloatArray

    Source = Callable[[], tuple[Sequence[str], Sequence[tuple[str, str]]]]


@dataclass(frozen=True)
class KappaParams:
    """0 < ``coupling`` ≤ 1: share of the way to the neighbours' mean; 0 < ``pull`` ≤ 1: to ``setpoint`` in 0 … 1.

    0 ≤ ``trust`` ≤ 1: share of the way to what was measured, in a cycle with a measurement. Raises ParameterError.
    """

    coupling: float = 0.1
    pull: float = 0.06
    setpoint: float = 0.6
    trust: float = 0.25

    def __post_init__(self) -> None:
        for name in ("coupling", "pull"):
            if not 0 < getattr(self, name) <= 1:
                raise ParameterError(f"0 < {name} ≤ 1, {name} = {getattr(self, name)!r}")
        for name in ("setpoint", "trust"):
            if not 0 <= getattr(self, name) <= 1:
                raise ParameterError(f"0 ≤ {name} ≤ 1, {name} = {getattr(self, name)!r}")

    @property
    def mu(self) -> float:
        """The screening of the springs whose field the cycles come to."""
        return self.pull / ((1 - self.pull) * self.coupling) if self.pull < 1 else np.inf


class KappaField:
    """κ of named cubes. Cubes and edges may come and go; those that stay keep their κ."""

    def __init__(self, params: KappaParams | None = None) -> None:
        self.params = params or KappaParams()
        self._names: tuple[str, ...] = ()
        self._place: dict[str, int] = {}
        self._values = np.empty(0)
        self._operator: Operator | None = None
        self._source: Source | None = None

    def arrange(self, names: Sequence[str], edges: Sequence[tuple[str, str]]) -> None:
        """From now on these cubes and these edges, each pair named once. New cubes begin at the set-point."""
        self._source = None
        values = {name: self.value(name) for name in names}
        self._names = tuple(names)
        self._place = {name: index for index, name in enumerate(self._names)}
        self._values = np.array([values[name] for name in self._names])
        self._operator = self._spring(edges) if edges else None

    def arrange_later(self, source: Source) -> None:
        """The same when it matters: many cubes may come and go before the next cycle. O(1)."""
        self._source = source

    def forget(self, name: str) -> None:
        """A cube of that name that comes later begins at the set-point."""
        self._place.pop(name, None)

    def _arrange(self) -> None:
        if self._source is not None:
            self.arrange(*self._source())

    def _spring(self, edges: Sequence[tuple[str, str]]) -> Operator:
        ends = np.array([[self._place[a], self._place[b]] for a, b in edges], np.int64)
        count = len(self._names)
        links = snapshot_from_edges(ends[:, 0], ends[:, 1], particles=count)
        even = np.full(count, 1 / count)
        return Operator.on(links.structure, FocusParams(), even, even)

    def values(self) -> Mapping[str, float]:
        """κ by name."""
        self._arrange()
        return dict(zip(self._names, self._values.tolist(), strict=True))

    def value(self, name: str) -> float:
        """κ of one cube; one that is new is at the set-point."""
        place = self._place.get(name)
        return self.params.setpoint if place is None else float(self._values[place])

    def put(self, name: str, value: float) -> None:
        """Sets κ of one cube, 0 … 1. Raises ParameterError."""
        if not 0 <= value <= 1:
            raise ParameterError(f"0 ≤ κ ≤ 1, κ = {value!r}")
        self._arrange()
        self._values[self._place[name]] = value

    def neighbour_mean(self) -> FloatArray:
        """For each cube the mean of κ over its neighbours; its own where it has none."""
        self._arrange()
        if self._operator is None:
            return self._values.copy()
        order = self._operator.structure.order
        mean = np.empty_like(self._values)
        mean[order] = self._operator.undirected_adjoint(self._values[order])
        return mean

    def step(self, measured: Mapping[str, float] | None = None) -> None:
        """One cycle; cubes that were ``measured`` then go ``trust`` of the way there. O(cubes + edges).

        Raises ParameterError for a measurement outside 0 … 1; nothing has changed then.
        """
        for name, value in (measured or {}).items():
            if not 0 <= value <= 1:
                raise ParameterError(f"0 ≤ measured κ ≤ 1, that of {name} is {value!r}")
        self._arrange()
        params = self.params
        self._values += params.coupling * (self.neighbour_mean() - self._values)
        self._values += params.pull * (params.setpoint - self._values)
        for name, value in (measured or {}).items():
            place = self._place[name]
            self._values[place] += params.trust * (value - self._values[place])
