"""Parameters of the operator R (docs/explanation/operator.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from focusmesh.errors import ParameterError

_SHARES_TOLERANCE = 1e-12
TERMS_MAX = 1024
EPSILON = 1e-8
"""The largest residual ρ that is accepted, where nothing else is asked for."""


@dataclass(frozen=True)
class FocusParams:
    """What the focus is the fixed point of: R = diffusion·D + springs·S + heat·H.

    ``alpha``: share of diffusion that teleports, 0 < alpha ≤ 1. ``mu`` > 0: stiffness of the springs; ``tau`` ≥ 0:
    time of the heat kernel. ``diffusion`` > 0, ``springs`` ≥ 0, ``heat`` ≥ 0 add up to 1. ``terms`` (K, 0 … 1024):
    where the series of springs and heat end, part of the definition. Raises ParameterError on anything else.
    """

    alpha: float = 0.15
    mu: float = 1.0
    tau: float = 1.0
    diffusion: float = 0.5
    springs: float = 0.3
    heat: float = 0.2
    terms: int = 8

    def __post_init__(self) -> None:
        self.verify()

    @classmethod
    def pagerank(cls, damping: float = 0.85) -> FocusParams:
        """Diffusion alone: PageRank with the probability ``damping`` (0 ≤ damping < 1) of following a link."""
        if not _is_number(damping):
            raise ParameterError(f"0 ≤ damping < 1, damping = {damping!r}")
        return cls(alpha=1.0 - damping, diffusion=1.0, springs=0.0, heat=0.0)

    @classmethod
    def of(cls, given: FocusParams | str | None) -> FocusParams:
        """What a caller means: parameters, the name of an operator (``"focus"``, ``"pagerank"``), None for the default.

        Raises ParameterError for anything else.
        """
        if isinstance(given, FocusParams):
            return given
        if given is None or given == "focus":
            return cls()
        if given == "pagerank":
            return cls.pagerank()
        raise ParameterError(
            f'params are FocusParams(…), or an operator by name ("focus", "pagerank"), not {given!r:.80}'
        )

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        for name in ("alpha", "mu", "tau", "diffusion", "springs", "heat"):
            value = getattr(self, name)
            if not _is_number(value):
                raise ParameterError(f"{name} = {value!r} must be a finite number")
        _require(0 < self.alpha <= 1, f"0 < alpha ≤ 1, alpha = {self.alpha!r}")
        _require(self.mu > 0, f"mu > 0, mu = {self.mu!r}")
        _require(self.tau >= 0, f"tau ≥ 0, tau = {self.tau!r}")
        _require(self.diffusion > 0, f"diffusion > 0, diffusion = {self.diffusion!r}")
        _require(self.springs >= 0, f"springs ≥ 0, springs = {self.springs!r}")
        _require(self.heat >= 0, f"heat ≥ 0, heat = {self.heat!r}")
        total = self.diffusion + self.springs + self.heat
        _require(
            abs(total - 1) <= _SHARES_TOLERANCE,
            f"diffusion + springs + heat = 1, their sum is {total!r}",
        )
        _require(
            type(self.terms) is int and 0 <= self.terms <= TERMS_MAX,
            f"terms is an integer from 0 to {TERMS_MAX}, terms = {self.terms!r}",
        )

    @property
    def kappa(self) -> float:
        """κ = 1 − diffusion·alpha: R shrinks every L1 distance at least by this factor."""
        return 1.0 - self.diffusion * self.alpha

    @property
    def gap(self) -> float:
        """1 − κ = diffusion·alpha, without the rounding of κ."""
        return self.diffusion * self.alpha

    @property
    def undirected_share(self) -> float:
        """Share of springs and heat together; 0 in PageRank mode."""
        return self.springs + self.heat

    @cached_property
    def coefficients(self) -> tuple[float, ...]:
        """c_0 … c_K of Q⁰ … Qᴷ in springs·S + heat·H; the last takes what the series leaves over."""
        if self.undirected_share == 0:
            return ()
        spring = self.springs * self.mu / (1 + self.mu)
        warm = self.heat * math.exp(-self.tau)
        head = []
        for k in range(self.terms):
            head.append(spring + warm)
            spring /= 1 + self.mu
            warm *= self.tau / (k + 1)
        return (*head, max(0.0, self.undirected_share - math.fsum(head)))


def verify_tolerance(tolerance: float) -> None:
    """Raises ParameterError unless ``tolerance`` is positive and finite."""
    if not (_is_number(tolerance) and tolerance > 0):
        raise ParameterError(f"tolerance = {tolerance!r} must be positive and finite")


def verify_beta(beta: float) -> None:
    """Raises ParameterError unless ``beta`` is a share."""
    if not (_is_number(beta) and 0 <= beta <= 1):
        raise ParameterError(f"a context needs 0 ≤ beta ≤ 1, beta = {beta!r}")


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return is_real and math.isfinite(value)


def _require(holds: bool, inequality: str) -> None:
    if not holds:
        raise ParameterError(f"focus parameters need {inequality}")
