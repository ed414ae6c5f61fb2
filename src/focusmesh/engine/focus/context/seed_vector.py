"""What a walk stands on: the focus of a context that grows, updated at each step and never worked out anew.

ψ, the focus that teleports to the context alone, is linear in the context's distribution. A particle that joins brings
its own ψ along; the rest is scaled.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.engine.focus.context.best import best_of
from focusmesh.engine.focus.context.context import shared_standing
from focusmesh.engine.focus.context.push import Push
from focusmesh.engine.focus.context.sweep import Sweeps
from focusmesh.engine.focus.devices.backend import AUTO
from focusmesh.engine.focus.operator.chunks import chunk_spans
from focusmesh.engine.focus.operator.sums import UNIT
from focusmesh.engine.focus.operator.vectors import sweep
from focusmesh.engine.focus.solve.solve import graph_focus, operator_of
from focusmesh.engine.focus.solve.solver import solver_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.focus.context.push import Query
    from focusmesh.engine.focus.context.standing import Prior, Standing
    from focusmesh.engine.focus.context.workspace import Workspace
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress

_VISITS = {"fast": (6_000, 80_000), "balanced": (160_000, 1_300_000)}
"""Link visits of a push of the whole teleport: along links alone, and over the lanes of the full operator."""

_FIRST_PASSES = 2
_OPERATIONS = 4
"""Roundings that an update and the mix with the global focus cost an entry."""


class Standpoint(Protocol):
    """The focus of a context to which particles are added; positions are those of the solver."""

    @property
    def bound(self) -> float:
        """What the scores of the context are off by at most, in L1."""

    def join(self, position: int, weight: float) -> None:
        """Adds a particle of this weight, where the first seeds weigh 1 together."""

    def best(self, count: int) -> tuple[OffsetArray, FloatArray]:
        """The ``count`` particles of most focus (all, where there are fewer) and their scores, best first."""


class SolvedStandpoint:
    """Dense: ψ of each particle that joins is solved within ``tolerance``, O(m) for each of some tens of passes."""

    def __init__(
        self,
        operator: Operator,
        known: FloatArray,
        known_bound: float,
        query: Query,
        progress: Progress | None = None,
    ) -> None:
        """``known``: φ* in solver order."""
        self._operator, self._beta, self._tolerance = operator, query.beta, query.tolerance
        self._known, self._known_bound = known, known_bound
        self._progress = progress
        self._total, self._joined = 1.0, 0
        self._psi, self._psi_bound = self._solve(query.seeds, query.shares)

    @property
    def bound(self) -> float:
        """That of φ* and those of all ψ in their mix, and rounding."""
        rounding = _OPERATIONS * (1 + self._joined) * UNIT
        return (1 - self._beta) * self._known_bound + self._beta * self._psi_bound + rounding

    def join(self, position: int, weight: float) -> None:
        """ψ ← (total·ψ + weight·ψ of the particle) / (total + weight)."""
        own, own_bound = self._solve(np.array([position]), np.ones(1))
        self._total += weight
        share = weight / self._total
        mix_in(self._psi, own, share)
        self._psi_bound += share * (own_bound - self._psi_bound)
        self._joined += 1

    def best(self, count: int) -> tuple[OffsetArray, FloatArray]:
        """O(n) for the mix."""
        scores = np.empty_like(self._psi)

        def mix(part: slice) -> None:
            scores[part] = (1 - self._beta) * self._known[part] + self._beta * self._psi[part]

        sweep(chunk_spans(len(scores)), mix)
        return best_of(scores, self._operator.structure.order, count)

    def _solve(self, seeds: OffsetArray, shares: FloatArray) -> tuple[FloatArray, float]:
        drawn = np.zeros_like(self._known)
        np.add.at(drawn, seeds, shares)
        own = self._operator.teleporting_to(drawn)
        solution = solver_named(AUTO)(own, drawn, self._tolerance, self._progress)
        return solution.x, solution.bound


class PushedStandpoint:
    """Sparse: only the particle that joins is pushed, with link visits in proportion to its part of the context.

    It is pushed in a workspace of its own, then added. ``clean`` gives the other one back.
    """

    def __init__(self, standing: Standing, prior: Prior, space: Workspace, query: Query) -> None:
        self._standing, self._prior, self._query = standing, prior, query
        self._total = 1.0
        self._push = self._push_part(space, query, 1.0)
        self._push.weigh()

    @property
    def bound(self) -> float:
        """From the residual that is left of all pushes."""
        return self._push.bound

    def join(self, position: int, weight: float) -> None:
        """O(link visits of a push + particles touched by all of them)."""
        self._total += weight
        alone = replace(self._query, seeds=np.array([position]), shares=np.ones(1))
        with self._standing.workspaces.one() as space:
            own = self._push_part(space, alone, weight / self._total)
            self._push.join(own, weight)
            own.clean()
        self._push.weigh()

    def best(self, count: int) -> tuple[OffsetArray, FloatArray]:
        """O(touched particles)."""
        found = self._push.best(count)
        return found.best, found.scores

    def clean(self) -> None:
        """Leaves the workspace as it was found."""
        self._push.clean()

    def _push_part(self, space: Workspace, query: Query, part: float) -> Push:
        push = Push(self._standing, self._prior, space, query)
        push.go_on(int(part * _VISITS[query.effort][self._standing.rates.lanes > 1]))
        return push


class SweptStandpoint:
    """Dense, along links: the particle that joins is pushed, swept once over all links, and mixed in."""

    def __init__(self, standing: Standing, prior: Prior, query: Query) -> None:
        self._standing, self._prior, self._query = standing, prior, query
        self._total = 1.0
        self._scores, self._bound = self._swept(query, _FIRST_PASSES)

    @property
    def bound(self) -> float:
        """Those of all that joined in their mix, and rounding."""
        return self._bound + _OPERATIONS * UNIT * self._total

    def join(self, position: int, weight: float) -> None:
        """scores ← (total·scores + weight·scores from the particle alone) / (total + weight)."""
        alone = replace(self._query, seeds=np.array([position]), shares=np.ones(1))
        own, own_bound = self._swept(alone, 1)
        self._total += weight
        share = weight / self._total
        mix_in(self._scores, own, share)
        self._bound += share * (own_bound - self._bound)

    def best(self, count: int) -> tuple[OffsetArray, FloatArray]:
        """O(n)."""
        return best_of(self._scores, self._standing.operator.structure.order, count)

    def _swept(self, query: Query, passes: int) -> tuple[FloatArray, float]:
        with self._standing.workspaces.one() as space:
            push = Push(self._standing, self._prior, space, query)
            push.go_on(_VISITS["fast"][0])
            push.weigh()
            sweeps = Sweeps(self._standing, self._prior, [(space, query, push)])
            for _ in range(passes):
                sweeps.pass_on()
            (lane,) = sweeps.lanes
            scores, bound = lane.scores.copy(), lane.bound
            push.clean()
        return scores, bound


def mix_in(vector: FloatArray, other: FloatArray, share: float) -> None:
    """``vector`` ← (1 − share)·vector + share·other, in place."""

    def mix(part: slice) -> None:
        vector[part] += share * (other[part] - vector[part])

    sweep(chunk_spans(len(vector)), mix)


@contextmanager
def standpoint_of(
    graph: LinkView,
    params: FocusParams,
    query: Query,
    progress: Progress | None,
) -> Iterator[tuple[Standpoint, FloatArray]]:
    """A standpoint that fits the effort of ``query`` and the size of the graph, and φ* in solver order."""
    standing = None
    if query.effort != "exact":
        standing = shared_standing(graph, params, None, None, progress)
    if standing is None or standing.prior is None:
        focus = graph_focus(graph, params, query.tolerance, progress=progress)
        known = focus.scores[graph.structure.order]
        operator = operator_of(graph, params, None, None)
        yield SolvedStandpoint(operator, known, focus.bound, query, progress), known
        return
    if query.effort == "balanced" and standing.sweeps:
        yield SweptStandpoint(standing, standing.prior, query), standing.scores
        return
    with standing.workspaces.one() as space:
        pushed = PushedStandpoint(standing, standing.prior, space, query)
        yield pushed, standing.scores
        pushed.clean()
