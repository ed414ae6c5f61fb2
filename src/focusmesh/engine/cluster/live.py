"""The ledger of one rank: own scores and residuals, kept while links change; ‖r‖₁ is the sum over ranks.

The bound is that of a single machine's ledger, R x − x in its homogeneous form: r is kept relative to a fixed level of
the uniform teleport, and what is missing along it is known to be −Σr. An edit changes columns of P̄ and Q: as long as
the norms of these changes, weighted by what the columns carry, fit into the tolerance, nothing is sent at all. Then, in
PageRank mode, the changes are written into r and pushed on their owners; where that will not do, a solve follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.cluster.push import PushWork
from focusmesh.errors import ConvergenceError

if TYPE_CHECKING:
    from focusmesh.engine.cluster.edited import EditedPart
    from focusmesh.engine.cluster.edits import PairEdits
    from focusmesh.engine.cluster.solve import Keeping
    from focusmesh.engine.focus import FocusParams, Solution
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress

UNIT = 2.0**-53
_LOW = 1 / 2
"""Share of the tolerance that a solve after edits goes down to: the rest is for edits that follow."""
_ROUNDS_MOST = 64
_PUSH_SHARE = 1 / 64
_WORTH = 16.0
"""A push of d links is worth it from a residual of 16·d/m of what is allowed (as on a single machine)."""
_LONG = 64
_CLOSE = 0.25
"""A row of so many links whose total changed by no more than this share keeps its flows: its score follows."""
_ROUNDINGS = 8
_TOLL = 2.0


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What is known after an edit, the same on all ranks. ``mass`` is Σx, ``residual`` bounds ‖R(x) − x‖₁ at mass 1."""

    residual: float
    bound: float
    mass: float


class PartLedger:
    """Own scores ``x`` of any total mass, and what bounds their error. Every method is called by all ranks together."""

    def __init__(self, part: EditedPart, params: FocusParams, tolerance: float) -> None:
        self.part, self.params, self.tolerance = part, params, tolerance
        self.sweeps, self.pushed = 0, 0
        self._factor = params.diffusion * (1 - params.alpha)
        tails = np.array(params.coefficients)[::-1].cumsum()[::-1][1:]
        self._tails = tails if tails.any() else tails[:0]
        self._visits, self._drift = 0, 0.0
        self.x, self._r, self._carried = np.zeros(0), np.zeros(0), np.zeros(0)
        self._level, self._open = 0.0, False
        self.now = LedgerState(np.inf, np.inf, 1.0)

    def begin(
        self, keeping: Keeping | None = None, progress: Progress | None = None
    ) -> LedgerState:
        """Solves from the teleport on."""
        return self._adopt(self.part.solve_kept(self.params, self.tolerance, keeping, progress))

    def sharpen(self, tolerance: float, progress: Progress | None = None) -> LedgerState:
        """Keeps the bound within another tolerance from now on."""
        self.tolerance = tolerance
        return self.settle(progress)

    def open(self) -> None:
        """Writes the residual down, so that edits can follow. Before the first edit since a solve."""
        if not self._open:
            self._evaluate()

    def follow_edits(self) -> LedgerState:
        """What the scores are worth on the rows as they are now; new particles enter with what isolated ones have."""
        here = self.part.edits.own_count - len(self.x)
        entered = self._level / (1 - sum(self.params.coefficients))
        self.x = np.append(self.x, np.full(here, entered))
        self._r = np.append(self._r, np.zeros(here))
        if len(self._tails):
            carried = np.full(here, entered * float(self._tails.sum()))
            self._carried = np.append(self._carried, carried)
        return self._measure()

    def settle(self, progress: Progress | None = None) -> LedgerState:
        """Brings the bound within the tolerance; raises ConvergenceError where float64 cannot certify it."""
        if self.now.bound <= self.tolerance:
            return self.now
        if self._open and not len(self._tails):
            work = PushWork.over(self.part.edits, self.x, self._r)
            self._write_columns(work)
            self._push(work)
        if self.now.bound > self.tolerance:
            operator, begun = self.part.operator(self.params), np.maximum(self.x, 0.0)
            self._adopt(self.part.solve(operator, begun, self.tolerance * _LOW, progress))
        if self.now.bound > self.tolerance:
            raise ConvergenceError(
                f"the bound {self.now.bound:.3g} is above {self.tolerance:.3g}, and float64 can certify no less here; "
                "choose a larger tolerance"
            )
        return self.now

    def take_counts(self) -> tuple[int, int]:
        """Applications of R and links pushed along since this was last asked."""
        told = self.sweeps, self.pushed
        self.sweeps, self.pushed = 0, 0
        return told

    def scores(self) -> FloatArray:
        """Own scores at mass 1."""
        return np.maximum(self.x, 0.0) / self.now.mass

    def _adopt(self, solution: Solution) -> LedgerState:
        self.sweeps += solution.iterations
        self.x, self._open = solution.x, False
        self.now = LedgerState(solution.residual, solution.bound, 1.0)
        return self.now

    def _evaluate(self) -> None:
        """r, the level, and what columns of Q carry, by one honest application of R."""
        part, params = self.part, self.params
        operator = part.operator(params)
        first, *others = params.coefficients or (0.0,)
        image = params.diffusion * operator.diffuse(self.x) + first * self.x
        degree = part.edits.sides.degree_total
        share = self.x / np.where(degree > 0, degree, 1.0)
        carried = self._tails[0] * self.x if len(self._tails) else np.zeros(0)
        for k, factor in enumerate(others):
            operator.sums.add_undirected(share, factor, image)
            if k + 1 < len(self._tails):
                carried += self._tails[k + 1] * share * np.where(degree > 0, degree, 1.0)
        dangling = part.edits.sides.out_links == 0
        mass, landed = part.sum_over_ranks([self.x.sum(), self.x[dangling].sum()]).tolist()
        self._level = (params.gap * mass + self._factor * landed) / max(part.edits.count, 1)
        self._r, self._carried = image - self.x, carried
        self._visits, self._drift, self._open = 0, 0.0, True
        part.edits.settle()
        self.sweeps += 1
        self._measure()

    def _measure(self) -> LedgerState:
        """Adds up what all ranks know of the residual."""
        told = (
            *(np.abs(self._r).sum(), self._r.sum(), self._residual_growth(), self.x.sum()),
            *(self._drift, self._visits),
        )
        size, total, grown, mass, drift, visits = self.part.sum_over_ranks(told).tolist()
        if not mass > 0:
            self.now = LedgerState(np.inf, np.inf, 1.0)
            return self.now
        residual = (size + abs(total) + grown) / mass
        since = _ROUNDINGS * drift / mass + 4 * visits * max(residual, self._residual_allowance())
        rounding = self.part.operator(self.params).rounding() + UNIT * since
        self.now = LedgerState(residual, (residual + rounding) / self.params.gap, mass)
        return self.now

    def _residual_allowance(self) -> float:
        """What the residual of x at mass 1 may be."""
        return self.tolerance * self.params.gap

    def _residual_growth(self) -> float:
        """By how much own columns that changed since r was written may have made it grow, in L1."""
        edits = self.part.edits
        rows, before, after = edits.row_changes()
        if not len(rows):
            return 0.0
        links, totals = (before.out_links, after.out_links), (before.out_total, after.out_total)
        along = _column_changes(rows, (edits.out,), links, totals)
        grown = self._factor * float(np.abs(self.x[rows]) @ along)
        if len(self._tails):
            links = before.out_links + before.in_links, after.out_links + after.in_links
            totals = before.degree_total, after.degree_total
            around = _column_changes(rows, (edits.out, edits.back), links, totals)
            grown += float(np.abs(self._carried[rows]) @ around)
        return grown

    def _write_columns(self, work: PushWork) -> None:
        """Writes what columns of P̄ changed into r: along the whole row, or, on long rows, where links changed
        alone."""
        edits = self.part.edits
        rows, before, after = edits.row_changes()
        had, has = before.out_links > 0, after.out_links > 0
        share = np.zeros(len(rows))
        share[had] = self._factor * self.x[rows[had]] / before.out_total[had]
        self._give(work, share, rows)
        steady = had & has & (after.out_links > _LONG)
        steady &= np.abs(after.out_total - before.out_total) <= _CLOSE * before.out_total
        for at in np.flatnonzero(has & ~steady).tolist():
            row = int(rows[at])
            now = self._factor * float(self.x[row]) / float(after.out_total[at])
            work.spread(edits.out, row, now - float(share[at]))
        moved = rows[steady]
        raised = self.x[moved] * (after.out_total[steady] / before.out_total[steady])
        work.put(moved, (self.x[moved] - raised).reshape(-1, 1))
        self.x[moved] = raised
        self._drift += float(np.abs(self.x[rows]).sum())
        work.cross(edits, self.part.ranks)
        edits.settle()

    def _give(self, work: PushWork, share: FloatArray, rows: OffsetArray) -> None:
        """Sends what changed links carry, at the flow per weight that rows had before."""
        edits = self.part.edits
        sources, columns, before, now = edits.out.recent()
        amount = share[np.searchsorted(rows, sources)] * (now - before)
        own = columns < edits.base
        work.put(columns[own], amount[own].reshape(-1, 1))
        work.box_in(columns[~own] - edits.base, amount[~own].reshape(-1, 1))

    def _push(self, work: PushWork) -> None:
        """Pushes on all ranks until nothing is worth it, the bound will do, or it has taken long enough."""
        part, edits = self.part, self.part.edits
        links = edits.sides.out_links
        threshold = _WORTH * self._residual_allowance() * self.now.mass / max(part.axons, 1)
        budget, visits = int(_PUSH_SHARE * part.axons) + 1, 0
        for _ in range(_ROUNDS_MOST):
            made, _ = work.push(edits, (1.0, self._factor), (threshold, budget))
            work.cross(edits, part.ranks)
            here = work.here()
            active = np.abs(self._r[here]) >= threshold * (links[here] + _TOLL)
            self._visits += made
            self._drift += float(np.abs(self.x[here]).sum())
            told = part.sum_over_ranks([made, active.sum()])
            visits += int(told[0])
            if self._measure().bound <= self.tolerance or not told[1] or visits >= budget:
                break
        self.pushed += visits


def _column_changes(
    rows: OffsetArray,
    sides: tuple[PairEdits, ...],
    links: tuple[OffsetArray, OffsetArray],
    totals: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """‖q'_j − q_j‖₁ at most, for the columns of ``rows``: closed form, from the pairs that changed alone.

    ``links`` and ``totals``: how many links each column has and what they weigh, before and now.

    A column without links is another distribution altogether: the change is 2 where the first come or the last go.
    """
    was, now = totals
    changed, kept_was, kept_now = np.zeros(len(rows)), was.copy(), now.copy()
    had, has = links[0] > 0, links[1] > 0
    both = had & has
    for side in sides:
        of, _, before, after = side.recent()
        at = np.searchsorted(rows, of)
        np.subtract.at(kept_was, at, before)
        np.subtract.at(kept_now, at, after)
        old, new = np.where(had, was, 1.0)[at], np.where(has, now, 1.0)[at]
        np.add.at(changed, at, np.abs(after / new - before / old))
    kept = np.maximum(np.maximum(kept_was, kept_now), 0.0)
    changed[both] += kept[both] * np.abs(1 / now[both] - 1 / was[both])
    changed[had != has] = 2.0
    changed[~(had | has)] = 0.0
    return np.minimum(changed, 2.0)
