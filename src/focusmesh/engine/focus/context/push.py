"""One context, pushed: what settles near the seeds, and what is left in the place of known vectors.

Definition: docs/explanation/contexts.md.

With ψ the focus that teleports to the seeds, ψ = p + s·Ψ(u0) + Ψ(r): p settled, s landed at u0 from dangling
particles, r ≥ 0 is left over. Let R = Σr and a the share of mass that settles at once. The estimate is
p + a·r + s·Ψ(u0) + R·(Ψ(w) − a·w), which is off by Ψ of what one more step makes of r − R·w, and so by at most
(1 − a)·‖r − R·w‖₁ in L1. Lanes of undirected steps change nothing: w keeps its shape along them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.context.answer import BestParticles
from focusmesh.engine.focus.context.best import INSERTED_MAX
from focusmesh.engine.focus.context.item_bounds import ROUNDED_UP, ItemBounds
from focusmesh.engine.focus.context.push_plain import kernels_for
from focusmesh.engine.focus.operator.chunks import chunk_spans
from focusmesh.engine.focus.operator.sums import UNIT
from focusmesh.engine.focus.operator.vectors import sweep

if TYPE_CHECKING:
    from focusmesh.engine.focus.context.standing import Prior, Standing
    from focusmesh.engine.focus.context.workspace import Workspace
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray, WeightArray

_OPERATIONS = 32
"""Roundings a link visit and a touched particle cost at most: eight lanes, each multiplied, added and weighed."""


@dataclass(frozen=True, slots=True)
class Query:
    """Seeds as solver positions (int64) with shares that add up to 1, and what is asked about them."""

    seeds: OffsetArray
    shares: FloatArray
    k: int
    beta: float
    effort: str
    tolerance: float


class Push:
    """A push on a workspace, which ``clean`` leaves as it was found."""

    def __init__(
        self,
        standing: Standing,
        prior: Prior,
        space: Workspace,
        query: Query,
        *,
        dense: bool = False,
    ) -> None:
        """``dense``: all scores are asked for and no best ones, which kernels need not be loaded for."""
        self._kernels, self._answers = kernels_for(standing.rates, query.effort, dense=dense)
        self._standing, self._prior, self._space, self._query = standing, prior, space, query
        self._landed, self._total, self.visits = 0.0, 1.0, 0
        self._sow()

    def _sow(self) -> None:
        """Seeds without any link settle at once: nothing but the teleport leads away from them."""
        query, space, operator = self._query, self._space, self._standing.operator
        left, alpha = space.left, operator.params.alpha
        arrays = space.left, space.seen, space.touched
        space.count = self._kernels.sow(query.seeds, query.shares, *arrays)
        alone = query.seeds[operator.structure.degree_total[query.seeds] == 0]
        for i in sorted(set(alone.tolist())):
            mass, left[i, 0] = float(left[i, 0]), 0.0
            space.settled[i] += alpha * mass
            self._landed += (1.0 - alpha) * mass

    def join(self, other: Push, weight: float) -> None:
        """Adds what was pushed from elsewhere, with this weight where the seeds of the query weigh 1 together.

        ψ is linear in where it teleports to. O(particles that ``other`` touched); ``other`` stays as it is.
        """
        arrays, others = self._space.arrays, other._space.arrays
        counts = self._space.count, other._space.count
        self._space.count = self._kernels.join(arrays, others, counts, weight)
        self._total += weight
        self._landed += weight * other._landed
        self.visits += other.visits

    @property
    def _share(self) -> float:
        """What a unit of mass counts for in the answer."""
        return self._query.beta / self._total

    def go_on(self, visits: int) -> None:
        """Pushes until about so many links more are visited or hardly anything is left."""
        s, rates, space = self._standing.operator.structure, self._standing.rates, self._space
        limits = visits, self._query.tolerance / 8
        outs = s.out_start, s.out_target, weights(s.out_weight)
        if rates.lanes == 1:
            told = self._kernels.push(
                outs, s.out_total, s.linking_count, rates.absorb, limits, space.arrays, space.count
            )
        else:
            ins = s.in_start, s.in_source, weights(s.in_weight)
            totals = s.out_total, s.degree_total
            flows = rates.absorb, rates.follow, rates.runs, rates.ended
            told = self._kernels.push_lanes(
                ins, outs, totals, flows, limits, space.arrays, space.count
            )
        space.count = told[0]
        self.visits += told[1]
        self._landed += told[2]

    def weigh(self) -> None:
        """Works out the mix of known vectors and the bound that go with what is left."""
        space, query, absorb = self._space, self._query, self._standing.rates.absorb
        mass, excess = self._answers.weigh(
            space.left, self._prior.known, space.touched, space.count
        )
        rest, share = float(mass.sum()), self._share
        here, landed = 1 - query.beta, share * self._landed
        if self._prior.lands_here:
            here, landed = here + landed, 0.0
        self.rest = rest
        self.mix = np.array((here, landed, share * rest, -share * absorb * mass[0]))
        wrong = 2.0 * (float(excess.sum()) - absorb * float(excess[0]))
        known_bound = self.known_bound(self.mix)
        self.bound = share * wrong + known_bound
        self._mass, self._half, self._slack = mass, share * wrong / 2, known_bound / 2

    def items(self) -> ItemBounds:
        """What single scores are off by: the residual of the first lane below restarts, the others below degree."""
        from focusmesh.engine.focus.context.item_bounds_compiled import reach_touched

        space, pairs, mass = self._space, self._standing.pairs, self._mass
        reach, runs = reach_touched(
            space.left, pairs.restarts, pairs.mixes, space.touched, space.count
        )
        walked = float(mass[1:].sum())
        return ItemBounds.below(
            *(pairs, ROUNDED_UP * reach, self._half, self._slack),
            scale=self._share,
            absorb=self._standing.rates.absorb,
            rest=float(mass[0]),
            runs=walked,
            above=max(ROUNDED_UP * float(runs[1:].sum()) - walked, 0.0),
        )

    def known_bound(self, mix: FloatArray) -> float:
        """What the known vectors and rounding add to the bound."""
        rounding = self._standing.operator.rounding()
        rounding += _OPERATIONS * UNIT * (self.visits + self._space.count)
        return float(mix[:3] @ self._prior.bounds) + rounding

    def best(self, count: int | None = None) -> BestParticles:
        """The ``count`` best particles of all (default: k + 1), touched or not."""
        order = self._standing.operator.structure.order
        wanted = min(self._query.k + 1 if count is None else count, len(order))
        if wanted <= INSERTED_MAX:
            best, values = np.zeros(wanted, np.int64), np.zeros(wanted)
            space, heads = self._space, (self._prior.heads, self._prior.heights)
            filled, space.count, proved = self._answers.best_touched(
                self.estimate(), heads, order, space.arrays, space.count, best, values
            )
            if proved:
                return self._found(best[:filled], np.maximum(values[:filled], 0.0))
        return BestParticles.of(
            self.dense(), order, wanted - 1, self.items(), self.bound, self.visits
        )

    def _found(self, best: OffsetArray, scores: FloatArray) -> BestParticles:
        """An answer from the touched particles and the heads of the known vectors."""
        from focusmesh.engine.focus.context.item_bounds_compiled import rival_touched

        items, space = self.items(), self._space
        alone = BestParticles(best, scores, self.bound, self.visits, items.at(best), -np.inf)
        if len(best) == len(self._prior.known):
            return alone

        def rival(least: float) -> float:
            heads = self._prior.heads, self._prior.heights
            return float(
                rival_touched(
                    *(self.estimate(), items.arrays, heads, space.arrays, space.count, best, least)
                )
            )

        return alone.among_others(rival)

    def dense(self) -> FloatArray:
        """The estimate of every particle."""
        scores = np.empty(len(self._prior.known))
        estimate, arrays = self.estimate(), self._space.arrays
        densify = self._answers.densify
        sweep(
            chunk_spans(len(scores)),
            lambda part: densify(estimate, arrays, (part.start, part.stop), scores),
        )
        return scores

    def clean(self) -> None:
        """Undoes every touched entry."""
        self._answers.clean(self._space.arrays, self._space.count)
        self._space.count = 0

    def estimate(self) -> tuple[FloatArray, FloatArray, float, float]:
        """Known vectors, their mix, what a unit of mass counts for, and the share that settles: for kernels."""
        return self._prior.known, self.mix, self._share, self._standing.rates.absorb


def weights(weight: WeightArray | None) -> WeightArray:
    """As kernels take them: empty where every weight is 1."""
    return np.zeros(0, dtype=np.float32) if weight is None else weight
