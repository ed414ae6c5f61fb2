"""R in integers, again and again, until a vector is its own image but for what a certificate may be off by."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Protocol

from focusmesh.engine.focus.certificate.params import ONE
from focusmesh.engine.focus.solve.watch import RATIOS_KEPT, SWEEPS_MOST
from focusmesh.errors import ConvergenceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.certificate.operator import IntegerApplication
    from focusmesh.engine.support.arrays import MassArray
    from focusmesh.engine.support.progress import Progress


@dataclass(slots=True)
class Falling:
    """How a residual falls from one application to the next."""

    last: int = 0
    ratios: deque[float] = field(default_factory=lambda: deque(maxlen=RATIOS_KEPT))

    def note(self, rise: int) -> None:
        """Takes in the next residual."""
        if self.last:
            self.ratios.append(rise / self.last)
        self.last = rise

    @property
    def gap(self) -> float:
        """1 − the median of the last five ratios, the spectral gap as it was seen; 1 where there are none."""
        return 1.0 - median(self.ratios) if self.ratios else 1.0


class Applying(Protocol):
    """R in integers, of all particles or of a rank's."""

    def apply(self, x: MassArray, progress: Progress | None = None) -> IntegerApplication:
        """R(x) and how far it is from x."""

    def in_digest_order(self, values: MassArray) -> MassArray:
        """An image as a vector to apply R to."""


def settle(
    operator: Applying,
    vector: MassArray,
    limit: int,
    progress: Progress | None = None,
    noted: Callable[[IntegerApplication], None] | None = None,
) -> MassArray:
    """``vector``, or R applied to it until h ≤ ``limit``; every application shrinks h by κ, up to rounding.

    ``noted`` is told of each application. Raises ConvergenceError, with the residual that was reached, where rounding
    keeps h above the limit, or after 2,048 sweeps.
    """
    falling = Falling()
    for sweep in range(1, SWEEPS_MOST + 1):
        applied = operator.apply(vector, progress)
        if noted is not None:
            noted(applied)
        if applied.rise <= limit:
            return vector
        if falling.last and applied.rise >= falling.last:
            raise _convergence_error("rounding keeps it there", applied.rise, limit, sweep, falling)
        falling.note(applied.rise)
        vector = operator.in_digest_order(applied.image)
    raise _convergence_error(
        f"{SWEEPS_MOST:,} sweeps are the most", falling.last, limit, SWEEPS_MOST, falling
    )


def _convergence_error(
    why: str, rise: int, limit: int, sweeps: int, falling: Falling
) -> ConvergenceError:
    residual = 2 * rise / ONE
    return ConvergenceError(
        f"after {sweeps:,} sweeps the residual is {residual:.3g} in integers, above {2 * limit / ONE:.3g}: {why}; "
        "choose a larger epsilon",
        residual=residual,
        sweeps=sweeps,
        rate=1.0 - falling.gap if falling.ratios else math.nan,
    )
