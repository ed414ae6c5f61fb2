"""R applied again and again to a vector of the card: one shape for R as it is, and for R that follows links alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.engine.focus.cuda.mixing import CardMixer
from focusmesh.engine.focus.cuda.program import CudaSums, cupy

if TYPE_CHECKING:
    from focusmesh.engine.focus.cuda.operator import CardOperator


class Iteration(Protocol):
    """``x`` changes in place."""

    @property
    def mixer(self) -> CardMixer:
        """What moves ``x``."""

    def evaluate(self) -> tuple[float, float]:
        """R(x) taken in: ‖R(x) − x‖₁, rounded up, and Σx. O((2K + 1)·m)."""

    def retreat(self) -> None:
        """x ← the image of the iterate before this one."""


def iteration(operator: CardOperator, x: Any) -> Iteration:
    """The one with fewest sweeps over memory."""
    if any(operator.params.coefficients[1:]):
        return _Whole(operator, x)
    return _Directed(operator, x)


class _Whole:
    """Any R."""

    def __init__(self, operator: CardOperator, x: Any) -> None:
        self.mixer = CardMixer([x], [operator.floor.arguments], operator.reduction)
        self._operator, self._x, self._image = operator, x, cupy().empty_like(x)

    def evaluate(self) -> tuple[float, float]:
        self._operator.apply(self._x, self._image)
        return self.mixer.record([self._image])[0], self._operator.mass(self._x)

    def retreat(self) -> None:
        self.mixer.retreat()


class _Directed:
    """R without undirected steps: the image is made while it is recorded, shares while x moves on."""

    def __init__(self, operator: CardOperator, x: Any) -> None:
        self._operator, self._x = operator, x
        self._share, self._moved = (cupy().zeros(len(x)) for _ in range(2))
        self._sums = CudaSums(operator.program, operator.reduction)
        self.mixer = _DividingMixer(operator, x, self._share, self._sums)
        self._divide()

    def evaluate(self) -> tuple[float, float]:
        cp, operator, params = cupy(), self._operator, self._operator.params
        masses = self._sums.total(2)
        operator.structure.inward.sums("double", self._share, self._moved)
        still = (params.coefficients or (0.0,))[0]
        factors = params.diffusion * (1 - params.alpha), still, params.diffusion * params.alpha
        spreads = *operator.u.arguments, *operator.u0.arguments
        front = self._x, self._moved, masses, *map(cp.float64, factors), *spreads
        return self.mixer.record_by("blended_record", front, masses)

    def retreat(self) -> None:
        self.mixer.retreat()
        self._divide()

    def _divide(self) -> None:
        operator = self._operator
        divisor = operator.structure.out_total
        operator.program.sweep(
            "divided", self._x, divisor, operator.count, self._share, self._sums.partial
        )


class _DividingMixer(CardMixer):
    """Leaves x / o and its sums behind as x moves on."""

    def __init__(self, operator: CardOperator, x: Any, share: Any, sums: CudaSums) -> None:
        super().__init__([x], [operator.floor.arguments], operator.reduction)
        self._behind = operator.structure.out_total, share, sums.partial

    def _moving(self, kind: str) -> tuple[str, tuple[Any, ...]]:
        return "move_divided", self._behind
