"""R on the device in whole numbers, every one rounded down: what is missing at the end is all that rounding took.

Mass is counted in units of 2⁻⁶³. Each term of R(x) is a product of numbers ≥ 0 that were rounded down, so no entry of
the image lies above that of R(x), and as R keeps the mass, their L1 distance is the mass that the image lacks. It is
counted, not estimated, and holds on any device, whatever its floats do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.focus.operator.sums import UNIT
from focusmesh.engine.focus.wgpu.program import Sums
from focusmesh.engine.focus.wgpu.structure import pairs
from focusmesh.engine.support.wgpu import halves

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.wgpu.structure import WgpuStructure
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.wgpu import Array, Buffer, Step

ONE = 1 << 63
WIDE = np.dtype((np.uint32, 2))
_LOSS = 1 - 2.0**-51
_ROUNDINGS = 24
"""Of float64 on the host: by how much u and the coefficients may miss a sum of 1, and the vector given back."""


class WgpuApplication(NamedTuple):
    """``rise`` = Σ max(0, image − x) and ``lost``, the mass that the image lacks, in units of 2⁻⁶³."""

    rise: int
    lost: int

    @property
    def residual(self) -> float:
        """Bound on ‖R(x) − x‖₁ for a mass of 1."""
        return 2 * (self.rise + self.lost) / ONE


class WgpuOperator:
    """R on one structure of the device. ``x`` holds uint64 (n,) in solver order, of sum 2⁶³.

    ``u`` and ``u0`` float64, of length n, or 1 where they are the same everywhere. ``steps``: those of an application.
    Memory: 56 bytes a particle.
    """

    def __init__(
        self, structure: WgpuStructure, params: FocusParams, u: FloatArray, u0: FloatArray
    ) -> None:
        program, n = structure.program, structure.particle_count
        self.structure, self.params, self.program = structure, params, program
        self.u, self.u0 = u, u0
        self.is_flat = len(u) == len(u0) == 1
        self.spread = program.hold(pairs(_wide_spread(u, u0)).reshape(-1, 4))
        vectors = [program.zeros(n, WIDE) for _ in range(5)]
        self.x, self.image, self._share, self._inward, self._outward = vectors
        self.difference = program.zeros(n, np.float32)
        self._sums = Sums(program, n, 3, WIDE)
        self.steps = self._applying()

    def bound(self, residual: float, mass: float) -> float:
        """Bound on ‖x − φ*‖₁ for a vector with this residual, as counted, and this mass."""
        return (residual + _ROUNDINGS * UNIT) / self.params.gap + abs(mass - 1)

    def rounding(self) -> float:
        """About what an application will be found to lose at most."""
        s = self.structure
        passes = self.params.diffusion + 2 * sum(
            k * share for k, share in enumerate(self.params.coefficients)
        )
        counted = (s.axon_count / 2 + 64 * s.particle_count) / ONE
        return passes * (counted + (s.loss + 8) * UNIT) + _ROUNDINGS * UNIT

    def apply(self) -> WgpuApplication:
        """R(x) in ``image`` and n·(R(x) − x) in ``difference``, float32. O((2K + 1)·m)."""
        self.program.run(self.steps)
        rise, low, high = (wide_total(part) for part in self._sums.read(3))
        return WgpuApplication(rise, ONE - low - (high << 32))

    def _applying(self) -> list[Step]:
        s, params, program = self.structure, self.params, self.program
        still, *others = params.coefficients or (0.0,)
        n, sweep = s.particle_count, self._sums.threads
        steps = self._share_steps(0)
        steps += s.inward.sums("exact", (self._share, self._inward), s.layers, s.bases[0])
        blended = program.launch(
            "exact_blended", self._inward, self.x, self.spread, self._sums.sums, self.image
        )
        followed = _factor(params.diffusion * (1 - params.alpha))
        drawn = halves(int(params.diffusion * params.alpha * _LOSS * ONE))
        numbers = n, int(self.is_flat), *followed, *_factor(still), *drawn
        steps.append((blended, sweep, numbers))
        if any(others):
            steps += self._share_steps(1)
            for factor in others:
                steps += self._step_undirected(factor)
        risen = program.launch(
            "exact_rise", self.x, self.image, self.difference, self._sums.partial
        )
        return [*steps, (risen, sweep, (n, n / ONE))]

    def _share_steps(self, side: int) -> list[Step]:
        """What each particle sends: by its links out (0), or by all of them (1)."""
        s, sums = self.structure, self._sums
        vectors = self.x, s.inverses[side], self._share, sums.partial
        shared = self.program.launch("exact_shares", *vectors)
        return [(shared, sums.threads, (s.particle_count,)), sums.total(1)]

    def _step_undirected(self, factor: float) -> list[Step]:
        s = self.structure
        steps = s.inward.sums("exact", (self._share, self._inward), s.layers, s.bases[1])
        outward = self._inward
        if not s.symmetric:
            outward = self._outward
            steps += s.outward.sums("exact", (self._share, outward), s.layers, s.bases[1])
        vectors = self._inward, outward, s.inverses[1], self.x, self._share, self.image
        stepped = self.program.launch("exact_undirected", *vectors)
        return [*steps, (stepped, self._sums.threads, (s.particle_count, *_factor(factor)))]

    def take(self, value: str, delta: Buffer) -> None:
        """x ← x + δ/n, each entry raised to its floor, scaled to mass 1. ``delta`` float32, ``value`` as it is held."""
        n = self.structure.particle_count
        taken = self.program.launch(f"exact_take<{value}>", delta, self.spread, self.x)
        floor = halves(int(self.params.gap * _LOSS * ONE))
        self.program.run([(taken, self._sums.threads, (n, int(self.is_flat), *floor, ONE / n))])
        self._settle()

    def plain(self) -> None:
        """x ← R(x), as it was applied last."""
        self.program.copy(self.image, self.x)
        self._settle()

    def scores(self) -> FloatArray:
        """x as float64, on the host."""
        held = self.program.read(self.x)
        return np.asarray(held.reshape(-1).view(np.uint64) * (1.0 / ONE), np.float64)

    def hold(self, x: FloatArray) -> None:
        """A vector of the host, of mass 1 but for rounding, in place of x."""
        whole = np.maximum(x, self.params.gap * self.u) * (ONE * _LOSS)
        self.program.write(self.x, pairs(np.minimum(whole, ONE * _LOSS).astype(np.uint64)))
        self._settle()

    def _settle(self) -> None:
        """Scales x to mass 1, and spreads what rounding took over all."""
        n, shift = self.structure.particle_count, 0
        mass = self._scale(shift, 2**64 - 1)
        while (factor := (ONE << 64) // (mass << shift)) >> 64:
            shift += 1
        value, more = divmod(ONE - self._scale(shift, factor), n)
        filled = self.program.launch("exact_fill", self.x)
        self.program.run([(filled, self._sums.threads, (n, more, *halves(value)))])

    def _scale(self, shift: int, factor: int) -> int:
        """x times ``factor``/2⁶⁴ times 2 to the ``shift``, in place; its mass then."""
        n, sums = self.structure.particle_count, self._sums
        settled = self.program.launch("exact_settle", self.x, sums.partial)
        self.program.run([(settled, sums.threads, (n, shift, *halves(factor)))])
        low, high = (wide_total(part) for part in sums.read(2))
        return low + (high << 32)


def wide_total(parts: Array) -> int:
    """The sum of what workgroups told."""
    return sum(parts.tolist())


def _factor(value: float) -> tuple[int, int]:
    """A factor below 1, times 2⁶⁴, rounded down."""
    return halves(min(int(value * _LOSS * 2.0**64), 2**64 - 1))


def _wide_spread(u: FloatArray, u0: FloatArray) -> Array:
    """u and u0 times 2⁶⁴ as uint64, side by side."""
    count = max(len(u), len(u0))
    both = np.stack([np.broadcast_to(one, count) for one in (u, u0)], axis=1)
    return np.ldexp(np.minimum(both, 1 - 2.0**-53), 64).astype(np.uint64)
