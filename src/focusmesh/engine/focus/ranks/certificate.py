"""The certificate by ranks: the bits of ``certify`` (certificate_making.py), each rank with its own particles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.certificate.axons import integer_weights
from focusmesh.engine.focus.certificate.builder import round_shares
from focusmesh.engine.focus.certificate.fixed_point import settle
from focusmesh.engine.focus.certificate.params import ONE, ProtocolParams, residual_limit
from focusmesh.engine.focus.ranks.integers import (
    IntegerRows,
    RankAxons,
    RankIntegerOperator,
    RankSteps,
)
from focusmesh.engine.focus.ranks.operator import RankOperator
from focusmesh.engine.focus.solve.solver import solver_named
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.certificate.operator import IntegerApplication
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.ranks.structure import RankStructure
    from focusmesh.engine.support.arrays import FloatArray, IndexArray, MassArray
    from focusmesh.engine.support.progress import Progress

    Keep = Callable[[Callable[[], FloatArray]], None]


@dataclass(frozen=True)
class RankCertificate:
    """Own entries of a certificate's vector, uint64 in solver order, whose particles stand at ``rank`` by digest.

    ``residual`` is that of the whole in integers; ``sweeps`` counts applications of R and what stands in for it.
    """

    vector: MassArray
    rank: IndexArray
    params: ProtocolParams
    weight_unit: float | None
    residual: float
    sweeps: int


@dataclass(frozen=True)
class Certifying:
    """What is certified: own particles of ``structure``, ``rank`` (uint32) by digest, weights in ``weight_unit``.

    All ranks call every method together.
    """

    structure: RankStructure
    axons: RankAxons
    params: FocusParams
    epsilon: float
    weight_unit: float | None

    @classmethod
    def of(
        cls,
        structure: RankStructure,
        rank: IndexArray,
        params: FocusParams,
        epsilon: float,
        weight_unit: float | None = None,
    ) -> Certifying:
        """Raises CertificateError ("weights"), ParameterError; on the rank alone where the bad link is."""
        residual_limit(epsilon)
        if weight_unit is not None and not 0 < weight_unit < np.inf:
            raise ParameterError(f"weight_unit = {weight_unit!r} must be positive and finite")
        s, first = structure, int(structure.whole.bounds[structure.halo.ranks.rank])

        def link(at: int) -> str:
            row = int(np.searchsorted(s.in_start, at, side="right")) - 1
            return f"the {at - int(s.in_start[row]) + 1}. link into the particle at position {first + row}"

        into, out = (
            IntegerRows(start, column, integer_weights(weight, weight_unit, len(column), link))
            for start, column, weight in (
                (s.in_start, s.in_source, s.in_weight),
                (s.out_start, s.out_target, s.out_weight),
            )
        )
        count = s.whole.particles
        axons = RankAxons.of(s.halo, into, out, rank, count, compiled=s.is_compiled)
        return cls(structure, axons, params, epsilon, weight_unit)

    @property
    def operator(self) -> RankIntegerOperator:
        """R in integers."""
        protocol, axons = ProtocolParams.of(self.params), self.axons
        steps = RankSteps(axons)
        return RankIntegerOperator(axons.halo.ranks, steps, axons.rank, axons.count, protocol)

    def solve(
        self,
        start: FloatArray | None = None,
        progress: Progress | None = None,
        keep: Keep | None = None,
    ) -> tuple[FloatArray, int]:
        """Own scores in float64, whose residual is ε/2 or as near to it as float64 can certify; sweeps."""
        u = self.operator.uniform().astype(np.float64) / ONE
        real = RankOperator.of(self._real(), self.params, u, u, keep)
        tolerance = max(self.epsilon / 2 / self.params.gap, 2 * real.bound(0.0, 1.0))
        solve = solver_named("auto")
        solution = solve(real, u if start is None else start, tolerance, progress)
        return solution.x, solution.iterations

    def settle(
        self, scores: FloatArray, sweeps: int = 0, progress: Progress | None = None
    ) -> RankCertificate:
        """``scores`` as integers, and R applied to them until they hold. Raises ConvergenceError, CertificateError."""
        operator, rises = self.operator, [0]

        def note(applied: IntegerApplication) -> None:
            rises.append(applied.rise)

        limit = residual_limit(self.epsilon)
        vector = settle(operator, operator.correct_sum(round_shares(scores)), limit, progress, note)
        return RankCertificate(
            vector=vector,
            rank=self.axons.rank,
            params=operator.params,
            weight_unit=self.weight_unit,
            residual=2 * rises[-1] / ONE,
            sweeps=sweeps + len(rises) - 1,
        )

    def _real(self) -> RankStructure:
        """The structure whose float weights are the integers."""
        if self.weight_unit is None:
            return self.structure
        own, axons = self.axons.halo.own, self.axons
        into, out = axons.inward.weight, axons.outward.weight
        return replace(
            self.structure,
            in_weight=None if into is None else into.astype(np.float64),
            out_weight=None if out is None else out.astype(np.float64),
            out_total=axons.out.exact[:own].astype(np.float64),
            degree_total=axons.degree.exact[:own].astype(np.float64),
        )
