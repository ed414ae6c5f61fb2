"""Contexts by ranks: mass is pushed on its owner and crosses over in batches; the bound is that of all ranks.

As on one machine, what a push leaves over is replaced by vectors whose focus is known: with p settled, s landed at u0,
r left over and R = Σr the estimate is p + a·r + s·φ* + R·(Ψ(w) − a·w), off by at most 2·(1 − a)·Σ max(0, r − R·w).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.cluster.push import PushWork
from focusmesh.engine.focus import Rates
from focusmesh.engine.support.selection import largest

if TYPE_CHECKING:
    from focusmesh.engine.cluster.edited import EditedPart
    from focusmesh.engine.cluster.live import PartLedger
    from focusmesh.engine.focus import FocusParams, Solution
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress

UNIT = 2.0**-53
_OPERATIONS = 32
_VISITS = {"fast": (10_000, 100_000), "balanced": (50_000, 500_000), "exact": (10_000, 100_000)}
"""Link visits a rank at most, along links only and over all lanes."""
_BALANCED = 1e-3
"""Bound to which a balanced answer is solved for whose order a push does not settle."""
_FIRST_THRESHOLD, _FALL, _LAST_THRESHOLD = 0.1, 0.5, 1e-18
_HEAD = 2_048
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class PartQuery:
    """Seeds (particles, distinct) with shares that add up to 1, and what is asked about them; see ``Graph.context``."""

    seeds: OffsetArray
    shares: FloatArray
    k: int
    beta: float
    effort: str
    tolerance: float


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """The best of one rank: own indices, scores, global scores; bound and visits are of all ranks."""

    own: OffsetArray
    scores: FloatArray
    known: FloatArray
    bound: float
    visits: int


class PartContexts:
    """What all contexts of one set of parameters share on one rank: φ* (the ledger's) and Ψ(w), own scores.

    Every method is called by all ranks together.
    """

    def __init__(self, part: EditedPart, ledger: PartLedger) -> None:
        self.part, self._ledger = part, ledger
        self.params: FocusParams = ledger.params
        self._rates = Rates.of(self.params)
        self._generation = -1
        self._restarted: FloatArray | None = None

    def answer(self, query: PartQuery, progress: Progress | None = None) -> PartAnswer:
        """The ``k`` + 1 best own particles."""
        self._stand(progress)
        work, landed, visits = self._push(query)
        mix, bound = self._mix_estimate(work, landed, visits, query.beta)
        scores = self._estimate(work, mix, query.beta)
        if self._asks_more(query, scores, bound):
            solution = self._solve(query, scores, progress)
            scores, bound = solution.x, solution.bound
            passes = 1 + 2 * max(len(self.params.coefficients) - 1, 0)
            visits += solution.iterations * self.part.axons * passes
        best = largest(scores, query.k + 1)
        shown = np.maximum(scores[best], 0.0)
        return PartAnswer(best, shown, self._known[best], float(bound), int(visits))

    def _asks_more(self, query: PartQuery, scores: FloatArray, bound: float) -> bool:
        """Whether a solve follows: always for "exact", for "balanced" where the order is not settled."""
        if query.effort != "balanced":
            return query.effort == "exact"
        own = np.full(query.k + 1, -np.inf)
        best = largest(scores, query.k + 1)
        own[: len(best)] = scores[best]
        listed = np.sort(np.concatenate(self.part.ranks.gather(own)))[::-1][: query.k + 1]
        listed = listed[listed > -np.inf]
        return not bool((listed[:-1] - listed[1:] > bound)[: query.k].all())

    def _solve(self, query: PartQuery, scores: FloatArray, progress: Progress | None) -> Solution:
        """A solve from an estimate on."""
        operator = self.part.operator(self.params)
        teleport = (1 - query.beta) * operator.u
        here, at = self._own(query.seeds)
        np.add.at(teleport, at, query.beta * query.shares[here])
        drawn = operator.teleporting_to(teleport)
        least = 0.0 if query.effort == "exact" else _BALANCED
        tolerance = max(query.tolerance, least)
        return self.part.solve(drawn, np.maximum(scores, 0.0), tolerance, progress)

    def _stand(self, progress: Progress | None) -> None:
        """Solves what contexts share, from where it was before edits."""
        if self._generation == self.part.generation:
            return
        part, edits = self.part, self.part.edits
        operator = part.operator(self.params)
        tolerance = max(_TOLERANCE, 4 * operator.bound(0.0, 1.0))
        degree = edits.sides.degree_total
        whole = float(part.sum_over_ranks([degree.sum()])[0])
        self._restart = degree / whole if whole > 0 else operator.u
        start = self._ledger.scores() if self._restarted is None else self._restarted
        start = np.append(start, np.zeros(edits.own_count - len(start)))
        restarting = operator.teleporting_to(self._restart)
        solution = part.solve(restarting, start, tolerance, progress)
        self._restarted, self._known = solution.x, self._ledger.scores()
        self._bounds = np.array((self._ledger.now.bound, self._ledger.now.bound, solution.bound))
        self._generation = part.generation

    def _own(self, particles: OffsetArray) -> tuple[OffsetArray, OffsetArray]:
        """Which of ``particles`` live here, and their own indices."""
        edits = self.part.edits
        here = np.flatnonzero(edits.owner_of(particles) == edits.rank)
        return here, edits.index_of(particles[here])

    def _push(self, query: PartQuery) -> tuple[PushWork, float, int]:
        """Pushes with thresholds that fall, until the visits are spent; what landed at u0, and visits, of all ranks."""
        part, edits, rates = self.part, self.part.edits, self._rates
        work, wide = PushWork.of(edits, rates.lanes), rates.lanes > 1
        here, at = self._own(query.seeds)
        sown = np.zeros((len(at), rates.lanes))
        sown[:, 0] = query.shares[here]
        work.put(at, sown)
        limit = _VISITS[query.effort][int(wide)]
        own, visits, landed, threshold = 0, 0, 0.0, _FIRST_THRESHOLD
        while threshold > _LAST_THRESHOLD:
            limits = threshold, max(limit - own, 1)
            if wide:
                made, fell = work.push_lanes(edits, rates, limits)
            else:
                made, fell = work.push(edits, (rates.absorb, rates.follow), limits)
            work.cross(edits, part.ranks)
            own += made
            told = part.sum_over_ranks([made, fell, work.left[work.here()].sum()])
            visits, landed = visits + int(told[0]), landed + float(told[1])
            if visits >= limit * edits.size or told[2] <= query.tolerance / 8:
                break
            threshold *= _FALL
        return work, landed, visits

    def _mix_estimate(
        self, work: PushWork, landed: float, visits: int, beta: float
    ) -> tuple[FloatArray, float]:
        """The mix of φ*, Ψ(w) and w that goes with what is left, and the bound of the estimate."""
        here, rates = work.here(), self._rates
        left = work.left[here]
        told = self.part.sum_over_ranks([*left.sum(axis=0), len(here)])
        mass, touched = told[:-1], int(told[-1])
        beyond = np.maximum(left - mass * self._restart[here, np.newaxis], 0.0)
        excess = self.part.sum_over_ranks(beyond.sum(axis=0))
        rest = float(mass.sum())
        mix = np.array((1 - beta + beta * landed, beta * rest, -beta * rates.absorb * mass[0]))
        wrong = 2.0 * (float(excess.sum()) - rates.absorb * float(excess[0]))
        rounding = self.part.operator(self.params).rounding()
        rounding += _OPERATIONS * UNIT * (visits + touched)
        known = mix[0] * self._bounds[0] + mix[1] * self._bounds[2]
        return mix, beta * wrong + known + rounding

    def _estimate(self, work: PushWork, mix: FloatArray, beta: float) -> FloatArray:
        """The estimate of every own particle. O(own)."""
        scores: FloatArray = mix[0] * self._known + mix[1] * self._restarted
        scores += mix[2] * self._restart
        here = work.here()
        scores[here] += beta * (work.settled[here] + self._rates.absorb * work.left[here, 0])
        return scores
