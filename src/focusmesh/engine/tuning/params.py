"""How a compiled model is tuned: parameters with the inequalities that they keep."""

from __future__ import annotations

import math
from dataclasses import dataclass

from focusmesh.errors import ParameterError

STARTS = ("compiled", "random")


@dataclass(frozen=True)
class TuneParams:
    """Adam on the links of a model, some of which are kept out of it to see what was learned.

    ``steps`` ≥ 0 of ``batch`` ≥ 1 links each at the learning ``rate`` > 0; ``decay`` ≥ 0 draws weights back to what was
    compiled. ``layers`` ≥ 1 is how deep the model is while it is tuned, and afterwards. ``test`` and ``validation``
    (> 0, together < 1) are the shares of linked pairs that are kept out: the first to report on, the second to choose
    the step by. ``start`` is ``"compiled"`` or ``"random"``. ``seed`` ≥ 0 decides which links are kept out, in which
    order the others come, and what a random start is. Raises ParameterError on anything else.
    """

    steps: int = 200
    batch: int = 64
    rate: float = 0.02
    decay: float = 0.3
    layers: int = 8
    test: float = 0.15
    validation: float = 0.1
    start: str = "compiled"
    seed: int = 0

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        for name, least in (("steps", 0), ("batch", 1), ("layers", 1), ("seed", 0)):
            value = getattr(self, name)
            _require(type(value) is int and value >= least, f"{name} ≥ {least}, {name} = {value!r}")
        for name in ("rate", "decay", "test", "validation"):
            value = getattr(self, name)
            known = isinstance(value, int | float) and math.isfinite(value)
            _require(known, f"{name} = {value!r} to be a finite number")
        _require(self.rate > 0, f"rate > 0, rate = {self.rate!r}")
        _require(self.decay >= 0, f"decay ≥ 0, decay = {self.decay!r}")
        _require(
            min(self.test, self.validation) > 0 and self.test + self.validation < 1,
            f"test > 0, validation > 0 and test + validation < 1: test = {self.test!r}, "
            f"validation = {self.validation!r}",
        )
        _require(
            self.start in STARTS, f"start is one of {', '.join(STARTS)}, start = {self.start!r}"
        )


def _require(holds: bool, inequality: str) -> None:
    if not holds:
        raise ParameterError(f"tune needs {inequality}")
