"""Foci that an earlier process solved: where a solve begins again, whatever is in them.

A solver ends only where the residual of its own application of R proves the tolerance. So kept vectors that are
wrong, stale or forged cost applications, and never change what an answer is worth.

Where one application proves it, that is made without compiled kernels: to load these takes as long as a hundred passes
over a million links. The scores are those with which any solver would end there.
"""

from __future__ import annotations

import math
import struct
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.operator.operator import Operator
from focusmesh.engine.focus.operator.params import FocusParams
from focusmesh.engine.focus.operator.vectors import project, step_between, total
from focusmesh.engine.focus.solve.watch import SWEEPS_MOST, Watch

if TYPE_CHECKING:
    from focusmesh.engine.focus.solve.solver import Solver
    from focusmesh.engine.focus.solve.watch import Solution
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress

_KEY = "kept foci"
_HEAD = struct.Struct("<6dqqdQ?")
"""What stands before the vectors: parameters, iterations, rate, particles, and whether Ψ(w) follows φ*."""
_PLAIN_LINKS_MAX = 1_000_000
"""Up to so many links one application without compiled kernels takes less than loading these."""


@dataclass(frozen=True, eq=False)
class KeptFoci:
    """``here`` is φ*, ``walked`` Ψ(w) where contexts are pushed; float64, shape (n,), in the order of particles.

    ``iterations`` and ``rate`` are those of the solve that found φ*.
    """

    params: FocusParams
    iterations: int
    rate: float
    here: FloatArray
    walked: FloatArray | None = None

    def dump(self) -> bytes:
        """For ``load``."""
        has_walked = self.walked is not None
        head = _HEAD.pack(
            *astuple(self.params), self.iterations, self.rate, len(self.here), has_walked
        )
        vectors = [self.here] if self.walked is None else [self.here, self.walked]
        content = np.concatenate(vectors).astype("<f8").tobytes()
        return head + content

    @classmethod
    def load(cls, content: bytes | memoryview) -> KeptFoci:
        """Raises ValueError, ParameterError for what no ``dump`` gave."""
        if len(content) <= _HEAD.size:
            raise ValueError(f"kept foci of {len(content)} bytes")
        *params, iterations, rate, particles, walked = _HEAD.unpack_from(content)
        values = np.frombuffer(content, dtype="<f8", offset=_HEAD.size).astype(np.float64)
        if len(values) != (1 + walked) * particles:
            raise ValueError(f"kept foci of {particles} particles that were cut")
        vectors = values.reshape(1 + walked, -1)
        if not (
            math.isfinite(rate)
            and np.isfinite(vectors).all()
            and (vectors >= 0).all()
            and vectors.any(axis=1).all()
        ):
            raise ValueError("kept foci are no distributions")
        return cls(
            FocusParams(*params),
            min(max(iterations, 0), SWEEPS_MOST),
            min(max(rate, 0.0), 1.0),
            vectors[0],
            vectors[1] if walked else None,
        )

    def keep(self, graph: LinkView) -> None:
        """Lets solves of ``graph`` begin here, until an edit."""
        graph.derived[_KEY] = self

    def start(self, graph: LinkView, *, walked: bool = False) -> FloatArray | None:
        """Where a solve of the graph begins, in solver order; None where nothing fits.

        Particles that the graph has besides begin with an equal share.
        """
        known, count = self.walked if walked else self.here, graph.particle_count
        if known is None or not 0 < len(known) <= count:
            return None
        shares = np.full(count, 1.0 / count)
        shares[: len(known)] = known / known.sum() * (len(known) / count)
        ordered: FloatArray = shares[graph.structure.order]
        return ordered


def kept_foci(graph: LinkView, params: FocusParams) -> KeptFoci | None:
    """What is kept for a graph under these parameters."""
    kept: KeptFoci | None = graph.derived.get(_KEY)
    return kept if kept is not None and kept.params == params else None


def confirmed_or(solve: Solver) -> Solver:
    """A solver that ends where it begins if that is within the tolerance, and else does as ``solve``."""

    def confirm_or_solve(
        operator: Operator, start: FloatArray, tolerance: float, progress: Progress | None
    ) -> Solution:
        found = _confirm(operator, start, tolerance, progress) if _is_worth_it(operator) else None
        return solve(operator, start, tolerance, progress) if found is None else found

    return confirm_or_solve


def _is_worth_it(operator: Operator) -> bool:
    structure = operator.structure
    return structure.is_compiled and structure.axon_count <= _PLAIN_LINKS_MAX


def _confirm(
    operator: Operator, start: FloatArray, tolerance: float, progress: Progress | None
) -> Solution | None:
    """``start``, if the residual of one application proves the tolerance. O(m)."""
    reduction = operator.reduction
    plain = Operator.on(operator.structure.plain, operator.params, operator.u, operator.u0)
    watch = Watch.over(operator, tolerance, progress)
    x = project(start, operator.floor(), reduction)
    _, norm = step_between(x, plain.apply(x), reduction)
    residual = watch.note_residual(norm)
    if not watch.has_converged(residual):
        return None
    return watch.solution(x, residual, total(x, reduction))
