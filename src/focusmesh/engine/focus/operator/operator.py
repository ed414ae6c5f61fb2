"""The operator R, its adjoint, and the bound that follows from one application (docs/explanation/operator.md)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from focusmesh.engine.focus.operator.reduction import LOCAL
from focusmesh.engine.focus.operator.sums import (
    UNIT,
    RowSums,
    Scratch,
    degrees,
    rounding_of,
    row_sums,
)
from focusmesh.engine.focus.operator.vectors import sweep, total

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.operator.reduction import Reduction
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray

Result = TypeVar("Result")


@dataclass(frozen=True)
class Operator:
    """R on one structure. All vectors are float64, shape (n,), in solver order.

    ``u`` (teleport) and ``u0`` (where dangling mass goes) are non-negative and add up to 1.
    ``reduction`` makes the sums over particles.
    """

    structure: Structure
    params: FocusParams
    u: FloatArray
    u0: FloatArray
    sums: RowSums
    reduction: Reduction

    @classmethod
    def on(
        cls,
        structure: Structure,
        params: FocusParams,
        u: FloatArray,
        u0: FloatArray,
        backend: str | None = None,
    ) -> Operator:
        """R on one machine, with the backend that fits the size of the structure, or the named one."""
        near_one = structure.near_one
        return cls(near_one, params, u, u0, row_sums(near_one, backend), LOCAL)

    def teleporting_to(self, u: FloatArray) -> Operator:
        """The same operator with another teleport."""
        return Operator(self.structure, self.params, u, self.u0, self.sums, self.reduction)

    def apply(self, x: FloatArray) -> FloatArray:
        """R(x). One directed pass and K undirected ones."""
        return self.apply_nearly(x, 0.0)[0]

    def apply_nearly(self, x: FloatArray, slack: float) -> tuple[FloatArray, float, float]:
        """R(x) but for undirected terms that weigh at most ``slack`` in L1; their weight in all, and at one.

        Q does not expand L1, so the terms from k on weigh at most ‖Q^{k−1} x‖₁·Σ_{l ≥ k} c_l. On a correction, whose
        entries of both signs soon cancel along the walk, many terms need no pass. As Q d = d, no particle misses more
        than the last number times the total of its links; particles without links miss nothing.
        """
        first, *others = self.params.coefficients or (0.0,)
        scratch = Scratch()
        image = self._step_directed(x, (self.params.diffusion, first), scratch)
        if self.diffuses_only:
            return image, 0.0, 0.0
        share = self._divide(x, self.structure.degree_total, scratch)
        for k, factor in enumerate(others):
            if slack:
                rest = sum(others[k:])
                left = rest * self._weigh(share)
                if left <= slack:
                    return image, left, rest * self._keep_alone(share, rest, image)
            self.sums.add_undirected(share, factor, image, scratch)
        return image, 0.0, 0.0

    def _keep_alone(self, share: FloatArray, rest: float, image: FloatArray) -> float:
        """Adds ``rest`` of what particles without links keep to ``image``; the largest size of the others' shares."""
        degree = self.structure.degree_total

        def keep(part: slice) -> float:
            alone = part.start + np.flatnonzero(degree[part] == 0)
            image[alone] += rest * share[alone]
            here, linked = share[part], degree[part] > 0
            return float(
                max(here.max(where=linked, initial=0.0), -here.min(where=linked, initial=0.0))
            )

        return max(self._sweep(len(share), keep), default=0.0)

    def _weigh(self, share: FloatArray) -> float:
        """‖z‖₁ of z / d, rounded up."""
        degree = self.structure.degree_total

        def weigh(part: slice) -> float:
            if self.structure.is_compiled:
                from focusmesh.engine.focus.operator.sums_compiled import weigh_range

                return weigh_range(share, degree, (part.start, part.stop))
            divisor = np.where(degree[part] > 0, degree[part], 1.0)
            return float(np.abs(share[part] * divisor).sum())

        return (1 + 2.0**-40) * self._sum(len(share), weigh)

    def diffuse(self, x: FloatArray) -> FloatArray:
        """D(x): follow links, dangling mass to u0, teleport with α to u."""
        return self._step_directed(x, (1.0, 0.0), Scratch())

    def follow(self, x: FloatArray) -> FloatArray:
        """P̄ x = P x + u0·Σ_Z x: a walk along the links, dangling mass to u0."""
        return self._along_links(x, Scratch()) + self._dangling(x) * self.u0

    def _dangling(self, x: FloatArray) -> float:
        def mass_in(part: slice) -> float:
            return float(x[part][self.structure.dangling_in(part)].sum())

        return self._sum(len(x), mass_in)

    def _sum(self, count: int, function: Callable[[slice], float]) -> float:
        return self.reduction.chunk_sum(self._sweep(count, function))

    def _sweep(self, count: int, function: Callable[[slice], Result]) -> list[Result]:
        return sweep(self.reduction.spans(count), function)

    def _along_links(self, x: FloatArray, scratch: Scratch) -> FloatArray:
        """P x; the memory is the scratch's."""
        share = self._divide(x, self.structure.out_total, scratch)
        return self.sums.inward(share, scratch.zeros("inward", len(x)))

    def _divide(self, x: FloatArray, divisor: FloatArray, scratch: Scratch) -> FloatArray:
        share = scratch.zeros("share", len(x))
        self._sweep(len(x), lambda part: self.divide(x, divisor, part, share))
        return share

    def divide(self, x: FloatArray, divisor: FloatArray, part: slice, share: FloatArray) -> None:
        """Writes that part of x / divisor to ``share``, x itself where the divisor is 0 (nothing gathers there)."""
        if self.structure.is_compiled:
            from focusmesh.engine.focus.operator.sums_compiled import divide_range

            divide_range(x, divisor, (part.start, part.stop), share)
        else:
            share[part] = x[part] / np.where(divisor[part] > 0, divisor[part], 1.0)

    def _step_directed(
        self, x: FloatArray, factors: tuple[float, float], scratch: Scratch
    ) -> FloatArray:
        """``factors[0]``·D(x) + ``factors[1]``·x."""
        moved, image = self._along_links(x, scratch), np.empty_like(x)
        mass, dangling = total(x, self.reduction), self._dangling(x)

        def blend(part: slice) -> None:
            image[part] = self._blend(moved, x, mass, dangling, part, factors)

        self._sweep(len(x), blend)
        return image

    @property
    def diffuses_only(self) -> bool:
        """Whether R takes no undirected step: then one pass over the links is all of it."""
        return not any(self.params.coefficients[1:])

    def blend(
        self, moved: FloatArray, x: FloatArray, mass: float, dangling: float, part: slice
    ) -> FloatArray:
        """That part of ``diffusion``·D(x) + c_0·x, from P x, Σx and the dangling mass."""
        first, *_ = self.params.coefficients or (0.0,)
        return self._blend(moved, x, mass, dangling, part, (self.params.diffusion, first))

    def _blend(
        self,
        moved: FloatArray,
        x: FloatArray,
        mass: float,
        dangling: float,
        part: slice,
        factors: tuple[float, float],
    ) -> FloatArray:
        alpha, (diffusion, still) = self.params.alpha, factors
        followed = diffusion * (1 - alpha)
        terms = followed, still, diffusion * alpha * mass, followed * dangling
        image = np.empty(part.stop - part.start)
        if self.structure.is_compiled:
            from focusmesh.engine.focus.operator import sums_compiled

            span = part.start, part.stop
            sums_compiled.blend_range(moved, x, self.flat_u, self.flat_u0, terms, span, image)
            return image
        vectors = moved[part], x[part], self.u[part], self.u0[part]
        np.multiply(terms[0], vectors[0], out=image)
        for factor, vector in zip(terms[1:], vectors[1:], strict=True):
            if factor:
                image += factor * vector
        return image

    @cached_property
    def flat_u(self) -> FloatArray:
        """u, of length 1 where it is the same everywhere: sweeps then read nothing."""
        return _flat(self.u)

    @cached_property
    def flat_u0(self) -> FloatArray:
        """u0 likewise."""
        return self.flat_u if self.u0 is self.u else _flat(self.u0)

    def undirected(self, z: FloatArray) -> FloatArray:
        """Q z: a step along the links either way; isolated particles keep their mass."""
        moved = np.zeros_like(z)
        scratch = Scratch()
        share = self._divide(z, self.structure.degree_total, scratch)
        self.sums.add_undirected(share, 1.0, moved, scratch)
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
        return self.rounding_with(rounding_of(self.structure))

    def rounding_with(self, passing: float) -> float:
        """The same from the relative error of one pass over all links."""
        c = self.params.coefficients
        passes = self.params.diffusion + sum(k * share for k, share in enumerate(c))
        return passes * passing + (len(c) + 3) * UNIT

    def bound(self, residual: float, mass: float) -> float:
        """Bound on ‖x − φ*‖₁ for a vector with this residual ‖R(x) − x‖₁ and this mass Σx."""
        if not len(self.u):
            return 0.0
        return (residual + self.rounding()) / self.params.gap + abs(mass - 1)

    def floor(self) -> FloatArray:
        """diffusion·α·u, which no entry of the fixed point falls below."""
        return self.params.gap * self.u

    def flat_floor(self) -> FloatArray:
        """``floor``, of length 1 where it is the same everywhere."""
        return self.params.gap * self.flat_u


def _flat(values: FloatArray) -> FloatArray:
    """The first value alone where all are the same."""
    same = len(values) > 1 and values[0] == values[-1] and not np.ptp(values)
    return values[:1] if same else values
