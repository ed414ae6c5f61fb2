"""Dense sweeps that shrink what a push left: every pass follows all links at once (diffusion alone).

With x the estimate and e = r − R·w what its error restarts from, one pass makes v = (1 − a)·P e of it. What dangled
goes to Ψ(u0), Σv to Ψ(w), and a·v settles: what is left has mass 0 again and is several times smaller.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.context_best import best_of
from focusmesh.engine.focus.vectors import sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.context_answer import Found
    from focusmesh.engine.focus.context_push import Push, Query
    from focusmesh.engine.focus.context_standing import Prior, Standing
    from focusmesh.engine.focus.context_workspace import Workspace


class Sweeps:
    """Passes over the estimate of ``push``, which must have been weighed."""

    def __init__(
        self, standing: Standing, prior: Prior, space: Workspace, query: Query, push: Push
    ) -> None:
        from focusmesh.engine.focus import context_sweep_compiled

        self._kernels = context_sweep_compiled
        self._standing, self._prior, self._query, self._push = standing, prior, query, push
        s = standing.operator.structure
        self.scores = push.dense()
        self._error, self._sending = np.empty_like(self.scores), np.empty_like(self.scores)
        self._known = push.known_bound(push.mix)
        residual = space.left, prior.known, push.rest, query.beta
        sending = s.out_total, s.linking_count, self._sending
        lift, error = self._kernels.lift, self._error
        self._take(
            sweep(len(error), lambda part: lift(residual, sending, (part.start, part.stop), error))
        )

    def pass_on(self) -> None:
        """One pass over all links."""
        s, absorb = self._standing.operator.structure, self._standing.rates.absorb
        moved = self._standing.operator.sums.inward(self._sending)
        landing, mass = (1.0 - absorb) * self._landing, (1.0 - absorb) * self._linking
        rates, sending = (absorb, landing, mass), (s.out_total, s.linking_count, self._sending)
        advance, known, error = self._kernels.advance, self._prior.known, self._error

        def step(part: slice) -> tuple[float, float, float]:
            span = part.start, part.stop
            return advance(moved, known, rates, sending, span, error, self.scores)

        self._take(sweep(len(error), step))
        self._push.visits += s.axon_count
        self._known += self._push.known_bound(np.array((0.0, abs(landing), abs(mass), 0.0)))

    def best(self) -> Found:
        """The best particles by what the passes have made of the estimate."""
        order = self._standing.operator.structure.order
        self._push.bound = (1.0 - self._standing.rates.absorb) * self._size + self._known
        best = best_of(self.scores, order, min(self._query.k + 1, len(order)))
        return self._push.found(*best)

    def _take(self, parts: Sequence[tuple[float, float, float]]) -> None:
        size, linking, landing = zip(*parts, strict=True)
        self._size = math.fsum(size)
        self._linking, self._landing = math.fsum(linking), math.fsum(landing)
