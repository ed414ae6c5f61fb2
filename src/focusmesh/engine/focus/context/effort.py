"""How much work an answer is worth: a sparse push, more of it or dense sweeps, or a solve from there."""

from __future__ import annotations

import math
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.context.answer import BestParticles
from focusmesh.engine.focus.context.best import best_of
from focusmesh.engine.focus.context.item_bounds import ROUNDED_UP, ItemBounds
from focusmesh.engine.focus.context.push import Push
from focusmesh.engine.focus.context.standing import PASS_VISITS
from focusmesh.engine.focus.context.sweep import Sweeps
from focusmesh.engine.focus.devices.backend import AUTO
from focusmesh.engine.focus.solve.solver import solver_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus.context.device import Pushes
    from focusmesh.engine.focus.context.push import Query
    from focusmesh.engine.focus.context.standing import Prior, Standing
    from focusmesh.engine.focus.context.workspace import Workspace
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.focus.solve.watch import Iterate, Solution
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
"""Link visits of a first push along links, of one over all lanes, and of one for all scores of a balanced answer."""
_PASSES = 2
_FAST = 1e-2
"""Bound at which a fast answer of a small graph ends."""
_LADDER = (1e-2, 1e-3, 1e-4)
"""Bounds to which a card solves, one after the other until the order is settled; then to the tolerance."""
_SCATTERED, _SCATTERED_LANES = 50, 130
"""What a link costs that a push visits, where a pass over all links takes 1: its memory is not read in order."""
_DENSE = {"fast": 1e-3, "balanced": 1e-5}
"""Bounds to which all scores of small graphs are solved."""


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
            _solve_to(standing, query, _start(standing, query), 0, progress) for query in queries
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
        return _solve_to(standing, query, _start(standing, query), found.visits, progress)

    if queries[0].effort == "exact":
        return [
            _solve_to(standing, query, _start(standing, query), 0, progress) for query in queries
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
            found = _swept(standing, prior, pushed, found, progress)
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
        return _solve_all(standing, query, _start(standing, query), 0, tolerance, progress)
    with standing.workspaces.one() as space:
        push = Push(standing, prior, space, query, dense=True)
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
        return _solve_all(standing, query, scores, push.visits, tolerance, progress)
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
        return _solve_to(standing, query, start, push.visits, progress)
    found = push.best()
    if query.effort == "fast" or found.is_settled(query.k):
        return found
    found = _push_on(standing, query, push, found)
    if standing.sweeps or _is_done(query, found):
        return found
    return _solve_to(standing, query, push.dense(), push.visits, progress, found.promising)


def _push_on(standing: Standing, query: Query, push: Push, found: BestParticles) -> BestParticles:
    """Pushes as much again, as long as that halves the bound for less than passes over all links would."""
    dearness = _SCATTERED_LANES if standing.rates.lanes > 1 else _SCATTERED
    bound, visits = 2 * query.beta, 0
    while not _is_done(query, found):
        halved = math.log2(max(bound, push.bound) / push.bound)
        if halved * standing.halving_visits <= dearness * (push.visits - visits):
            break
        bound, visits = push.bound, push.visits
        push.go_on(visits)
        push.weigh()
        found = push.best()
    return found


def _is_done(query: Query, found: BestParticles) -> bool:
    return found.bound <= query.tolerance or found.is_settled(query.k)


def _swept(
    standing: Standing,
    prior: Prior,
    pushed: Sequence[tuple[Workspace, Query, Push]],
    found: list[BestParticles],
    progress: Progress | None,
) -> list[BestParticles]:
    """Balanced answers after a few passes over all links and a solve, those that are settled before as they are."""
    open_ones = [
        at
        for at, (_, query, _) in enumerate(pushed)
        if query.effort == "balanced" and not _is_done(query, found[at])
    ]
    if not open_ones:
        return found
    sweeps = Sweeps(standing, prior, [pushed[at] for at in open_ones])
    for _ in range(_PASSES):
        sweeps.pass_on()
        for at, lane in zip(open_ones, sweeps.lanes, strict=True):
            if not _is_done(pushed[at][1], found[at]) and lane.bound <= found[at].promising:
                found[at] = lane.best()
        if all(_is_done(pushed[at][1], found[at]) for at in open_ones):
            return found
    for at, lane in zip(open_ones, sweeps.lanes, strict=True):
        _, query, push = pushed[at]
        if not _is_done(query, found[at]):
            visits, promising = push.visits, found[at].promising
            found[at] = _solve_to(standing, query, lane.scores, visits, progress, promising)
    return found


def _start(standing: Standing, query: Query) -> FloatArray:
    start = (1 - query.beta) * standing.scores
    np.add.at(start, query.seeds, query.beta * query.shares)
    return start


def _solve_to(
    standing: Standing,
    query: Query,
    start: FloatArray,
    visits: int,
    progress: Progress | None,
    promising: float = math.inf,
) -> BestParticles:
    """A solve to the tolerance that ends sooner where the order is settled, unless ``exact`` is asked for.

    It looks at that when the bound falls below ``promising``, and now and then afterwards.
    """
    tolerance = max(_FAST if query.effort == "fast" else 0.0, query.tolerance)
    if standing.device is None:
        return _solve_on_host(standing, query, start, visits, tolerance, promising, progress)
    rungs = () if query.effort == "exact" else (rung for rung in _LADDER if rung > tolerance)
    for rung in (*rungs, tolerance):
        start, bound, visits = _solve_all(standing, query, start, visits, rung, progress)
        order, wanted = standing.operator.structure.order, min(query.k + 1, len(start))
        found = BestParticles(*best_of(start, order, wanted), bound, visits)
        if found.is_settled(query.k):
            break
    return found


def _solve_on_host(
    standing: Standing,
    query: Query,
    start: FloatArray,
    visits: int,
    tolerance: float,
    promising: float,
    progress: Progress | None,
) -> BestParticles:
    operator, order = _draw_teleport(standing.operator, query), standing.operator.structure.order

    def is_settled(now: Iterate) -> bool:
        nonlocal promising
        residual = ROUNDED_UP * float(np.abs(now.step).sum())
        if operator.bound(residual, 1.0) > promising:
            return False
        items, bound = _bound_items(standing, operator, now)
        found = BestParticles.among_themselves(now.x, order, query.k, items, bound, 0)
        if found.is_settled(query.k):
            found = BestParticles.of(now.x, order, query.k, items, bound, 0)
        promising = found.promising
        return found.is_settled(query.k)

    enough = _never if query.effort == "exact" else is_settled
    solution = solver_named(AUTO)(operator, start, tolerance, progress, enough)
    visits += _visits(operator, solution)
    assert solution.last is not None
    items, _ = _bound_items(standing, operator, solution.last, solution.bound)
    return BestParticles.of(solution.x, order, query.k, items, solution.bound, visits)


def _never(_now: Iterate) -> bool:
    return False


def _bound_items(
    standing: Standing, operator: Operator, now: Iterate, bound: float = math.inf
) -> tuple[ItemBounds, float]:
    """Bounds of single scores within a solve, and one of all of them in L1."""
    gap, pairs, mass = operator.params.gap, standing.pairs, float(now.x.sum())
    reach = pairs.reach(now.step) / gap
    slack = operator.bound(0.0, mass)
    whole = min(bound, operator.bound(ROUNDED_UP * float(np.abs(now.step).sum()), mass))
    above = now.unseen * float(operator.structure.degree_total.sum()) / gap
    return ItemBounds.below(pairs, reach, whole / 2 - slack, slack, above=above), whole


def _solve_all(
    standing: Standing,
    query: Query,
    start: FloatArray,
    visits: int,
    tolerance: float,
    progress: Progress | None,
) -> tuple[FloatArray, float, int]:
    """A solve from ``start``: all scores, their bound, and the links that were visited until then."""
    operator = _draw_teleport(standing.operator, query)
    solution = standing.solve(operator, start, tolerance, progress)
    return solution.x, solution.bound, visits + _visits(operator, solution)


def _visits(operator: Operator, solution: Solution) -> int:
    """Link visits of a solve: one application of R takes the links once, and K times in both directions."""
    terms = len(operator.params.coefficients)
    exact, links = solution.iterations - solution.passes, operator.structure.axon_count
    return ((1 + 2 * max(terms - 1, 0)) * exact + PASS_VISITS * solution.passes) * links


def _draw_teleport(operator: Operator, query: Query) -> Operator:
    """R whose teleport is drawn to the seeds."""
    teleport = (1 - query.beta) * operator.u
    np.add.at(teleport, query.seeds, query.beta * query.shares)
    return operator.teleporting_to(teleport)
