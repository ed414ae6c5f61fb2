"""Corrections on the device, in float32: δ = r + R̃ δ (engine/focus/solve/correction.py), where R̃ is R, or nearly.

Nothing of it is trusted: what a correction is worth, the whole numbers of operator.py tell. Vectors are float32 in
solver order, times n, so that their entries are near 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.solve.geometric_tail import Approximation
from focusmesh.engine.focus.wgpu.mixing import WgpuMixer
from focusmesh.engine.focus.wgpu.program import Sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.wgpu.operator import WgpuOperator
    from focusmesh.engine.support.wgpu import Array, Step

_PASSES_MOST = 400
_RISE = 8.0
_STALLED = 12
"""Passes without a better iterate after which float32 has given what it has."""
_APPROXIMATION_ERROR = 0.25
"""Share of the contraction that an approximation may miss; beyond, corrections gain too little."""
PAIR = np.dtype((np.float32, 2))


class WgpuCorrection:
    """The equation, and its solution by mixing. ``x`` holds δ, or x itself; ``value`` says what its entries are."""

    value: str
    approximation: Approximation

    def __init__(self, operator: WgpuOperator, kind: Any) -> None:
        program, n = operator.program, operator.structure.particle_count
        self.operator, self.program = operator, program
        self.x, self.image = (program.zeros(n, kind) for _ in range(2))
        self.constant = operator.difference
        self.sums = Sums(program, n, 2, np.float32)
        self.spread = program.hold(_spread(operator))
        self._mixer = WgpuMixer(program, self.value, self.x, self.image)
        self._steps = self.steps()

    def steps(self) -> list[Step]:
        """One application of R̃ to ``x``."""
        raise NotImplementedError

    def start(self, even: float) -> None:
        """Begins with a first guess of x: ``even`` of the mass as u has it, the rest as the weights of links are."""
        s, operator, n = self.operator.structure, self.operator, self.x.count
        inward = not any(operator.params.coefficients[1:])
        mass = s.weight if inward else 2 * s.weight
        along, tail = n / mass, n / mass / (1 - self.approximation.ratio)
        begun = self.program.launch(f"begin<{self.value}>", s.by, self.spread, self.x)
        numbers = n, int(operator.is_flat), int(inward), n * even, (1 - even) * along, tail
        self.program.clear(self.constant)
        self.program.run([(begun, self.sums.threads, numbers)])

    def correct(self) -> None:
        """Begins anew for δ, from zero; r stands in ``constant``."""
        self.program.clear(self.x)
        self._mixer.resume()

    def solve(self, target: float, tell: Callable[[], None]) -> float:
        """Passes until the equation holds to ``target`` in L1, or no longer gets better; what was reached."""
        best, since = math.inf, 0
        for _ in range(_PASSES_MOST):
            tell()
            self.program.run(self._steps)
            reached = self.defect(*self._mixer.record())
            since = 0 if reached < best else since + 1
            best = min(best, reached)
            if reached > _RISE * best and self._mixer.can_retreat:
                self._mixer.retreat()
                continue
            self._mixer.mix()
            if reached <= target or since >= _STALLED or not math.isfinite(reached):
                break
        return best

    def defect(self, norm: float, tail_norm: float) -> float:
        """Bound on how far x is from its equation, given how far x and the tail are from theirs."""
        n, a = self.x.count, self.approximation
        tail = a.weight * a.ratio / (1 - a.ratio) * tail_norm
        return ((1 - a.still) * norm + tail) / n

    def factors(self) -> tuple[float, float]:
        """What P x and u are multiplied by."""
        params = self.operator.params
        return params.diffusion * (1 - params.alpha), params.diffusion * params.alpha


class WholeCorrection(WgpuCorrection):
    """R itself: K + 1 vectors a pass."""

    value = "real"

    def __init__(self, operator: WgpuOperator) -> None:
        coefficients = operator.params.coefficients or (0.0,)
        self.approximation = Approximation(coefficients[0], 0.0, 0.0, 0.0, 0.0)
        super().__init__(operator, np.float32)

    def steps(self) -> list[Step]:
        s, program, sweep = self.operator.structure, self.program, self.sums.threads
        n, (along, teleport) = s.particle_count, self.factors()
        share, inward = (program.zeros(n, np.float32) for _ in range(2))
        outward = inward if s.symmetric else program.zeros(n, np.float32)
        shared = program.launch("real_shares", self.x, s.by, share, self.sums.partial)
        vectors = inward, self.constant, self.spread, self.sums.sums, self.image
        blended = program.launch("real_blended", *vectors)
        scale = 1 / (1 - self.approximation.still)
        steps = [(shared, sweep, (n, 0)), self.sums.total(2)]
        steps += s.inward.sums("real", (share, inward))
        flat = int(self.operator.is_flat)
        steps.append((blended, sweep, (n, flat, along, teleport, scale)))
        others = self.operator.params.coefficients[1:]
        if not any(others):
            return steps
        step = s.inward.sums("real", (share, inward))
        if not s.symmetric:
            step += s.outward.sums("real", (share, outward))
        moved = program.launch("real_undirected", inward, outward, s.by, share, self.image)
        steps.append((shared, sweep, (n, 1)))
        for factor in others:
            steps += [*step, (moved, sweep, (n, scale * factor))]
        return steps


class NearCorrection(WgpuCorrection):
    """R with the undirected walk's tail replaced by a geometric one: two vectors a pass (approximating.py)."""

    value = "pair"

    def __init__(self, operator: WgpuOperator) -> None:
        powers = 1 if operator.structure.symmetric else 0
        self.approximation = Approximation.of(operator.params.coefficients, powers)
        super().__init__(operator, PAIR)

    def steps(self) -> list[Step]:
        s, program, sweep = self.operator.structure, self.program, self.sums.threads
        n, a, apart = s.particle_count, self.approximation, not s.symmetric
        pairs, inward = (program.zeros(n, PAIR) for _ in range(2))
        tails, outward = (program.zeros(n if apart else 1, np.float32) for _ in range(2))
        shared = program.launch("pair_shares", self.x, s.by, pairs, tails, self.sums.partial)
        steps = [(shared, sweep, (n, int(apart), a.ratio)), self.sums.total(2)]
        steps += s.inward.sums("pair", (pairs, inward))
        if apart:
            steps += s.outward.sums("real", (tails, outward))
        vectors = inward, outward, self.x, self.constant, s.by, self.spread, self.sums.sums
        made = program.launch("pair_images", *vectors, self.image)
        factors = *self.factors(), a.near, a.weight, 1 / (1 - a.still), a.ratio
        return [*steps, (made, sweep, (n, int(self.operator.is_flat), int(apart), *factors))]


def correction_of(operator: WgpuOperator) -> WgpuCorrection:
    """The approximate R where it is near enough, and gains anything; else R itself."""
    params = operator.params
    if any(params.coefficients[1:]):
        powers = 1 if operator.structure.symmetric else 0
        error = Approximation.of(params.coefficients, powers).error
        if error <= _APPROXIMATION_ERROR * params.gap:
            return NearCorrection(operator)
    return WholeCorrection(operator)


def _spread(operator: WgpuOperator) -> Array:
    """u and u0 in float32, side by side."""
    count = max(len(operator.u), len(operator.u0))
    both = [np.broadcast_to(one, count) for one in (operator.u, operator.u0)]
    return np.stack(both, axis=1).astype(np.float32)
