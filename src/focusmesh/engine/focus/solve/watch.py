"""What a solver reports, and who watches over it: counts, tolerance, time limit, progress."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from focusmesh.engine.focus.operator.params import verify_tolerance
from focusmesh.engine.support.machine import own_memory_bytes
from focusmesh.engine.support.progress import Progress, Throttle
from focusmesh.errors import ConvergenceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.support.arrays import FloatArray, RealArray

RATIOS_KEPT = 5
SWEEPS_MOST = 2_048
"""Applications of R, and of what stands in for it, after which a solve gives up."""
_PERCENT = 100
_LOOK_SECONDS = 1e-3


@dataclass(frozen=True, slots=True)
class Solution:
    """``x`` (float64, shape (n,), mass 1, solver order) and what is known of it.

    ``held_bytes`` is the most memory that the process held at the end of a sweep, ``card_bytes`` what the card held for
    the solve; None where nobody looked. ``last`` is the vector as the solver saw it last, for who said when it would
    do. ``passes`` of the iterations were such of what stands in for R.
    """

    x: FloatArray
    residual: float
    bound: float
    iterations: int
    rate: float
    held_bytes: int | None = None
    card_bytes: int | None = None
    last: Iterate | None = None
    passes: int = 0


@dataclass(frozen=True, slots=True)
class Iterate:
    """A vector ``x`` of mass 1 within a solve, and its ``step`` R(x) − x, entry by entry to a part in 2²³.

    ``unseen``: at no particle does R(x) − x differ from ``step`` by more than that, times the weight of its links.
    """

    x: FloatArray
    step: RealArray
    unseen: float = 0.0


Enough: TypeAlias = "Callable[[Iterate], bool]"
"""Whether a vector will do, though the tolerance is not reached."""


class Bounding(Protocol):
    """What a residual is judged by: an operator of the host or of a card."""

    @property
    def params(self) -> FocusParams:
        """The operator's parameters."""

    def bound(self, residual: float, mass: float) -> float:
        """Bound on ‖x − φ*‖₁ for a vector with this residual and this mass."""


@dataclass(slots=True)
class Watch:
    """Counts applications, decides when to end, tells progress. No residual above ``goal`` is within the tolerance."""

    operator: Bounding
    tolerance: float
    throttle: Throttle
    goal: float
    guaranteed: int
    applications: int = 0
    passes: int = 0
    ratios: deque[float] = field(default_factory=lambda: deque(maxlen=RATIOS_KEPT))
    last: float = math.inf
    held_bytes: int | None = None
    looked: float = field(default_factory=time.monotonic)

    @classmethod
    def over(cls, operator: Bounding, tolerance: float, progress: Progress | None) -> Watch:
        """Raises ParameterError, or ConvergenceError for a tolerance that float64 cannot certify."""
        reachable = 2 * operator.bound(0.0, 1.0)
        verify_tolerance(tolerance)
        if tolerance < reachable:
            raise ConvergenceError(
                f"tolerance {tolerance:.3g} is below what float64 can certify here, {reachable:.3g}"
            )
        gap = operator.params.gap
        throttle = Throttle(progress, "ranking", _PERCENT, "%")
        return cls(
            operator, tolerance, throttle, tolerance * gap, _applications_most(tolerance, gap)
        )

    def note_residual(self, residual: float) -> float:
        """Counts an application and its residual, and tells of it."""
        self.applications += 1
        self._look()
        if not math.isfinite(residual):
            raise ConvergenceError(
                "the residual is not a number: the graph's weights are damaged; "
                "Graph.open(path, verify=True) says where"
            )
        if 0 < self.last < math.inf:
            self.ratios.append(residual / self.last)
        self.last = residual
        self._tell(residual)
        return residual

    def has_converged(self, residual: float) -> bool:
        """Whether a vector of mass 1 with this residual is within the tolerance; raises when time is up."""
        if residual <= self.goal and self.operator.bound(residual, 1.0) <= self.tolerance:
            return True
        if self.applications >= min(self.guaranteed, SWEEPS_MOST - self.passes):
            raise self._exhaustion_error(residual)
        return False

    def count_pass(self) -> None:
        """Counts a pass with an approximate R, which says nothing of R's residual.

        No reason to give up, but for the cap that holds for all.
        """
        self.passes += 1
        self._look()
        if self.applications + self.passes >= SWEEPS_MOST:
            raise self._exhaustion_error(self.last)
        self._tell(self.last)

    @property
    def rate(self) -> float:
        """The median of the last five ratios of one residual to the one before; 0 where there are none."""
        ordered = sorted(self.ratios)
        middle = len(ordered) // 2
        return (ordered[middle] + ordered[~middle]) / 2 if ordered else 0.0

    def solution(
        self, x: FloatArray, residual: float, mass: float, last: Iterate | None = None
    ) -> Solution:
        """The end of the run with ``x``, whose entries add up to ``mass``, on all ranks where there are several."""
        bound = self.operator.bound(residual, mass)
        self.throttle.finish(_PERCENT)
        sweeps = self.applications + self.passes
        return Solution(
            x, residual, bound, sweeps, self.rate, self.held_bytes, None, last, self.passes
        )

    def _exhaustion_error(self, residual: float) -> ConvergenceError:
        bound, sweeps = self.operator.bound(residual, 1.0), self.applications + self.passes
        return ConvergenceError(
            f"after {sweeps:,} sweeps the residual is {residual:.3g} and the bound {bound:.3g}, not ≤ "
            f"{self.tolerance:.3g}; the gap as it was seen is {1 - self.rate:.2g} (1 − κ = "
            f"{self.operator.params.gap:.2g}): choose a larger tolerance, or parameters that mix faster",
            residual=residual,
            bound=bound,
            sweeps=sweeps,
            rate=self.rate,
        )

    def _look(self) -> None:
        """Looks at the memory that is held, where a sweep takes long enough for that not to matter."""
        now = time.monotonic()
        if now - self.looked < _LOOK_SECONDS:
            return
        self.looked, held = now, own_memory_bytes()
        if held is not None:
            self.held_bytes = max(held, self.held_bytes or 0)

    def _tell(self, residual: float) -> None:
        if not self.throttle.is_heard:
            return
        goal = self.tolerance * self.operator.params.gap
        gained = math.log(2.0 / max(min(residual, 2.0), goal)) / math.log(2.0 / min(goal, 1.0))
        self.throttle.at(int(_PERCENT * min(max(gained, 0.0), 1.0)))


def _applications_most(tolerance: float, gap: float) -> int:
    """Twice what contraction by κ guarantees, as every second application is a plain step at worst."""
    if gap >= 1:
        return 16
    return 16 + 2 * math.ceil(max(0.0, math.log(tolerance * gap / 4) / math.log1p(-gap)))
