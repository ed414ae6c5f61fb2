"""What a certificate is valid for, as integers: coefficients over 2³², the teleport at scale 2⁶³.

Definition: docs/reference/certificate-format.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.certificate.wide import product_shifted, wide_sum
from focusmesh.engine.focus.operator.params import TERMS_MAX, FocusParams
from focusmesh.errors import CertificateError, ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import MassArray

ONE = 1 << 63
"""The mass of a distribution: every stage of a certificate adds up to it."""
SCALE = 1 << 32
"""The scale of coefficients: they add up to it."""


@dataclass(frozen=True)
class ProtocolParams:
    """The coefficients of R as integers over 2³².

    ``0 < alpha < 2³²``, ``0 < diffusion ≤ 2³²``, ``series`` is ĉ_0 … ĉ_K ≥ 0 with K ≤ 1024, and
    ``diffusion + Σ series = 2³²``. Raises CertificateError ("parameters") on anything else.
    """

    alpha: int
    diffusion: int
    series: tuple[int, ...]

    def __post_init__(self) -> None:
        self.verify()

    @classmethod
    def of(cls, params: FocusParams) -> ProtocolParams:
        """``params`` rounded to nearest; the last of the series takes what is left over."""
        head = [round(share * SCALE) for share in params.coefficients[:-1]]
        if not params.coefficients:
            return cls(round(params.alpha * SCALE), SCALE, (0,))
        diffusion = round(params.diffusion * SCALE)
        rest = SCALE - diffusion - sum(head)
        return cls(round(params.alpha * SCALE), diffusion, (*head, rest))

    def verify(self) -> None:
        """Raises CertificateError with the inequality that does not hold."""
        _require(0 < self.alpha < SCALE, f"0 < alpha < 2^32, alpha = {self.alpha}")
        _require(0 < self.diffusion <= SCALE, f"0 < diffusion ≤ 2^32, diffusion = {self.diffusion}")
        _require(
            1 <= len(self.series) <= TERMS_MAX + 1,
            f"1 to {TERMS_MAX + 1} terms of the series, there are {len(self.series)}",
        )
        _require(min(self.series) >= 0, f"terms of the series ≥ 0, one is {min(self.series)}")
        total = self.diffusion + sum(self.series)
        _require(total == SCALE, f"diffusion + Σ series = 2^32, their sum is {total}")

    @property
    def terms(self) -> int:
        """K: undirected steps of one application."""
        return len(self.series) - 1

    @property
    def gap(self) -> float:
        """1 − κ of the operator with these coefficients."""
        return self.alpha * self.diffusion / SCALE**2

    @property
    def real(self) -> FocusParams:
        """The same coefficients as floats, for solvers."""
        return SeriesParams(self)


class SeriesParams(FocusParams):
    """Parameters that are given by their coefficients, not by what these come from."""

    def __init__(self, given: ProtocolParams) -> None:
        diffusion = given.diffusion / SCALE
        super().__init__(
            alpha=given.alpha / SCALE,
            diffusion=diffusion,
            springs=1 - diffusion,
            heat=0.0,
            terms=given.terms,
        )
        series = tuple(share / SCALE for share in given.series)
        # The attribute of a frozen dataclass that is worked out when first asked for, given at once.
        self.__dict__["coefficients"] = series if given.diffusion < SCALE else ()


@dataclass(frozen=True)
class Teleport:
    """u at scale 2⁶³ in the order of digests: ``own`` (uint64, shape (count,)), or uniform where that is None.

    Every u_i ≥ 1 and Σu = 2⁶³ exactly; raises CertificateError ("teleport") otherwise. Uniform is ⌊2⁶³/n⌋ with the
    remainder's units on the lowest indices.
    """

    count: int
    own: MassArray | None = None

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises CertificateError with what does not hold."""
        if self.count < 1:
            raise CertificateError("teleport", "a certificate needs at least one particle")
        if self.own is None:
            return
        if self.own.shape != (self.count,) or self.own.dtype != np.uint64:
            raise CertificateError(
                "teleport",
                f"u is {self.own.dtype} of shape {self.own.shape}; it has to be uint64 ({self.count},)",
            )
        zero = np.flatnonzero(self.own == 0)
        if len(zero):
            raise CertificateError("teleport", f"u is 0 at index {zero[0]}; every entry is ≥ 1")
        total = wide_sum(self.own)
        if total != ONE:
            raise CertificateError("teleport", f"u adds up to {total}, not to 2^63")

    @cached_property
    def level(self) -> tuple[int, int]:
        """Of the uniform u: its value, and how many of the lowest indices have one more."""
        return divmod(ONE, self.count)

    def part(self, first: int, stop: int) -> MassArray:
        """u_i for first ≤ i < stop."""
        if self.own is not None:
            return self.own[first:stop]
        value, more = self.level
        uniform = np.full(stop - first, value, dtype=np.uint64)
        uniform[: max(more - first, 0)] += np.uint64(1)
        return uniform

    def floor(self, params: ProtocolParams, first: int, stop: int) -> MassArray:
        """⌊α̂·λ̂_d·u_i/2⁶⁴⌋ for first ≤ i < stop, which no entry of a valid vector falls below."""
        gap = params.alpha * params.diffusion
        if self.own is not None:
            return product_shifted(self.own[first:stop], gap, 64)
        value, more = self.level
        floor = np.full(stop - first, value * gap >> 64, dtype=np.uint64)
        floor[: max(more - first, 0)] = (value + 1) * gap >> 64
        return floor


def residual_limit(epsilon: float) -> int:
    """⌊ε·2⁶²⌋: the largest h = ρ/2 that is accepted. Raises ParameterError unless 0 < ε < 1."""
    if not 0 < epsilon < 1:
        raise ParameterError(f"epsilon = {epsilon!r} must be between 0 and 1")
    return math.floor(epsilon * 2**62)


def _require(holds: bool, inequality: str) -> None:
    if not holds:
        raise CertificateError("parameters", f"a certificate needs {inequality}")
