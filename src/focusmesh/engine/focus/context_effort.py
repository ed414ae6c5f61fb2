"""How much work an answer is worth: a sparse push, more of it or dense sweeps, or a solve from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.context_answer import Found
from focusmesh.engine.focus.context_best import best_of
from focusmesh.engine.focus.context_push import Push
from focusmesh.engine.focus.context_sweep import Sweeps
from focusmesh.engine.focus.solver import solver_named

if TYPE_CHECKING:
    from focusmesh.engine.arrays import FloatArray
    from focusmesh.engine.focus.context_push import Query
    from focusmesh.engine.focus.context_standing import Prior, Standing
    from focusmesh.engine.focus.context_workspace import Workspace
    from focusmesh.engine.focus.operator import Operator
    from focusmesh.engine.progress import Progress

EFFORTS = ("fast", "balanced", "exact")
_LINKS, _LANES = 8_000, 80_000
_REFINED_LANES = 2_400_000
"""Link visits of a first push along links, of one over all lanes, and of all pushes of a balanced answer."""
_PASSES = 2
_LADDER = {"fast": (1e-1, 1e-2), "balanced": (1e-2, 1e-3, 1e-4), "exact": ()}
"""Bounds to which small graphs are solved, one after the other until the order is settled."""


def answer(standing: Standing, query: Query, progress: Progress | None = None) -> Found:
    """The best particles of one context."""
    if standing.prior is None:
        return _laddered(standing, query, progress)
    with standing.workspaces.one() as space:
        push = Push(standing, standing.prior, space, query)
        push.go_on(_LINKS if standing.rates.lanes == 1 else _LANES)
        push.weigh()
        if query.effort == "exact":
            start, visits = push.dense(), push.visits
            push.clean()
            return _solved(standing, query, start, visits, query.tolerance, progress)[0]
        found = push.best()
        if query.effort == "balanced" and not found.settled(query.k):
            found = _refined(standing, standing.prior, space, query, push)
        push.clean()
    return found


def _refined(standing: Standing, prior: Prior, space: Workspace, query: Query, push: Push) -> Found:
    """Goes on until the order is settled or the budget of a balanced answer is spent."""
    if standing.rates.lanes > 1:
        push.go_on(_REFINED_LANES - _LANES)
        push.weigh()
        return push.best()
    sweeps = Sweeps(standing, prior, space, query, push)
    for _ in range(_PASSES):
        sweeps.pass_on()
        found = sweeps.best()
        if found.settled(query.k):
            break
    return found


def _laddered(standing: Standing, query: Query, progress: Progress | None) -> Found:
    """A solve of a small graph, at once to the wanted bound or step by step until the order is settled."""
    start = (1 - query.beta) * standing.scores
    np.add.at(start, query.seeds, query.beta * query.shares)
    visits = 0
    for rung in _LADDER[query.effort]:
        tolerance = max(rung, query.tolerance)
        found, start = _solved(standing, query, start, visits, tolerance, progress)
        visits = found.visits
        if found.settled(query.k):
            return found
    if _LADDER[query.effort]:
        return found
    return _solved(standing, query, start, visits, query.tolerance, progress)[0]


def _solved(
    standing: Standing,
    query: Query,
    start: FloatArray,
    visits: int,
    tolerance: float,
    progress: Progress | None,
) -> tuple[Found, FloatArray]:
    """A solve from ``start``: its answer and its vector."""
    operator = _drawn(standing.operator, query)
    solution = solver_named("anderson")(operator, start, tolerance, progress)
    s, terms = operator.structure, len(operator.params.coefficients)
    passes = 1 + 2 * max(terms - 1, 0)
    best = best_of(solution.x, s.order, min(query.k + 1, len(start)))
    visits += solution.iterations * passes * s.axon_count
    return Found(*best, solution.bound, visits), solution.x


def _drawn(operator: Operator, query: Query) -> Operator:
    """R whose teleport is drawn to the seeds."""
    teleport = (1 - query.beta) * operator.u
    np.add.at(teleport, query.seeds, query.beta * query.shares)
    return operator.teleporting_to(teleport)
