"""The guide of the search for walks: upper bounds on the expected visits to the target from everywhere.

Without jumps from dangling particles the expected visits are (I − Mᵀ)⁻¹ e_target, M being R without its teleport. With
N = (M − c_0)/(1 − c_0) they are a series of Nᵀ, of which any part may be summed first: along links alone, pushes find
the large terms in few visits; passes over all links do the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.operator.operator import Operator
from focusmesh.engine.support.progress import Throttle

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.links import Structure
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress

_STEPS_MAX = 60
_PUSHED_SLACK = 1e-3
_PUSHED_PART = 4
"""Pushes visit at most one in so many links."""


class Guide:
    """Bounds on the visits to ``target`` from ``starts`` and from everywhere else under R on ``structure``.

    Rough at first; ``tighten`` goes on from there.
    """

    def __init__(
        self,
        structure: Structure,
        params: FocusParams,
        starts: OffsetArray,
        target: int,
        progress: Progress | None = None,
    ) -> None:
        self._structure, self._params, self._starts = structure, params, starts
        nowhere = np.zeros(structure.particle_count)
        self._operator = Operator.on(structure, params, nowhere, nowhere)
        still, *self._runs = params.coefficients or (0.0,)
        self._moving = 1 - still
        shrink = (params.kappa - still) / self._moving
        self._following = shrink / (1 - shrink)
        self._throttle = Throttle(progress, "explaining", None, "passes")
        self._total, self._term = np.zeros_like(nowhere), np.zeros_like(nowhere)
        self._term[target] = 1.0
        self._rest: FloatArray | float = self._following
        if structure.is_compiled and not any(self._runs):
            self._push_back(target)
            self._rest = self._following * float(self._term.max())
        self._total += self._term
        self._steps = 0

    @property
    def is_reached(self) -> bool:
        """Whether the visits from a start are known to be more than none."""
        return bool(self._total[self._starts].max() > 0)

    def visits(self) -> FloatArray:
        """float64, shape (phases, n): row r bounds the visits of mass that has r undirected steps of a run to go."""
        expected: FloatArray = (self._total + self._rest) / self._moving
        phases = [expected]
        for _ in range(1, len(self._runs)):
            phases.append(self._operator.undirected_adjoint(phases[-1]))
        return np.array(phases)

    def tighten(self, slack: float) -> bool:
        """Sums on until the bound on the rest, at the starts, is at most ``slack`` times what was found there.

        Returns whether that took a step.

        What follows a term y is at most ρ/(1 − ρ)·y entry by entry, if Nᵀ y' ≤ ρ y' for the term y' before it (Collatz,
        Wielandt: Nᵀ is non-negative), and at most q/(1 − q)·max y, since the columns of N sum to at most q.
        """
        begun, known = self._steps, 0
        while self._steps < _STEPS_MAX and not self._within(slack):
            self._throttle.at(self._steps)
            self._steps += 1
            last, self._term = self._term, self._step(self._term) / self._moving
            self._total += self._term
            largest = float(self._term.max())
            self._rest = np.minimum(_tail(last, self._term), self._following * largest)
            before, known = known, int(np.count_nonzero(self._total))
            if before == known and not self.is_reached:
                break
        return self._steps > begun

    def _within(self, slack: float) -> bool:
        rest = self._rest if isinstance(self._rest, float) else self._rest[self._starts]
        return bool(np.max(rest) <= slack * self._total[self._starts].max())

    def _push_back(self, target: int) -> None:
        """The large terms of the series along links: most of what is to be known, where little leads to the target."""
        from focusmesh.engine.focus.explanation.walk_guide_compiled import push_back

        s = self._structure
        weight = np.zeros(0, np.float32) if s.in_weight is None else s.in_weight
        touched, seen = np.zeros(s.particle_count, np.uint32), np.zeros(s.particle_count, np.uint8)
        touched[0], seen[target] = target, 1
        limits = self._following, _PUSHED_SLACK, s.axon_count // _PUSHED_PART
        follow = self._params.diffusion * (1 - self._params.alpha)
        ins = s.in_start, s.in_source, weight
        push_back(
            *(ins, s.out_total, follow, self._starts, limits),
            *(self._total, self._term, seen, touched),
        )

    def _step(self, y: FloatArray) -> FloatArray:
        """(Mᵀ − c_0) y."""
        p = self._params
        moved = p.diffusion * (1 - p.alpha) * self._operator.follow_adjoint(y)
        for coefficient in self._runs:
            y = self._operator.undirected_adjoint(y)
            moved += coefficient * y
        return moved


def _tail(last: FloatArray, term: FloatArray) -> FloatArray:
    """Bound on what follows ``term`` in a geometric series of which ``last`` came before; inf where unknown."""
    if np.any(term[last == 0] > 0):
        return np.full_like(term, np.inf)
    known = last > 0
    ratio = float((term[known] / last[known]).max(initial=0.0))
    return term * (ratio / (1 - ratio)) if ratio < 1 else np.full_like(term, np.inf)
