"""How much work an answer is worth: a sparse push, more of it or dense sweeps, or a solve from there."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.context.answer import BestParticles
from focusmesh.engine.focus.context.best import best_of
from focusmesh.engine.focus.context.push import Push
from focusmesh.engine.focus.context.sweep import Sweeps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.context.device import Pushes
    from focusmesh.engine.focus.context.push import Query
    from focusmesh.engine.focus.context.standing import Prior, Standing
    from focusmesh.engine.focus.context.workspace import Workspace
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress

EFFORTS = ("fast", "balanced", "exact")
_SHARING = 2
"""Contexts whose balanced answers share their passes."""
_BATCH = 4096
_CARD_FROM_CONTEXTS = 16
"""Contexts that are handed to a card at once, and how many there must be: it takes twice the time of a core for one,
and fifteen times that for a thousand."""
_LINKS, _LANES = 6_000, 60_000
_REFINED_LANES = 1_300_000
"""Link visits of a first push along links, of one over all lanes, and of all pushes of a balanced answer."""
_PASSES = 2
_LADDER = {"fast": (1e-1, 1e-2), "balanced": (1e-2, 1e-3, 1e-4), "exact": ()}
"""Bounds to which small graphs are solved, one after the other until the order is settled."""
_DENSE = {"fast": 1e-3, "balanced": 1e-5}
"""Bounds to which all scores of small graphs are solved."""
_CHEAP_VISITS = 1 << 24
"""Where one application of the full operator visits no more links, balanced answers are solved for as well."""


def together(standing: Standing, effort: str) -> int:
    """How many contexts are best answered at once: those that share passes over all links, or a card's blocks."""
    if standing.device is not None:
        return _BATCH
    return _SHARING if effort == "balanced" and standing.sweeps else 1


def answer(standing: Standing, query: Query, progress: Progress | None = None) -> BestParticles:
    """The best particles of one context."""
    return answers(standing, [query], progress)[0]


def answers(
    standing: Standing, queries: Sequence[Query], progress: Progress | None = None
) -> list[BestParticles]:
    """The best particles of one context, or of up to ``together`` of the same effort."""
    prior = standing.prior
    if prior is None:
        return [
            _solve_in_steps(standing, query, _start(standing, query), 0, progress)
            for query in queries
        ]
    if len(queries) >= _CARD_FROM_CONTEXTS and standing.pushes is not None:
        return _by_card(standing, standing.pushes, queries, progress)
    return _by_host(standing, prior, queries, progress)


def _by_card(
    standing: Standing, pushes: Pushes, queries: Sequence[Query], progress: Progress | None
) -> list[BestParticles]:
    """Pushes on the card, and solves there after them for what asks for more."""

    def finish(query: Query, found: BestParticles | None) -> BestParticles:
        if found is None:
            return answers(standing, [query], progress)[0]
        if query.effort == "fast" or found.is_settled(query.k):
            return found
        return _solve_in_steps(standing, query, _start(standing, query), found.visits, progress)

    if queries[0].effort == "exact":
        return [
            _solve_in_steps(standing, query, _start(standing, query), 0, progress)
            for query in queries
        ]
    pushed = pushes.answers(queries, _LANES if standing.rates.lanes > 1 else _LINKS)
    return [finish(query, found) for query, found in zip(queries, pushed, strict=True)]


def _by_host(
    standing: Standing, prior: Prior, queries: Sequence[Query], progress: Progress | None
) -> list[BestParticles]:
    with ExitStack() as stack:
        pushed = [
            (space, query, Push(standing, prior, space, query))
            for query in queries
            for space in (stack.enter_context(standing.workspaces.one()),)
        ]
        found = [_answer_by_push(standing, *one, progress) for one in pushed]
        if standing.sweeps:
            found = _swept(standing, prior, pushed, found)
        for _, _, push in pushed:
            push.clean()
    return found


def all_scores(
    standing: Standing, query: Query, progress: Progress | None = None
) -> tuple[FloatArray, float, int]:
    """Every score of one context (solver order), their bound in L1, and the links visited for it.

    Unlike the best ones, they do not depend on how many are asked for: a longer list begins with the shorter one.
    """
    prior = standing.prior
    tolerance = max(_DENSE.get(query.effort, 0.0), query.tolerance)
    if prior is None:
        found, scores = _solve(standing, query, _start(standing, query), 0, tolerance, progress)
        return scores, found.bound, found.visits
    with standing.workspaces.one() as space:
        push = Push(standing, prior, space, query)
        push.go_on(_LANES if standing.rates.lanes > 1 else _LINKS)
        if query.effort == "balanced" and not standing.sweeps:
            push.go_on(_REFINED_LANES - _LANES)
        push.weigh()
        scores, bound = push.dense(), push.bound
        if query.effort == "balanced" and standing.sweeps:
            scores, bound = _swept_scores(standing, prior, space, query, push)
        push.clean()
        if query.effort == "exact":
            space.make_room()
    if query.effort == "exact":
        found, scores = _solve(standing, query, scores, push.visits, tolerance, progress)
        return scores, found.bound, found.visits
    return np.maximum(scores, 0.0), bound, push.visits


def _swept_scores(
    standing: Standing, prior: Prior, space: Workspace, query: Query, push: Push
) -> tuple[FloatArray, float]:
    sweeps = Sweeps(standing, prior, [(space, query, push)])
    for _ in range(_PASSES):
        sweeps.pass_on()
    (lane,) = sweeps.lanes
    return lane.scores.copy(), lane.bound


def _answer_by_push(
    standing: Standing, space: Workspace, query: Query, push: Push, progress: Progress | None
) -> BestParticles:
    """What a push gives, and a solve or a longer push of the full operator after it."""
    lanes = standing.rates.lanes > 1
    push.go_on(_LANES if lanes else _LINKS)
    push.weigh()
    if query.effort == "exact":
        start = push.dense()
        push.clean()
        space.make_room()
        return _solve(standing, query, start, push.visits, query.tolerance, progress)[0]
    found = push.best()
    if query.effort == "fast" or standing.sweeps or found.is_settled(query.k):
        return found
    cheap = standing.device is not None or _visits(standing.operator) <= _CHEAP_VISITS
    if not lanes or cheap:
        return _solve_in_steps(standing, query, push.dense(), push.visits, progress)
    push.go_on(_REFINED_LANES - _LANES)
    push.weigh()
    return push.best()


def _swept(
    standing: Standing,
    prior: Prior,
    pushed: Sequence[tuple[Workspace, Query, Push]],
    found: list[BestParticles],
) -> list[BestParticles]:
    """Balanced answers after a few passes over all links, those that are settled before as they are."""
    open_ones = [
        at
        for at, (_, query, _) in enumerate(pushed)
        if query.effort == "balanced" and not found[at].is_settled(query.k)
    ]
    if not open_ones:
        return found
    sweeps = Sweeps(standing, prior, [pushed[at] for at in open_ones])
    for _ in range(_PASSES):
        sweeps.pass_on()
        for at, lane in zip(open_ones, sweeps.lanes, strict=True):
            if not found[at].is_settled(pushed[at][1].k):
                found[at] = lane.best()
        if all(found[at].is_settled(pushed[at][1].k) for at in open_ones):
            break
    return found


def _start(standing: Standing, query: Query) -> FloatArray:
    start = (1 - query.beta) * standing.scores
    np.add.at(start, query.seeds, query.beta * query.shares)
    return start


def _solve_in_steps(
    standing: Standing, query: Query, start: FloatArray, visits: int, progress: Progress | None
) -> BestParticles:
    """A solve, at once to the wanted bound or step by step until the order is settled."""
    *rungs, last = _LADDER[query.effort] or (query.tolerance,)
    for rung in rungs:
        tolerance = max(rung, query.tolerance)
        found, start = _solve(standing, query, start, visits, tolerance, progress)
        visits = found.visits
        if found.is_settled(query.k):
            return found
    return _solve(standing, query, start, visits, max(last, query.tolerance), progress)[0]


def _solve(
    standing: Standing,
    query: Query,
    start: FloatArray,
    visits: int,
    tolerance: float,
    progress: Progress | None,
) -> tuple[BestParticles, FloatArray]:
    """A solve from ``start``: its answer and its vector."""
    operator = _draw_teleport(standing.operator, query)
    solution = standing.solve(operator, start, tolerance, progress)
    best = best_of(solution.x, operator.structure.order, min(query.k + 1, len(start)))
    visits += solution.iterations * _visits(operator)
    return BestParticles(*best, solution.bound, visits), solution.x


def _visits(operator: Operator) -> int:
    """Link visits of one application of R."""
    terms = len(operator.params.coefficients)
    return (1 + 2 * max(terms - 1, 0)) * operator.structure.axon_count


def _draw_teleport(operator: Operator, query: Query) -> Operator:
    """R whose teleport is drawn to the seeds."""
    teleport = (1 - query.beta) * operator.u
    np.add.at(teleport, query.seeds, query.beta * query.shares)
    return operator.teleporting_to(teleport)
