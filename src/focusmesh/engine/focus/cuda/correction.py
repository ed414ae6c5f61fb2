"""The equation of a correction on the card (engine/focus/solve/correction.py): δ = r + R̃ δ, in float32."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from focusmesh.engine.focus.cuda.mixing import CardMixer
from focusmesh.engine.focus.cuda.program import CudaSums, cupy
from focusmesh.engine.focus.solve.geometric_tail import Approximation

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.cuda.operator import CardOperator

_PASSES_MOST = 400
_RISE = 8.0
_NO_FLOOR = (0, 1)
"""A null pointer."""
_LANE_WEIGHTS = (1.0, 0.3)


class CardCorrection:
    """R̃ of an operator on the card. Vectors are float32, shape (n,), in solver order. Memory: 120 bytes a particle."""

    def __init__(self, operator: CardOperator) -> None:
        cp, structure = cupy(), operator.structure
        self._operator, self._structure = operator, structure
        self._sums = CudaSums(operator.program, operator.reduction)
        powers = 1 if structure.symmetric else 0
        self.approximation = Approximation.of(operator.params.coefficients, powers)
        n = structure.particle_count
        self.x, self._tail, self.constant, *self._images = (
            cp.zeros(n, cp.float32) for _ in range(5)
        )
        self._pairs, self._inward = (cp.zeros((n, 2), cp.float32) for _ in range(2))
        both = 0 if structure.symmetric else n
        self._tails, self._outward = (cp.zeros(both, cp.float32) for _ in range(2))
        self._by_out, self._by_degree = (
            _inverse(total) for total in (structure.out_total, structure.degree_total)
        )
        floors = tuple((cp.uint64(pointer), cp.int32(flat)) for pointer, flat in [_NO_FLOOR] * 2)
        self._mixer = CardMixer((self.x, self._tail), floors, operator.reduction, _LANE_WEIGHTS)

    def start(self, x: Any, along: Any) -> None:
        """Begins with a first guess of x itself; ``along`` is a guess of where the undirected walk leads."""
        self.x[:] = x
        self._tail[:] = along / (1 - self.approximation.ratio)
        self.constant.fill(0)

    def correct(self) -> None:
        """Begins anew for δ, from zero; r stands in ``constant``."""
        self.x.fill(0)
        self._tail.fill(0)
        self._mixer.resume()

    def solve(self, target: float, tell: Callable[[], None]) -> float:
        """Passes until the equation holds to ``target`` in L1, or no longer gets better; what was reached."""
        best = math.inf
        for _ in range(_PASSES_MOST):
            tell()
            self._evaluate()
            reached = self.approximation.defect(*self._mixer.record(self._images))
            best = min(best, reached)
            if reached > _RISE * best and self._mixer.can_retreat:
                self._mixer.retreat()
                continue
            self._mixer.mix()
            if reached <= target or not math.isfinite(reached):
                break
        return best

    def _evaluate(self) -> None:
        cp, s, operator = cupy(), self._structure, self._operator
        count, a, params = operator.count, self.approximation, operator.params
        null = cp.uint64(0)
        operator.program.sweep(
            "shares",
            *(
                self.x,
                self._tail,
                self._by_out,
                self._by_degree,
                count,
                cp.float32(a.ratio),
                self._pairs,
            ),
            *(null if s.symmetric else self._tails, self._sums.partial),
        )
        masses = self._sums.total(2)
        s.pair_sums(self._pairs, self._inward, self._tails, self._outward)
        factors = params.diffusion * (1 - params.alpha), params.diffusion * params.alpha
        operator.program.sweep(
            "images",
            *(
                self._inward,
                null if s.symmetric else self._outward,
                self.x,
                self._tail,
                self.constant,
            ),
            *(self._by_degree, count, masses, *map(cp.float64, factors)),
            *(*operator.u.arguments, *operator.u0.arguments),
            *map(cp.float32, (a.near, a.weight, 1 / (1 - a.still), a.ratio)),
            *self._images,
        )


def _inverse(values: Any) -> Any:
    """1 / values in float32, 0 where they are 0."""
    cp = cupy()
    return cp.where(values > 0, 1 / cp.where(values > 0, values, 1.0), 0.0).astype(cp.float32)
