"""The equation of a correction, solved with an approximate R: δ = r + R̃ δ, where r = R(x) − x.

R̃ replaces the tail of the undirected walk by a geometric one (geometric_tail.py), so that a pass over the links
carries
two vectors instead of K + 1. All of it is float32: what is wanted is a correction, good to some thousandths. With r = 0
and x in the place of δ the same equation gives a first x.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.operator.vectors import sweep, zeros
from focusmesh.engine.focus.solve.geometric_tail import Approximation
from focusmesh.engine.focus.solve.mixing import Mixer

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray

    Float32Array = npt.NDArray[np.float32]

_MEMORY = 3
_PASSES_MOST = 400
_RISE = 8.0
_NO_FLOOR = np.array([-np.inf], dtype=np.float32)
_LANE_WEIGHTS = (1.0, 0.3)


class Correction:
    """R̃ of an operator with compiled row sums. Vectors are float32, shape (n,), in solver order.

    In-rows carry the shares of x and of the tail y, out-rows those of the tail alone. On a symmetric graph P and Q are
    one and the same but for isolated particles: then the in-rows have all, and Q x is there to make c_1 exact.
    """

    def __init__(self, operator: Operator) -> None:
        structure = operator.structure
        self._operator = operator
        self._symmetric = structure.symmetric
        self.approximation = Approximation.of(operator.params.coefficients, self.powers(structure))
        count = structure.particle_count
        self.x: Float32Array = zeros(count, np.float32)
        self._tail: Float32Array = zeros(count, np.float32)
        self._constant: Float32Array = zeros(count, np.float32)
        self._followed: Float32Array = zeros(count, np.float32)
        self._inward: Float32Array = zeros(count, np.float32)
        both = 0 if self._symmetric else count
        self._outward: Float32Array = zeros(both, np.float32)
        self._tails: Float32Array = zeros(both, np.float32)
        self._by_out = _inverse(structure.out_total)
        self._by_degree = self._by_out if self._symmetric else _inverse(structure.degree_total)
        self._pairs: Float32Array = zeros((count, 2), np.float32)
        self._reduction = operator.reduction
        self._chunks = self._reduction.spans(count)
        self._at = {start: at for at, (start, _) in enumerate(self._chunks)}
        self._masses = np.zeros((2, len(self._at)))
        lanes = self.x, self._tail
        self._factors = (0.0,) * 7
        self._mixer = Mixer(
            lanes, [_NO_FLOOR] * 2, self._reduction, _LANE_WEIGHTS, _MEMORY, compiled=True
        )

    @staticmethod
    def powers(structure: Structure) -> int:
        """How many powers of Q are exact beside the tail."""
        return 1 if structure.symmetric else 0

    def start(self, x: FloatArray, along: FloatArray) -> None:
        """Begins with a first guess of x itself; ``along`` is a guess of where the undirected walk leads."""
        self.x[:] = x
        np.divide(along, 1 - self.approximation.ratio, out=self._tail, casting="same_kind")
        self._constant.fill(0.0)

    def correct(self, residual: FloatArray) -> None:
        """Begins anew for δ, from zero."""
        self.x.fill(0.0)
        self._tail.fill(0.0)
        self._constant[:] = residual
        self._mixer.resume()

    def solve(self, target: float, tell: Callable[[], None]) -> float:
        """Passes until the equation holds to ``target`` in L1, or no longer gets better; what was reached."""
        sweep(self._chunks, self._prepare)
        best = math.inf
        for _ in range(_PASSES_MOST):
            tell()
            self._evaluate()
            reached = self.approximation.defect(*self._mixer.record(self._image))
            best = min(best, reached)
            if reached > _RISE * best and self._mixer.can_retreat:
                self._mixer.retreat(self._prepare)
                continue
            self._mixer.mix(self._prepare)
            if reached <= target or not math.isfinite(reached):
                break
        return best

    def _prepare(self, part: slice) -> None:
        from focusmesh.engine.focus.solve.correction_compiled import shares

        here, at = self.x[part], self._at[part.start]
        dangling = self._operator.structure.dangling_in(part)
        self._masses[0, at] = here.sum(dtype=np.float64)
        self._masses[1, at] = here[dangling].sum(dtype=np.float64)
        shares(
            *(self.x, self._tail, self.approximation.ratio, self._by_out, self._by_degree),
            *((part.start, part.stop), self._pairs, self._tails),
        )

    def _evaluate(self) -> None:
        pairs = self._pairs, self._followed, self._inward
        self._operator.structure.pair_sums(*pairs, self._tails, self._outward)
        self._factors = self._factors_now()

    def _image(self, part: slice) -> list[Float32Array]:
        from focusmesh.engine.focus.solve.correction_compiled import images

        made = [np.empty(part.stop - part.start, dtype=np.float32) for _ in range(2)]
        images(
            *(self._followed, self._inward, self._outward, self.x, self._tail, self._constant),
            *(self._by_degree, self._operator.flat_u, self._operator.flat_u0, self._factors),
            *((part.start, part.stop), made[0], made[1]),
        )
        return made

    def _factors_now(self) -> tuple[float, float, float, float, float, float, float]:
        """What P x, u, u0, Q x and the tail are multiplied by, then 1/(1 − c_0) and ρ."""
        params, a = self._operator.params, self.approximation
        mass, dangling = (self._reduction.chunk_sum(sums) for sums in self._masses)
        followed = params.diffusion * (1 - params.alpha)
        teleported = params.diffusion * params.alpha * mass
        scale = 1 / (1 - a.still)
        return followed, teleported, followed * dangling, a.near, a.weight, scale, a.ratio


def _inverse(values: FloatArray) -> Float32Array:
    """1 / values, 0 where they are 0."""
    found: Float32Array = zeros(len(values), np.float32)
    np.divide(1.0, values, out=found, where=values > 0, casting="same_kind")
    return found
