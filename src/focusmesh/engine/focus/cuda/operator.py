"""R on the card, in float64, with the bound on its rounding."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from focusmesh.engine.focus.cuda.program import BLOCKS, THREADS, CudaSums, cupy, current
from focusmesh.engine.focus.cuda.rows import PIECE, SHORT
from focusmesh.engine.focus.operator.sums import UNIT

if TYPE_CHECKING:
    from focusmesh.engine.focus.cuda.structure import CardStructure
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.operator.reduction import Reduction

_LANES = 32
_ACCUMULATORS = 4


class CardSpread:
    """u or u0 on the card: a vector, or one entry where it is the same everywhere."""

    def __init__(self, values: Any) -> None:
        cp = cupy()
        self.values = cp.asarray(values, cp.float64)
        self.arguments = self.values, cp.int32(len(self.values) == 1)


class CardOperator:
    """R on one structure of the card. Vectors are float64, shape (n,), in solver order, on the card.

    ``u`` and ``u0`` have length n, or 1 where they are the same everywhere. ``reduction`` makes sums over particles.
    """

    def __init__(
        self, structure: CardStructure, params: FocusParams, u: Any, u0: Any, reduction: Reduction
    ) -> None:
        cp = cupy()
        self.structure, self.params, self.reduction = structure, params, reduction
        self.u, self.u0 = CardSpread(u), CardSpread(u0)
        self.floor = CardSpread(params.gap * self.u.values)
        self.program = current()
        self.sums = CudaSums(self.program, reduction)
        self.count = cp.int64(structure.particle_count)
        self._share, self._inward, self._outward = (
            cp.zeros(structure.particle_count) for _ in range(3)
        )

    def apply(self, x: Any, image: Any, slack: float = 0.0) -> float:
        """R(x) in ``image``, but for undirected terms that weigh at most ``slack`` in L1; what they weigh at most."""
        first, *others = self.params.coefficients or (0.0,)
        self._add_directed(x, first, image)
        if not any(others):
            return 0.0
        norm = self._divide(x, self.structure.degree_total)[2]
        for k, factor in enumerate(others):
            if slack:
                left = (1 + 2.0**-40) * sum(others[k:]) * float(norm)
                if left <= slack:
                    return left
            norm = self._add_undirected(factor, image)
        return 0.0

    def _divide(self, x: Any, divisor: Any) -> Any:
        self.program.sweep("divided", x, divisor, self.count, self._share, self.sums.partial)
        return self.sums.total(3)

    def _add_directed(self, x: Any, still: float, image: Any) -> None:
        cp, params = cupy(), self.params
        masses = self._divide(x, self.structure.out_total)
        self.structure.inward.sums("double", self._share, self._inward)
        factors = params.diffusion * (1 - params.alpha), still, params.diffusion * params.alpha
        self.program.sweep(
            "blended",
            *(self._inward, x, self.count, masses, *map(cp.float64, factors)),
            *(*self.u.arguments, *self.u0.arguments, image),
        )

    def _add_undirected(self, factor: float, image: Any) -> Any:
        """One step of Q on the shares, ``factor`` times it added to ``image``; ‖Qz‖₁, on the card."""
        cp, s = cupy(), self.structure
        outward = s.both_sums(self._share, self._inward, self._outward)
        self.program.sweep(
            "undirected",
            *(self._inward, outward, s.degree_total, self.count, cp.float64(factor)),
            *(self._share, image, self.sums.partial),
        )
        return self.sums.total(1)[0]

    def rounding(self) -> float:
        """γ: bound on the L1 error of evaluating R in float64 on a vector of mass 1, in the order of the card.

        A short row is added up by one lane in four sums; of a long one each piece by 32 lanes in four sums, the pieces
        by 32 lanes. Totals after an edit: a block in four sums a thread. Sums over particles: a thread's share, then
        blocks. The rest is as on the host.
        """
        length, n, c = (
            self.structure.longest_row,
            self.reduction.particle_count(self.structure.particle_count),
            self.params.coefficients,
        )
        short = min(length, SHORT) / _ACCUMULATORS + _ACCUMULATORS
        long = PIECE / _LANES / _ACCUMULATORS + _ACCUMULATORS + length / PIECE / _LANES + 12
        totals = length / (THREADS * _ACCUMULATORS) + 16 if self.structure.is_edited else 0
        row = min(length, max(short, long if length > SHORT else 0, totals))
        particles = min(n, n / (BLOCKS * THREADS) + BLOCKS / 1024 + 22)
        passes = self.params.diffusion + sum(k * share for k, share in enumerate(c))
        return (passes * (2 * row + particles + 8) + len(c) + 3) * UNIT

    def bound(self, residual: float, mass: float) -> float:
        """Bound on ‖x − φ*‖₁ for a vector with this residual ‖R(x) − x‖₁ and this mass."""
        return (residual + self.rounding()) / self.params.gap + abs(mass - 1)

    def step(self, x: Any, image: Any, step: Any) -> float:
        """``image − x`` in ``step``; its L1 norm, rounded up."""
        self.program.sweep("stepped", x, image, self.count, step, self.sums.partial)
        return (1 + 2.0**-40) * float(self.sums.total(1)[0])

    def project(self, start: Any) -> Any:
        """``start`` raised to the floor and scaled to mass 1."""
        x = cupy().empty(self.structure.particle_count)
        self.program.sweep("lifted", start, *self.floor.arguments, self.count, x, self.sums.partial)
        self.program.sweep("scaled", x, self.count, self.sums.total(1))
        return x

    def upload(self, values: Any) -> Any:
        """A vector of the host on the card."""
        return cupy().asarray(values, cupy().float64)

    def mass(self, x: Any) -> float:
        """Σx."""
        cp, sums = cupy(), self.sums
        self.program.sweep(
            "lifted", x, cp.full(1, -math.inf), cp.int32(1), self.count, self._share, sums.partial
        )
        return float(sums.total(1)[0])
