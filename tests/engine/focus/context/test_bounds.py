"""Pushed contexts against the oracle: on small graphs of every kind, with the compiled kernels that large ones use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import Standing, dense_focus
from focusmesh.engine.focus.context.effort import answer
from focusmesh.engine.focus.context.push import Push, Query
from focusmesh.engine.focus.context.sweep import Sweeps
from tests.engine.strategies import graph_of, link_rows, params

EFFORTS = ("fast", "balanced", "exact")
MODES = st.one_of(params(), st.just(FocusParams.pagerank()), st.just(FocusParams(terms=11)))
TINY = 1e-13


@dataclass(frozen=True)
class Case:
    """A graph, what is asked of it, and the true scores in solver order."""

    standing: Standing
    query: Query
    truth: Any


def distributions(count: int) -> st.SearchStrategy[Any]:
    """Positive weights, or None for the uniform default."""
    drawn = st.lists(st.floats(0.01, 1), min_size=count, max_size=count).map(np.array)
    return st.one_of(st.none(), drawn)


@st.composite
def cases(draw: st.DrawFn, effort: str = "fast") -> Case:
    """Half of the particles dangle, seeds may be isolated, u and u0 may be anything positive."""
    count, rows = draw(link_rows())
    graph, chosen = graph_of(count, rows), draw(MODES)
    u, u0 = draw(distributions(count)), draw(distributions(count))
    seeds = draw(st.dictionaries(st.integers(0, count - 1), st.floats(0.1, 10), min_size=1))
    beta = draw(st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1)))
    k = draw(st.integers(1, count + 1))
    return case(graph, chosen, seeds, beta=beta, k=k, effort=effort, u=u, u0=u0)


def case(
    graph: Graph,
    chosen: FocusParams,
    seeds: dict[int, float],
    *,
    beta: float = 0.5,
    k: int = 3,
    effort: str = "fast",
    u: Any = None,
    u0: Any = None,
) -> Case:
    standing = Standing.on(graph, chosen, u, u0, sparse=True)
    structure, operator = graph.structure, standing.operator
    shares = np.array(list(seeds.values())) / sum(seeds.values())
    at = structure.position[list(seeds)].astype(np.int64)
    drawn = np.zeros(len(operator.u))
    drawn[at] = shares
    teleport = ((1 - beta) * operator.u + beta * drawn)[structure.position]
    landing = operator.u0[structure.position]
    truth = dense_focus(graph.links(), chosen, teleport, landing)[structure.order]
    return Case(standing, Query(at, shares, k, beta, effort, 1e-9), truth)


def pushed(case: Case, visits: int) -> tuple[Any, float, Push, Any]:
    """Estimate, bound, the push and its workspace after about so many link visits."""
    space = case.standing.workspaces.create()
    assert case.standing.prior is not None
    push = Push(case.standing, case.standing.prior, space, case.query)
    push.go_on(visits)
    push.weigh()
    return push.dense(), push.bound, push, space


@given(case=cases(), visits=st.sampled_from([0, 1, 5, 50, 5_000]))
def test_the_bound_of_a_push_holds(case: Case, visits: int) -> None:
    scores, bound, push, space = pushed(case, visits)
    assert np.abs(scores - case.truth).sum() <= bound + TINY
    assert abs(scores.sum() - 1) <= 1e-9
    found = push.best()
    order = case.standing.operator.structure.order
    wanted = np.lexsort((order, -scores))[: case.query.k + 1]
    np.testing.assert_allclose(found.scores, np.maximum(scores[wanted], 0), atol=TINY)
    push.clean()
    assert not any(array.any() for array in space.arrays[:3])


@given(
    case=cases(),
    visits=st.sampled_from([0, 5, 500]),
    passes=st.integers(0, 3),
    together=st.integers(1, 2),
)
def test_the_bound_of_sweeps_holds(case: Case, visits: int, passes: int, together: int) -> None:
    if not case.standing.sweeps:
        return
    several = []
    for _ in range(together):
        _, _, push, space = pushed(case, visits)
        several.append((space, case.query, push))
    assert case.standing.prior is not None
    sweeps = Sweeps(case.standing, case.standing.prior, several)
    for _ in range(passes):
        sweeps.pass_on()
    for lane in sweeps.lanes:
        found = lane.best()
        assert np.abs(lane.scores - case.truth).sum() <= found.bound + TINY


@given(data=st.data(), effort=st.sampled_from(EFFORTS))
def test_what_is_settled_is_true(data: st.DataObject, effort: str) -> None:
    case = data.draw(cases(effort))
    found = answer(case.standing, case.query)
    k = case.query.k
    assert np.abs(found.scores - case.truth[found.best]).sum() <= found.bound + TINY
    assert effort != "exact" or found.bound <= case.query.tolerance
    if found.is_settled(k):
        true = np.sort(case.truth)[::-1][:k]
        np.testing.assert_allclose(case.truth[found.best[:k]], true, atol=TINY)


def test_without_the_bound_of_the_residual_the_claim_is_wrong() -> None:
    """The twin of the bound tests: what known vectors and rounding alone add is exceeded."""
    graph = graph_of(6, [(0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0), (3, 0, 1.0), (4, 0, 1.0)])
    asked = case(graph, FocusParams.pagerank(), {0: 1.0}, beta=1.0)
    scores, bound, push, _ = pushed(asked, 1)
    error = np.abs(scores - asked.truth).sum()
    assert push.known_bound(push.mix) < error <= bound


@pytest.mark.parametrize("chosen", [FocusParams.pagerank(), FocusParams()])
def test_a_push_without_end_is_exact(chosen: FocusParams) -> None:
    graph = graph_of(5, [(0, 1, 1.0), (1, 2, 2.0), (2, 0, 1.0), (0, 3, 1.0)])
    asked = case(graph, chosen, {0: 1.0, 4: 1.0})
    scores, bound, _, _ = pushed(asked, 1_000_000)
    assert bound <= 1e-5
    np.testing.assert_allclose(scores, asked.truth, atol=1e-6)
