"""Dense sweeps that shrink what a push left: every pass follows all links at once (diffusion alone).

With x the estimate and e = r − R·w what its error restarts from, one pass makes v = (1 − a)·P e of it. What dangled
goes to Ψ(u0), Σv to Ψ(w), and a·v settles: what is left has mass 0 again and is several times smaller. Since e is
small, float32 suffices for what is gathered of it: rounding costs 2⁻²⁴ of e, not of x, and is in the bound.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from focusmesh.engine.focus.context.answer import BestParticles
from focusmesh.engine.focus.context.best import sweep_widely
from focusmesh.engine.focus.context.item_bounds import ItemBounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.context.push import Push, Query
    from focusmesh.engine.focus.context.standing import Prior, Standing
    from focusmesh.engine.focus.context.workspace import Workspace
    from focusmesh.engine.support.arrays import FloatArray

_Sums: TypeAlias = tuple[float, float, float]
_SINGLE = 2.0**-24
"""Relative rounding of one float32 operation."""


class Sweeps:
    """Passes over the estimates of one push or of two, which then share them; each must have been weighed."""

    def __init__(
        self, standing: Standing, prior: Prior, pushed: Sequence[tuple[Workspace, Query, Push]]
    ) -> None:
        count = standing.operator.structure.particle_count
        shares = pushed[0][0].vector("shares", (count, len(pushed)), np.float32)
        self._operator, self._shares = standing.operator, shares
        self.lanes = [
            ContextLane(standing, prior, one, shares, lane) for lane, one in enumerate(pushed)
        ]

    def pass_on(self) -> None:
        """One pass over all links."""
        moved = [lane.moved for lane in self.lanes]
        if len(moved) == 1:
            self._operator.sums.inward(self._shares.reshape(-1), moved[0])
        else:
            self._operator.structure.inward.pair_sums(self._shares, *moved)
        for lane in self.lanes:
            lane.advance()


class ContextLane:
    """One context among those that share passes."""

    def __init__(
        self,
        standing: Standing,
        prior: Prior,
        pushed: tuple[Workspace, Query, Push],
        shares: FloatArray,
        lane: int,
    ) -> None:
        from focusmesh.engine.focus.context import sweep_compiled as kernels

        space, self._query, self._push = pushed
        self._standing, self._prior = standing, prior
        s = standing.operator.structure
        self._sending = s.out_total, s.linking_count, shares, lane
        self.scores = space.vector("scores", (s.particle_count,), np.float64)
        self.moved = space.vector("moved", (s.particle_count,), np.float64)
        self._errors = space.vector("errors", (s.particle_count,), np.float64)
        self._known = self._push.known_bound(self._push.mix)
        estimate, rest, work = self._push.estimate(), self._push.rest, (space.settled, space.left)

        def lift(part: slice) -> _Sums:
            span = part.start, part.stop
            told: _Sums = kernels.lift(
                estimate, rest, work, self._sending, span, self.scores, self._errors
            )
            return told

        self._take(sweep_widely(s.particle_count, lift))

    def advance(self) -> None:
        """Takes in what a pass has moved."""
        from focusmesh.engine.focus.context import sweep_compiled as kernels

        absorb, known = self._standing.rates.absorb, self._prior.known
        landing, mass = (1.0 - absorb) * self._landing, (1.0 - absorb) * self._linking
        rates = absorb, landing, mass

        def step(part: slice) -> _Sums:
            span = part.start, part.stop
            told: _Sums = kernels.advance(
                self.moved, known, rates, self._sending, span, self.scores, self._errors
            )
            return told

        # Twice, as rounding need not keep mass: half of the bound then covers it at one particle, too.
        self._known += 2 * _SINGLE * self._size
        self._known += self._push.known_bound(np.array((0.0, abs(landing), abs(mass), 0.0)))
        self._push.visits += self._standing.operator.structure.axon_count
        self._take(sweep_widely(len(self.scores), step))

    @property
    def bound(self) -> float:
        """What ``scores`` are off by at most, in L1."""
        return (1.0 - self._standing.rates.absorb) * self._size + self._known

    def best(self) -> BestParticles:
        """The best particles by what the passes have made of the estimate."""
        absorb, pairs = self._standing.rates.absorb, self._standing.pairs
        half, slack = (1.0 - absorb) * self._size / 2, self._known / 2
        reach = pairs.reach(self._errors)
        items = ItemBounds.below(pairs, reach, half, slack, absorb=absorb)
        return BestParticles.of(
            *(self.scores, self._standing.operator.structure.order, self._query.k),
            *(items, self.bound, self._push.visits),
        )

    def _take(self, parts: Sequence[_Sums]) -> None:
        size, linking, landing = zip(*parts, strict=True)
        self._size = math.fsum(size)
        self._linking, self._landing = math.fsum(linking), math.fsum(landing)
