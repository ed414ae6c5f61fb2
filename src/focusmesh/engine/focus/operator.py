"""The operator R, its adjoint, and the bound that follows from one application (focus.md §2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.sums import UNIT, RowSums, degrees, rounding_of, row_sums
from focusmesh.engine.focus.vectors import sweep, total

if TYPE_CHECKING:
    from focusmesh.engine.arrays import FloatArray
    from focusmesh.engine.focus.params import FocusParams
    from focusmesh.engine.graph import Structure


@dataclass(frozen=True)
class Operator:
    """R on one structure. All vectors are float64, shape (n,), in solver order.

    ``u`` (teleport) and ``u0`` (where dangling mass goes) are non-negative and add up to 1.
    """

    structure: Structure
    params: FocusParams
    u: FloatArray
    u0: FloatArray
    sums: RowSums

    @classmethod
    def on(
        cls,
        structure: Structure,
        params: FocusParams,
        u: FloatArray,
        u0: FloatArray,
        backend: str | None = None,
    ) -> Operator:
        """R with the backend that fits the size of the structure, or the named one."""
        return cls(structure, params, u, u0, row_sums(structure, backend))

    def teleporting_to(self, u: FloatArray) -> Operator:
        """The same operator with another teleport."""
        return Operator(self.structure, self.params, u, self.u0, self.sums)

    def apply(self, x: FloatArray) -> FloatArray:
        """R(x). One directed pass and K undirected ones."""
        first, *others = self.params.coefficients or (0.0,)
        result = self._directed(x, self.params.diffusion, first)
        if others:
            share = x / degrees(self.structure)
            for factor in others:
                share = self.sums.undirected(share, factor, result)
        return result

    def diffuse(self, x: FloatArray) -> FloatArray:
        """D(x): follow links, dangling mass to u0, teleport with α to u."""
        return self._directed(x, 1.0, 0.0)

    def follow(self, x: FloatArray) -> FloatArray:
        """P̄ x = P x + u0·Σ_Z x: a walk along the links, dangling mass to u0."""
        return self._along_links(x) + total(x[self.structure.linking_count :]) * self.u0

    def _along_links(self, x: FloatArray) -> FloatArray:
        """P x."""
        linking, out_total = self.structure.linking_count, self.structure.out_total
        share = np.zeros_like(x)

        def divide(part: slice) -> None:
            np.divide(x[:linking][part], out_total[:linking][part], out=share[:linking][part])

        sweep(linking, divide)
        return self.sums.inward(share)

    def _directed(self, x: FloatArray, factor: float, still: float) -> FloatArray:
        """``factor``·D(x) + ``still``·x."""
        alpha = self.params.alpha
        followed, teleported = factor * (1 - alpha), factor * alpha * total(x)
        landed = followed * total(x[self.structure.linking_count :])
        moved = self._along_links(x)

        def blend(part: slice) -> None:
            here = moved[part]
            here *= followed
            here += teleported * self.u[part]
            if landed:
                here += landed * self.u0[part]
            if still:
                here += still * x[part]

        sweep(len(x), blend)
        return moved

    def undirected(self, z: FloatArray) -> FloatArray:
        """Q z: a step along the links either way; isolated particles keep their mass."""
        moved = np.zeros_like(z)
        self.sums.undirected(z / degrees(self.structure), 1.0, moved)
        return moved

    def follow_adjoint(self, y: FloatArray) -> FloatArray:
        """P̄ᵀ y: for each particle the mean of ``y`` over where its mass goes."""
        s, linking = self.structure, self.structure.linking_count
        mean = self.sums.outward(y)
        mean[:linking] /= s.out_total[:linking]
        mean[linking:] = float(self.u0 @ y)
        return mean

    def undirected_adjoint(self, y: FloatArray) -> FloatArray:
        """Qᵀ y: for each particle the mean of ``y`` over its neighbours either way."""
        mean = self.sums.both(y) / degrees(self.structure)
        return np.where(self.structure.degree_total > 0, mean, y)

    def rounding(self) -> float:
        """γ: bound on the L1 error of evaluating R in float64 on a vector of mass 1.

        Qᵏ x carries the error of k passes; adding up K + 3 terms rounds that often.
        """
        c = self.params.coefficients
        passes = self.params.diffusion + sum(k * share for k, share in enumerate(c))
        return passes * rounding_of(self.structure) + (len(c) + 3) * UNIT

    def bound(self, residual: float, mass: float) -> float:
        """Bound on ‖x − φ*‖₁ for a vector with this residual ‖R(x) − x‖₁ and this mass Σx."""
        if not len(self.u):
            return 0.0
        return (residual + self.rounding()) / self.params.gap + abs(mass - 1)

    def floor(self) -> FloatArray:
        """diffusion·α·u, which no entry of the fixed point falls below."""
        return self.params.gap * self.u
