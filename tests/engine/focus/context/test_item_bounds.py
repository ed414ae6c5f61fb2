"""Each score of a context is within its own bound, and no order is called proved that is not the true one."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import dense_focus
from focusmesh.engine.focus.context.effort import answer
from focusmesh.engine.focus.context.item_bounds import ItemBounds, RestartPairs
from focusmesh.engine.focus.context.push import Push, Query
from focusmesh.engine.focus.context.standing import Standing
from focusmesh.engine.focus.context.sweep import Sweeps

if TYPE_CHECKING:
    from focusmesh.engine.focus.context.answer import BestParticles

TINY = 1e-12
GRAPHS = 200 if os.environ.get("FOCUSMESH_SOAK") else 12
CONTEXTS = 5
"""On each graph: 1,000 contexts in a soak."""

SETTINGS = (
    FocusParams(),
    FocusParams.pagerank(),
    FocusParams(terms=11),
    FocusParams(alpha=0.4, diffusion=0.2, springs=0.5, heat=0.3, terms=3),
    FocusParams(alpha=0.05, diffusion=0.9, springs=0.1, heat=0.0),
)


class Drawn:
    """A graph with dangling and isolated particles, u0 that is not u or weights of 24 orders of magnitude."""

    def __init__(self, seed: int) -> None:
        self.random = random = np.random.default_rng(seed)
        count = int(random.integers(3, 60))
        links = int(random.integers(1, 6 * count))
        skewed = (random.random((2, links)) ** 2 * count).astype(int)
        spread = 12.0 if seed % 4 == 0 else 0.5
        weight = 10.0 ** random.uniform(-spread, spread, links)
        self.graph = Graph.from_edges(skewed[0], skewed[1], weight, particles=count + int(seed % 3))
        self.params = SETTINGS[seed % len(SETTINGS)]
        whole = self.graph.particle_count
        prior = [None if random.random() < 0.5 else random.random(whole) + 0.02 for _ in range(2)]
        sparse = bool(seed % 7)
        self.standing = Standing.on(self.graph, self.params, *prior, sparse=sparse)

    def context(self, effort: str) -> tuple[Query, Any]:
        """A question and its true scores in solver order."""
        random, operator = self.random, self.standing.operator
        whole, structure = self.graph.particle_count, self.graph.structure
        seeds = random.choice(whole, int(random.integers(1, min(4, whole) + 1)), replace=False)
        shares = random.random(len(seeds)) + 0.1
        shares /= shares.sum()
        beta = float(random.choice([0.1, 0.5, 1.0]))
        at = structure.position[seeds].astype(np.int64)
        drawn = np.zeros(whole)
        drawn[at] = shares
        teleport = ((1 - beta) * operator.u + beta * drawn)[structure.position]
        landing = operator.u0[structure.position]
        truth = dense_focus(self.graph.links(), self.params, teleport, landing)
        query = Query(at, shares, int(random.integers(1, 12)), beta, effort, 1e-9)
        return query, truth[structure.order]


def check_answer(found: BestParticles, query: Query, truth: Any) -> None:
    """Each listed score is within its bound, at most half that of all; what is proved is the true order."""
    assert np.all(np.abs(found.scores - truth[found.best]) <= found.item_bounds + TINY)
    assert np.all(found.item_bounds <= found.bound / 2 * (1 + 1e-12))
    proved = found.order_proof(query.k)
    for rank, apart in enumerate(proved):
        if apart:
            after = np.delete(truth, found.best[: rank + 1])
            assert truth[found.best[rank]] > after.max(initial=-1.0) - TINY


def check_all(items: ItemBounds, scores: Any, bound: float, truth: Any) -> None:
    """The same of every particle, listed or not."""
    every = items.at(np.arange(len(scores)))
    assert np.all(np.abs(scores - truth) <= every + TINY)
    assert np.all(every <= bound / 2 * (1 + 1e-12))
    listed = np.argsort(-scores)[:2]
    rest = np.delete(np.arange(len(scores)), listed)
    if len(rest):
        assert items.rival(scores, listed, -1.0) >= truth[rest].max() - TINY


@pytest.mark.parametrize("seed", range(GRAPHS))
def test_no_score_of_any_context_is_off_by_more_than_its_bound(seed: int) -> None:
    drawn = Drawn(seed)
    for _ in range(CONTEXTS):
        for effort in ("fast", "balanced", "exact"):
            query, truth = drawn.context(effort)
            check_answer(answer(drawn.standing, query), query, truth)
        for visits in (3, 100):
            query, truth = drawn.context("fast")
            check_pushed(drawn.standing, query, truth, visits)


def check_pushed(standing: Standing, query: Query, truth: Any, visits: int) -> None:
    """A push that ends early, and a sweep after it."""
    if standing.prior is None:
        return
    space = standing.workspaces.create()
    push = Push(standing, standing.prior, space, query)
    push.go_on(visits)
    push.weigh()
    check_all(push.items(), push.dense(), push.bound, truth)
    check_answer(push.best(), query, truth)
    if standing.sweeps:
        sweeps = Sweeps(standing, standing.prior, [(space, query, push)])
        for _ in range(2):
            check_answer(sweeps.lanes[0].best(), query, truth)
            sweeps.pass_on()


@pytest.mark.parametrize("part", ["tops", "rest"])
def test_without_a_part_of_it_the_bound_is_wrong(part: str) -> None:
    """The twin: what stands at particles, and what is taken as known, each left out."""
    broken = 0
    for seed in range(1, 21):
        drawn = Drawn(seed)
        if drawn.standing.prior is None:
            continue
        query, truth = drawn.context("fast")
        space = drawn.standing.workspaces.create()
        push = Push(drawn.standing, drawn.standing.prior, space, query)
        push.go_on(4)
        push.weigh()
        items, error = push.items(), np.abs(push.dense() - truth)
        changed = {
            "tops": replace(items, tops=0.0 * items.tops, runs=0.0, above=0.0, rest=items.rest / 9),
            "rest": replace(items, tops=0.0 * items.tops, above=0.0, rest=0.0),
        }[part]
        broken += bool(np.any(error > changed.at(slice(None)) + TINY))
    assert broken > 0


def test_what_stands_on_walks_is_counted() -> None:
    """All mass has three undirected steps to go; the twin leaves these out."""
    drawn = Drawn(10)
    assert drawn.params == FocusParams()
    assert drawn.standing.prior is not None
    query, _ = drawn.context("fast")
    linked = int(np.argmax(drawn.graph.structure.degree_total))
    query = replace(query, seeds=np.array([linked]), shares=np.ones(1), beta=1.0)
    operator, space = drawn.standing.operator, drawn.standing.workspaces.create()
    push = Push(drawn.standing, drawn.standing.prior, space, query)
    space.left[linked, [0, 3]] = space.left[linked, [3, 0]]
    push.weigh()
    walked = np.zeros(len(operator.u))
    walked[linked] = 1.0
    for _ in range(3):
        walked = operator.undirected(walked)
    position, links = drawn.graph.structure.position, drawn.graph.links()
    truth = dense_focus(links, drawn.params, walked[position], operator.u0[position])
    error = np.abs(push.dense() - truth[drawn.graph.structure.order])
    assert np.all(error <= push.items().at(slice(None)) + TINY)
    without = replace(push.items(), above=0.0, runs=0.0)
    assert np.any(error > without.at(slice(None)) + TINY)


def test_a_restart_without_mass_where_the_residual_stands_says_nothing() -> None:
    restarts = np.array([[0.5, 0.0], [0.5, 1.0]])
    pairs = RestartPairs.of(restarts, restarts, np.zeros(2))
    reach = pairs.reach(np.array([0.1, 0.1]))
    assert np.isinf(reach[1])
    assert np.isfinite(reach[[0, 2]]).all()
    items = ItemBounds.below(pairs, reach, half=1.0, slack=0.0)
    assert len(items.tops) == len(pairs.mixes) - 1
    assert items.at(np.array([0, 1])) == pytest.approx([0.1, 0.1], rel=1e-4)


def test_a_particle_that_is_not_listed_keeps_others_from_being_proved() -> None:
    """The twin of the rival: the second of two equal particles is not listed, and is looked at all the same."""
    graph = Graph.from_edges([0, 0, 1, 2], [1, 2, 0, 0])
    context = graph.context([0], 2, "exact")
    assert [item.separated for item in context] == [True, False]
    assert context.proved == 1
    assert not context.settled
    assert all(item.bound <= context.bound / 2 for item in context)


def test_bounds_of_single_scores_are_below_that_of_all() -> None:
    draws = np.random.default_rng(2)
    links = (draws.random((2, 150_000)) ** 3 * 20_000).astype(int)
    graph = Graph.from_edges(*links)
    for params in (FocusParams(), FocusParams.pagerank()):
        context = graph.context([graph.particles[100]], 10, "exact", params)
        assert min(item.bound for item in context) < context.bound / 4
        assert context.settled
