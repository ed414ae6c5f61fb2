"""The equation of a correction on the card (engine/focus/correcting.py): δ = r + R̃ δ, in float32."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from focusmesh.engine.focus.approximating import Approximation
from focusmesh.engine.focus.cuda.iterating import Directed
from focusmesh.engine.focus.cuda.mixing import NO_FLOOR, CardMixer
from focusmesh.engine.focus.cuda.program import Sums, cupy
from focusmesh.engine.focus.deferred import EVEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.cuda.operator import CardOperator

_PASSES_MOST = 400
_RISE = 8.0
_STALLED = 6
"""Passes without a smaller defect after which float32 has no more to give."""
_SINGLE_ERROR = 2.0**-19
"""What float32 leaves of a correction where R̃ is R itself."""
_LANE_WEIGHTS = (1.0, 0.3)


def correction_for(operator: CardOperator) -> CardCorrection:
    """The equation with fewest sweeps over memory."""
    undirected = any(operator.params.coefficients[1:])
    return MixedCorrection(operator) if undirected else DirectedCorrection(operator)


class CardCorrection(ABC):
    """R̃ of an operator on the card. Vectors are float32, shape (n,), in solver order.

    ``x`` is δ, ``constant`` r; ``error`` bounds what R̃ misses of R, as a share of δ.
    """

    x: Any
    constant: Any
    error: float

    @abstractmethod
    def start(self) -> None:
        """Begins with a first guess of x itself, and r = 0."""

    @abstractmethod
    def correct(self) -> None:
        """Begins anew for δ; r stands in ``constant``."""

    @abstractmethod
    def solve(self, target: float, tell: Callable[[], None]) -> float:
        """Passes until the equation holds to ``target`` in L1, or no longer gets better; what was reached."""


class DirectedCorrection(CardCorrection):
    """R where it has no undirected terms. Memory: 44 bytes a particle."""

    error = _SINGLE_ERROR

    def __init__(self, operator: CardOperator) -> None:
        cp, n = cupy(), operator.structure.particle_count
        self._operator = operator
        self.x, self.constant = (cp.zeros(n, cp.float32) for _ in range(2))
        self._applied = Directed(operator, self.x, self.constant)

    def start(self) -> None:
        self.x[:] = self._operator.by_weight()
        self.constant.fill(0)
        self._applied.begin()

    def correct(self) -> None:
        self.x[:] = self.constant
        self._applied.mixer.resume()
        self._applied.begin()

    def solve(self, target: float, tell: Callable[[], None]) -> float:
        """As said. The pass that would show what the last mixing gained is foreseen: the residual of R shows it."""
        best, before, stalled = math.inf, 0.0, 0
        for _ in range(_PASSES_MOST):
            tell()
            reached = self._applied.evaluate()[0]
            stalled = 0 if reached < best else stalled + 1
            best = min(best, reached)
            if reached > _RISE * best and self._applied.mixer.can_retreat:
                self._applied.retreat()
                continue
            self._applied.mixer.mix()
            foreseen = reached * min(reached / before, 1.0) if before else reached
            if foreseen <= target or stalled == _STALLED or not math.isfinite(reached):
                break
            before = reached
        return best


class MixedCorrection(CardCorrection):
    """Any R. Memory: 120 bytes a particle."""

    def __init__(self, operator: CardOperator) -> None:
        cp, structure = cupy(), operator.structure
        self._operator, self._structure = operator, structure
        self._sums = Sums(operator.program)
        powers = 1 if structure.symmetric else 0
        self.approximation = Approximation.of(operator.params.coefficients, powers)
        self.error = self.approximation.error
        n = structure.particle_count
        self.x, self._tail, self.constant, *self._images = (
            cp.zeros(n, cp.float32) for _ in range(5)
        )
        self._pairs, self._inward = (cp.zeros((n, 2), cp.float32) for _ in range(2))
        both = 0 if structure.symmetric else n
        self._tails, self._outward = (cp.zeros(both, cp.float32) for _ in range(2))
        self._by_out, self._by_degree = (
            operator.inverse(total) for total in (structure.out_total, structure.degree_total)
        )
        self._mixer = CardMixer((self.x, self._tail), [NO_FLOOR] * 2, _LANE_WEIGHTS)

    def start(self) -> None:
        degree = self._structure.degree_total
        self.x[:] = self._operator.blend(degree, EVEN)
        self._tail[:] = self._operator.blend(degree, 0.0) / (1 - self.approximation.ratio)
        self.constant.fill(0)

    def correct(self) -> None:
        self.x.fill(0)
        self._tail.fill(0)
        self._mixer.resume()

    def solve(self, target: float, tell: Callable[[], None]) -> float:
        best = math.inf
        for _ in range(_PASSES_MOST):
            tell()
            self._evaluate()
            reached = self._defect(*self._mixer.record(self._images))
            best = min(best, reached)
            if reached > _RISE * best and self._mixer.can_retreat:
                self._mixer.retreat()
                continue
            self._mixer.mix()
            if reached <= target or not math.isfinite(reached):
                break
        return best

    def _defect(self, norm: float, tail_norm: float) -> float:
        """Bound on how far x is from its equation, given how far x and the tail are from theirs."""
        a = self.approximation
        return (1 - a.still) * norm + a.weight * a.ratio / (1 - a.ratio) * tail_norm

    def _evaluate(self) -> None:
        cp, s, operator = cupy(), self._structure, self._operator
        count, a, params = operator.count, self.approximation, operator.params
        null = cp.uint64(0)
        operator.program.sweep(
            "shares",
            *(self.x, self._tail, self._by_out, self._by_degree),
            *(count, cp.float32(a.ratio), self._pairs),
            *(null if s.symmetric else self._tails, self._sums.partial),
        )
        masses = self._sums.total(2)
        s.inward.sums("float2", self._pairs, self._inward)
        if not s.symmetric:
            s.outward.sums("float", self._tails, self._outward)
        factors = params.diffusion * (1 - params.alpha), params.diffusion * params.alpha
        outward = null if s.symmetric else self._outward
        operator.program.sweep(
            "images",
            *(self._inward, outward, self.x, self._tail, self.constant),
            *(self._by_degree, count, masses, *map(cp.float64, factors)),
            *(*operator.u.arguments, *operator.u0.arguments),
            *map(cp.float32, (a.near, a.weight, 1 / (1 - a.still), a.ratio)),
            *self._images,
        )
