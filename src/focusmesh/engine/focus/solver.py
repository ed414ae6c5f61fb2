"""Solvers of φ = R(φ): one shape, ``(operator, start, target, tell) -> Solution``.

Whatever a solver does between, its answer is a vector of mass 1 whose residual comes from one application of R in
float64, and it ends only when the bound that follows from that residual is within the tolerance.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from focusmesh.engine.focus.mixing import History
from focusmesh.engine.focus.vectors import projected, step_between, total
from focusmesh.engine.progress import Progress, Throttle
from focusmesh.errors import ConvergenceError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.arrays import FloatArray
    from focusmesh.engine.focus.operator import Operator

_RATIOS_KEPT = 5
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Solution:
    """``x`` (float64, shape (n,), mass 1, solver order) and what is known of it."""

    x: FloatArray
    residual: float
    bound: float
    iterations: int
    rate: float


@dataclass(slots=True)
class _Watch:
    """Counts applications, decides when to end, tells progress."""

    operator: Operator
    tolerance: float
    throttle: Throttle
    applications: int = 0
    ratios: deque[float] = field(default_factory=lambda: deque(maxlen=_RATIOS_KEPT))
    last: float = math.inf

    def evaluate(self, x: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        """R(x), R(x) − x and its L1 norm, the residual."""
        image = self.operator.apply(x)
        step, residual = step_between(x, image)
        self.applications += 1
        if not math.isfinite(residual):
            raise ConvergenceError(
                "the residual is no number: the graph's weights are damaged; Graph.open(path, verify=True) tells"
            )
        if 0 < self.last < math.inf:
            self.ratios.append(residual / self.last)
        self.last = residual
        self._tell(residual)
        return image, step, residual

    def ended(self, residual: float) -> bool:
        """Whether a vector of mass 1 with this residual is within the tolerance; raises when time is up."""
        if self.operator.bound(residual, 1.0) <= self.tolerance:
            return True
        if self.applications >= self._limit():
            raise ConvergenceError(
                f"after {self.applications} applications the bound is "
                f"{self.operator.bound(residual, 1.0):.3g}, not ≤ {self.tolerance:.3g}; "
                "choose a larger tolerance"
            )
        return False

    def solution(self, x: FloatArray, residual: float) -> Solution:
        rate = float(np.median(self.ratios)) if self.ratios else 0.0
        bound = self.operator.bound(residual, total(x))
        self.throttle.finish(_PERCENT)
        return Solution(x, residual, bound, self.applications, rate)

    def _limit(self) -> int:
        """Twice what contraction by κ guarantees: every second application is a plain step at worst."""
        gap = self.operator.params.gap
        if gap >= 1:
            return 16
        wanted = self.tolerance * gap / 4
        return 16 + 2 * math.ceil(max(0.0, math.log(wanted) / math.log1p(-gap)))

    def _tell(self, residual: float) -> None:
        goal = self.tolerance * self.operator.params.gap
        gained = math.log(2.0 / max(residual, goal)) / math.log(2.0 / min(goal, 1.0))
        self.throttle.at(int(_PERCENT * min(max(gained, 0.0), 1.0)))


Solver: TypeAlias = "Callable[[Operator, FloatArray, float, Progress | None], Solution]"


def solve_plain(
    operator: Operator, start: FloatArray, tolerance: float, progress: Progress | None = None
) -> Solution:
    """x ← R(x) until certified: at most ln(2 / (tolerance·(1−κ))) / ln(1/κ) applications."""
    watch = _watch(operator, tolerance, progress)
    floor = operator.floor()
    x = projected(start, floor)
    while True:
        image, _, residual = watch.evaluate(x)
        if watch.ended(residual):
            return watch.solution(x, residual)
        x = projected(image, floor)


def solve_anderson(
    operator: Operator, start: FloatArray, tolerance: float, progress: Progress | None = None
) -> Solution:
    """Anderson acceleration of x ← R(x), safeguarded.

    An iterate that does not shrink the residual by κ is followed by a plain step from the best iterate so far, and
    where the residual even rose, the history is dropped: every two applications shrink the least residual by κ.
    D. G. Anderson, J. ACM 12 (1965) 547; H. F. Walker, P. Ni, SIAM J. Numer. Anal. 49 (2011) 1715.
    """
    watch = _watch(operator, tolerance, progress)
    floor = operator.floor()
    history = History(len(start))
    x = projected(start, floor)
    best, fallback = math.inf, x
    while True:
        image, step, residual = watch.evaluate(x)
        if watch.ended(residual):
            return watch.solution(x, residual)
        if residual < best:
            mixed, slow = history.mixed(step, image), residual > operator.params.kappa * best
            best, fallback = residual, image
            x = projected(image if slow else mixed, floor)
        else:
            history.clear()
            x = projected(fallback, floor)


SOLVERS: dict[str, Solver] = {"anderson": solve_anderson, "plain": solve_plain}


def solver_named(name: str) -> Solver:
    """The solver of that name; raises ParameterError with the names there are."""
    if name not in SOLVERS:
        raise ParameterError(f"no solver is named {name!r}; there are {', '.join(SOLVERS)}")
    return SOLVERS[name]


def _watch(operator: Operator, tolerance: float, progress: Progress | None) -> _Watch:
    reachable = 2 * operator.bound(0.0, 1.0)
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise ParameterError(f"tolerance = {tolerance!r} must be positive and finite")
    if tolerance < reachable:
        raise ConvergenceError(
            f"tolerance {tolerance:.3g} is below what float64 can certify here, {reachable:.3g}"
        )
    return _Watch(operator, tolerance, Throttle(progress, "ranking", _PERCENT, "%"))
