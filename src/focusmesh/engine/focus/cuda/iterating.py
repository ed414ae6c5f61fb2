"""R applied again and again to a vector of the card: one shape for R as it is, and for R that follows links alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.engine.focus.cuda.mixing import NO_FLOOR, TYPES, CardMixer
from focusmesh.engine.focus.cuda.program import Sums, cupy

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
    return Directed(operator, x)


class _Whole:
    """Any R."""

    def __init__(self, operator: CardOperator, x: Any) -> None:
        self.mixer = CardMixer([x], [operator.floor.arguments])
        self._operator, self._x, self._image = operator, x, cupy().empty_like(x)

    def evaluate(self) -> tuple[float, float]:
        self._operator.apply(self._x, self._image)
        return self.mixer.record([self._image])[0], self._operator.mass(self._x)

    def retreat(self) -> None:
        self.mixer.retreat()


class Directed:
    """R without undirected steps: the image is made while it is recorded, shares while x moves on.

    ``x`` float64, which keeps its floor, or float32 with a ``constant`` that joins every image.
    """

    def __init__(self, operator: CardOperator, x: Any, constant: Any = None) -> None:
        cp = cupy()
        self._operator, self._x = operator, x
        self._constant = cp.uint64(0) if constant is None else constant
        self._kind = TYPES[x.dtype.char]
        totals = operator.structure.out_total
        self._divisor = totals if constant is None else operator.inverse(totals)
        self._share, self._moved = (cp.zeros_like(x) for _ in range(2))
        self._sums = Sums(operator.program)
        floor = operator.floor.arguments if constant is None else NO_FLOOR
        behind = self._divisor, self._share, self._sums.partial
        self.mixer = _DividingMixer(x, floor, behind)
        self.begin()

    def begin(self) -> None:
        """Takes ``x`` as it stands now."""
        self._operator.program.sweep(
            f"divided<{self._kind}>",
            *(self._x, self._divisor, self._operator.count, self._share, self._sums.partial),
        )

    def evaluate(self) -> tuple[float, float]:
        cp, operator, params = cupy(), self._operator, self._operator.params
        masses = self._sums.total(2)
        operator.structure.inward.sums(self._kind, self._share, self._moved)
        still = (params.coefficients or (0.0,))[0]
        factors = params.diffusion * (1 - params.alpha), still, params.diffusion * params.alpha
        spreads = *operator.u.arguments, *operator.u0.arguments
        front = self._x, self._moved, self._constant, masses, *map(cp.float64, factors), *spreads
        return self.mixer.record_by(f"blended_record<{self._kind}>", front, masses)

    def retreat(self) -> None:
        self.mixer.retreat()
        self.begin()


class _DividingMixer(CardMixer):
    """Leaves x / o and its sums behind as x moves on."""

    def __init__(self, x: Any, floor: tuple[Any, Any], behind: tuple[Any, ...]) -> None:
        super().__init__([x], [floor])
        self._behind = behind

    def _moving(self, kind: str) -> tuple[str, tuple[Any, ...]]:
        return f"move_divided<{kind}>", self._behind
