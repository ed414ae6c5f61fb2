"""The equation of a correction, solved with an approximate R: δ = r + R̃ δ, where r = R(x) − x.

R̃ replaces the tail of the undirected walk by a geometric one (approximating.py), so that a pass over the links carries
two vectors instead of K + 1. All of it is float32: what is wanted is a correction, good to some thousandths. With r = 0
and x in the place of δ the same equation gives a first x.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.approximating import Approximation
from focusmesh.engine.focus.mixing import Mixer
from focusmesh.engine.focus.vectors import CHUNK, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from focusmesh.engine.arrays import FloatArray
    from focusmesh.engine.focus.operator import Operator
    from focusmesh.engine.graph import Structure

    Float32Array = npt.NDArray[np.float32]

_MEMORY = 3
_PASSES_MOST = 400
_RISE = 8.0
_NO_FLOOR = np.array([-np.inf], dtype=np.float32)
_LANE_WEIGHTS = (1.0, 0.01, 0.0025)


class Correction:
    """R̃ of an operator with compiled row sums. Vectors are float32, shape (n,), in solver order.

    On a symmetric graph P and Q are one and the same but for isolated particles, and one pass over the in-rows
    carries Q x and the tail; elsewhere in-rows carry P x and the tail, out-rows the tail alone.
    """

    def __init__(self, operator: Operator) -> None:
        structure = operator.structure
        self._operator = operator
        self._symmetric = structure.symmetric
        powers = self.powers(structure)
        self.approximation = Approximation.of(operator.params.coefficients, powers)
        count = structure.particle_count
        self.lanes: list[Any] = [np.zeros(count, dtype=np.float32) for _ in range(2 + powers)]
        self._constant = np.zeros(count, dtype=np.float32)
        self._sums: list[Any] = [np.zeros(count, dtype=np.float32) for _ in range(3 - powers)]
        self._by_out = _inverse(structure.out_total)
        self._by_degree = self._by_out if self._symmetric else _inverse(structure.degree_total)
        self._pairs = np.empty((count, 2), dtype=np.float32)
        self._tails = np.empty(0 if self._symmetric else count, dtype=np.float32)
        self._masses = np.zeros((2, -(-count // CHUNK)))
        floors, weights = [_NO_FLOOR] * len(self.lanes), _LANE_WEIGHTS[: len(self.lanes)]
        self._mixer = Mixer(self.lanes, floors, weights, _MEMORY)

    @staticmethod
    def powers(structure: Structure) -> int:
        """J: how many powers of Q a pass carries beside the tail."""
        return 1 if structure.symmetric else 0

    def start(self, x: FloatArray, along: FloatArray) -> None:
        """Begins with a first guess of x itself; ``along`` is a guess of where the undirected walk leads."""
        first, *others = self.lanes
        first[:] = x
        for lane in others:
            lane[:] = along
        others[-1] /= 1 - self.approximation.ratio
        self._constant.fill(0.0)

    def correct(self, residual: FloatArray) -> None:
        """Begins anew for δ, from zero."""
        for lane in self.lanes:
            lane.fill(0.0)
        self._constant[:] = residual
        self._mixer.resume()

    def solve(self, target: float, tell: Callable[[], None]) -> float:
        """Passes until the equation holds to ``target`` in L1, or no longer gets better; what was reached."""
        sweep(len(self._constant), self._prepare)
        best = math.inf
        for _ in range(_PASSES_MOST):
            tell()
            self._evaluate()
            reached = self._defect(self._mixer.record(self._image))
            best = min(best, reached)
            if reached > _RISE * best:
                self._mixer.retreat(self._prepare)
                continue
            self._mixer.mix(self._prepare)
            if reached <= target or not math.isfinite(reached):
                break
        return best

    def _defect(self, norms: Sequence[float]) -> float:
        """Bound on how far the first lane is from its equation, given how far each lane is from its own."""
        a = self.approximation
        *between, last = norms[1:]
        behind = a.tail / (1 - a.ratio) * (a.ratio * last + sum(between))
        return (1 - a.exact[0]) * norms[0] + behind

    def _prepare(self, part: slice) -> None:
        from focusmesh.engine.focus import correcting_compiled as kernels

        span, ratio = (part.start, part.stop), self.approximation.ratio
        here, at = self.lanes[0][part], part.start // CHUNK
        linking = max(0, self._operator.structure.linking_count - part.start)
        self._masses[0, at] = here.sum(dtype=np.float64)
        self._masses[1, at] = here[linking:].sum(dtype=np.float64)
        if self._symmetric:
            x, step, tail = self.lanes
            kernels.symmetric_shares(x, step, tail, ratio, self._by_out, span, self._pairs)
        else:
            x, tail = self.lanes
            divisors = self._by_out, self._by_degree
            kernels.directed_shares(x, tail, ratio, *divisors, span, self._pairs, self._tails)

    def _evaluate(self) -> None:
        structure = self._operator.structure
        structure.inward.pair_sums(self._pairs, *self._sums[:2])
        if not self._symmetric:
            structure.outward.sums(self._tails, self._sums[2])

    def _image(self, part: slice) -> list[Float32Array]:
        from focusmesh.engine.focus import correcting_compiled as kernels

        images = [np.empty(part.stop - part.start, dtype=np.float32) for _ in self.lanes]
        finish: Any = kernels.symmetric_images if self._symmetric else kernels.directed_images
        finish(
            *(*self._sums, *self.lanes, self._constant, self._by_degree),
            *(self._operator.flat_u, self._operator.flat_u0, self._factors()),
            *((part.start, part.stop), *images),
        )
        return images

    def _factors(self) -> tuple[float, ...]:
        """What P x, u, u0, Q x and the tail are multiplied by, and 1/(1 − c_0); ρ."""
        params, a = self._operator.params, self.approximation
        mass, dangling = (math.fsum(sums) for sums in self._masses)
        followed = params.diffusion * (1 - params.alpha)
        teleported = params.diffusion * params.alpha * mass
        first = a.exact[1] if self._symmetric else 0.0
        return (
            *(followed, teleported, followed * dangling),
            *(first, a.tail, 1 / (1 - a.exact[0]), a.ratio),
        )


def _inverse(values: FloatArray) -> Float32Array:
    """1 / values, 0 where they are 0."""
    found = np.zeros(len(values), dtype=np.float32)
    np.divide(1.0, values, out=found, where=values > 0, casting="same_kind")
    return found
