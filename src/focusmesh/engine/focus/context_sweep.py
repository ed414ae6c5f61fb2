"""Dense sweeps that shrink what a push left: every pass follows all links at once (diffusion alone).

With x the estimate and e = r − R·w what its error restarts from, one pass makes v = (1 − a)·P e of it. What dangled
goes to Ψ(u0), Σv to Ψ(w), and a·v settles: what is left has mass 0 again and is several times smaller. Since e is
small, float32 suffices for what is gathered of it: rounding costs 2⁻²⁴ of e, not of x, and is in the bound.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from focusmesh.engine.focus.context_best import best_of
from focusmesh.engine.focus.vectors import sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.arrays import FloatArray
    from focusmesh.engine.focus.context_answer import Found
    from focusmesh.engine.focus.context_push import Push, Query
    from focusmesh.engine.focus.context_standing import Prior, Standing
    from focusmesh.engine.focus.context_workspace import Workspace

_Sums: TypeAlias = tuple[float, float, float]
_ROOM = 0.9
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
        self.lanes = [Lane(standing, prior, one, shares, lane) for lane, one in enumerate(pushed)]

    def pass_on(self, *, mixing: bool = False) -> None:
        """One pass over all links; ``mixing`` it with the one before takes memory and saves passes after a few."""
        moved = [lane.moved for lane in self.lanes]
        if len(moved) == 1:
            self._operator.sums.inward(self._shares.reshape(-1), moved[0])
        else:
            self._operator.structure.inward.pair_sums(self._shares, *moved)
        for lane in self.lanes:
            if mixing:
                lane.mix()
            else:
                lane.advance()


class Lane:
    """One context among those that share passes."""

    def __init__(
        self,
        standing: Standing,
        prior: Prior,
        pushed: tuple[Workspace, Query, Push],
        shares: FloatArray,
        lane: int,
    ) -> None:
        from focusmesh.engine.focus import context_sweep_compiled as kernels

        self._space, self._query, self._push = pushed
        space = self._space
        self._standing, self._prior = standing, prior
        s = standing.operator.structure
        self._sending = s.out_total, s.linking_count, shares, lane
        self.scores = space.vector("scores", (s.particle_count,), np.float64)
        self.moved = space.vector("moved", (s.particle_count,), np.float64)
        self._known = self._push.known_bound(self._push.mix)
        self._last_known: float | None = None
        estimate, rest, work = self._push.estimate(), self._push.rest, (space.settled, space.left)

        def lift(part: slice) -> _Sums:
            span = part.start, part.stop
            told: _Sums = kernels.lift(estimate, rest, work, self._sending, span, self.scores)
            return told

        self._take(sweep(s.particle_count, lift))

    def advance(self) -> None:
        """Takes in what a pass has moved."""
        from focusmesh.engine.focus import context_sweep_compiled as kernels

        rates, known = self._rates(), self._prior.known

        def step(part: slice) -> _Sums:
            span = part.start, part.stop
            told: _Sums = kernels.advance(
                self.moved, known, rates, self._sending, span, self.scores
            )
            return told

        self._take(sweep(len(self.scores), step))

    def mix(self) -> None:
        """Takes in what a pass has moved, mixed with what the pass before made of it so that least error is left.

        Estimates and their errors are linear in each other, so any mix whose weights add up to 1 is as good a pair.
        D. G. Anderson, J. ACM 12 (1965) 547, with a memory of one.
        """
        from focusmesh.engine.focus import context_sweep_compiled as kernels

        rates, known, scores = self._rates(), self._prior.known, self.scores
        image, last = self._pair("image"), self._pair("last")

        def take(part: slice) -> tuple[float, float]:
            span = part.start, part.stop
            told: tuple[float, float] = kernels.take_image(
                self.moved, known, rates, span, scores, image, last[0]
            )
            return told

        own, across = (math.fsum(sums) for sums in zip(*sweep(len(scores), take), strict=True))
        mixed = self._last_known is not None and own > 0
        factor = across / own if mixed else 0.0

        def blend(part: slice) -> _Sums:
            span = part.start, part.stop
            told: _Sums = kernels.mix_images(image, last, factor, self._sending, span, scores)
            return told

        self._take(sweep(len(scores), blend))
        image_known = self._known
        self._known = abs(1 - factor) * image_known + abs(factor) * (self._last_known or 0.0)
        self._last_known = image_known
        dense = self._space.dense
        for one in ("errors", "estimates"):
            names = f"image {one}", f"last {one}"
            dense[names[0]], dense[names[1]] = dense[names[1]], dense[names[0]]

    @property
    def bound(self) -> float:
        """Bound on the L1 error of ``scores``."""
        return (1.0 - self._standing.rates.absorb) * self._size + self._known

    @property
    def stuck(self) -> bool:
        """Whether what passes cannot shrink, the bounds of known vectors, is about all that the tolerance allows."""
        return self._known > _ROOM * self._query.tolerance

    def best(self) -> Found:
        """The best particles by what the passes have made of the estimate."""
        order = self._standing.operator.structure.order
        self._push.bound = self.bound
        return self._push.found(*best_of(self.scores, order, min(self._query.k + 1, len(order))))

    def _pair(self, which: str) -> tuple[FloatArray, FloatArray]:
        shape = self.scores.shape
        return (
            self._space.vector(f"{which} errors", shape, np.float64),
            self._space.vector(f"{which} estimates", shape, np.float64),
        )

    def _rates(self) -> _Sums:
        """What a pass does with mass; counts the pass, and what it adds to the bound."""
        absorb = self._standing.rates.absorb
        landing, mass = (1.0 - absorb) * self._landing, (1.0 - absorb) * self._linking
        self._known += _SINGLE * self._size
        self._known += self._push.known_bound(np.array((0.0, abs(landing), abs(mass), 0.0)))
        self._push.visits += self._standing.operator.structure.axon_count
        return absorb, landing, mass

    def _take(self, parts: Sequence[_Sums]) -> None:
        size, linking, landing = zip(*parts, strict=True)
        self._size = math.fsum(size)
        self._linking, self._landing = math.fsum(linking), math.fsum(landing)
