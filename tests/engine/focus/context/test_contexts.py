"""Graph.context: what is asked, answered and refused, on small graphs and on one that is large enough to be pushed."""

from __future__ import annotations

import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Context, FocusParams, Graph
from focusmesh.errors import ConvergenceError, InputError, ParameterError, UnknownParticleError
from tests.engine.strategies import heavy_tailed

if TYPE_CHECKING:
    from focusmesh.engine.support.progress import Step

EFFORTS = ("fast", "balanced", "exact")
PAGERANK, FULL, LONG = FocusParams.pagerank(), FocusParams(), FocusParams(terms=11)
LINE = Graph.from_edges(["a", "b", "c", "d"], ["b", "c", "d", "b"])


@cache
def large() -> Graph:
    """200,000 links, most of the particles dangling, some alone; weights in float64."""
    return Graph.from_edges(*heavy_tailed(60_000, 200_000, 4), particles=60_100)


def names(context: Context) -> list[Any]:
    return [item.particle for item in context.items]


def numbers(context: Context) -> tuple[Any, ...]:
    """All of an answer but the time it took."""
    return context.items, context.bound, context.settled, context.visits


def check_against_focus(graph: Graph, context: Context, seeds: Any, u: Any = None) -> None:
    """Bound, ranks, relevance and what is said to be settled, against a closer solve."""
    focus = graph.focus(context.params, 1e-9, seeds, beta=context.beta, u=u)
    assert focus.prior is not None
    for rank, item in enumerate(context.items, 1):
        assert item.rank == rank
        assert abs(item.score - focus.score(item.particle)) <= context.bound + focus.bound
        before = focus.prior.score(item.particle)
        if item.score > 1e-4:
            assert item.relevance == pytest.approx(math.log(item.score / before), abs=1e-2)
    assert context.settled == all(item.separated for item in context.items)
    if context.settled:
        assert names(context) == [item.particle for item in focus.top(len(context))]


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("params", [PAGERANK, FULL])
def test_a_small_graph(effort: str, params: FocusParams) -> None:
    context = LINE.context({"a": 2, "c": 1}, 2, effort, params, beta=0.7)
    assert (len(context), context.effort, context.seeds) == (2, effort, ("a", "c"))
    assert effort != "exact" or context.bound <= 1e-6
    check_against_focus(LINE, context, {"a": 2, "c": 1})


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("params", [PAGERANK, FULL, LONG], ids=["pagerank", "full", "long runs"])
def test_a_large_graph(effort: str, params: FocusParams) -> None:
    graph = large()
    for seeds in ([7], {12: 1.0, 59_000: 2.0, 60_050: 0.5}):
        context = graph.context(seeds, 5, effort, params, beta=0.9)
        check_against_focus(graph, context, seeds)
        assert effort != "exact" or context.bound <= 1e-6
        exact = graph.focus(params, 1e-9, seeds, beta=0.9)
        best = {item.particle for item in exact.top(5)}
        assert len(best & set(names(context))) >= 4


def test_more_effort_tells_more() -> None:
    asked = [large().context([7, 90], 5, effort, PAGERANK, beta=1.0) for effort in EFFORTS]
    bounds, visits = [one.bound for one in asked], [one.visits for one in asked]
    assert bounds == sorted(bounds, reverse=True)
    assert visits == sorted(visits)
    assert visits[0] < 10_000 < large().axon_count


def test_the_work_ends_when_the_order_is_settled() -> None:
    """Two pairs apart from each other: one push suffices, whatever may still be spent."""
    source, target, weight = heavy_tailed(30_000, 150_000, 5)
    far = [(40_000, 40_001), (40_001, 40_000), (40_001, 40_002), (40_002, 40_000)]
    graph = Graph.from_edges(
        np.append(source, [pair[0] for pair in far]),
        np.append(target, [pair[1] for pair in far]),
        np.append(weight, np.ones(len(far))),
        particles=40_003,
    )
    quick, settled = (graph.context([40_000], 2, e, PAGERANK, beta=1.0) for e in EFFORTS[:2])
    assert quick.settled
    assert settled.settled
    assert numbers(quick) == numbers(settled)
    assert names(quick) == [40_000, 40_001]


@pytest.mark.parametrize("params", [PAGERANK, FULL])
@pytest.mark.parametrize("k", [1_500, 70_000])
def test_long_lists_need_no_insertion(params: FocusParams, k: int) -> None:
    graph = large()
    context = graph.context([7], k, "fast", params)
    assert len(context) == min(k, graph.particle_count)
    assert len(set(names(context))) == len(context)
    scores = [item.score for item in context]
    assert scores == sorted(scores, reverse=True)
    assert names(context)[:20] == names(graph.context([7], 20, "fast", params))


def test_dangling_and_lonely_seeds() -> None:
    graph = large()
    structure = graph.structure
    dangling = int(structure.order[structure.linking_count])
    for seed in (dangling, 60_050):
        for params in (PAGERANK, FULL):
            context = graph.context([seed], 3, "fast", params, beta=1.0)
            assert names(context)[0] == seed
            check_against_focus(graph, context, [seed])


def test_a_prior_of_ones_own_is_kept_apart() -> None:
    graph = large()
    u = np.linspace(1, 3, graph.particle_count)
    context = graph.context([7], 5, "balanced", PAGERANK, u=u)
    check_against_focus(graph, context, [7], u)
    assert numbers(context) == numbers(graph.context([7], 5, "balanced", PAGERANK, u=u))
    assert numbers(context) != numbers(graph.context([7], 5, "balanced", PAGERANK))


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("params", [PAGERANK, FULL])
def test_a_batch_says_what_each_says_alone(effort: str, params: FocusParams) -> None:
    asked: list[Any] = [[7], {12: 1.0, 90: 2.0}, [60_050], [7]]
    together = large().contexts(asked, 5, effort, params)
    for one, seeds in zip(together, asked, strict=True):
        alone = large().context(seeds, 5, effort, params)
        assert names(one) == names(alone)
        assert one.bound == pytest.approx(alone.bound, rel=1e-6)
    assert large().contexts([]) == []


def test_any_number_of_threads_gives_the_same_bits() -> None:
    asked = [[seed] for seed in range(24)]
    alone = [numbers(large().context(seeds, 5, "fast", FULL)) for seeds in asked]
    with ThreadPoolExecutor(6) as pool:
        found = pool.map(lambda seeds: large().context(seeds, 5, "fast", FULL), asked)
        assert [numbers(one) for one in found] == alone
    for effort in EFFORTS:
        one = large().context([3], 5, effort, PAGERANK, threads=1)
        assert numbers(one) == numbers(large().context([3], 5, effort, PAGERANK))


def test_what_is_shared_is_solved_once_and_anew_after_an_edit() -> None:
    graph = LINE.copy()
    told: list[Step] = []
    graph.context(["a"], progress=told.append)
    assert told
    told.clear()
    graph.context(["b"], effort="fast", progress=told.append)
    before = names(graph.context(["a"], 4))
    graph.link("a", "e", 100.0)
    assert "e" in names(graph.context(["a"], 5))
    assert "e" not in before


def test_an_interrupt_leaves_no_trace() -> None:
    graph = Graph.from_edges(*heavy_tailed(30_000, 120_000, 6))

    def stop(step: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        graph.context([3], effort="exact", params=PAGERANK, progress=stop)
    first = graph.context([3], 5, "exact", PAGERANK)
    with pytest.raises(KeyboardInterrupt):
        graph.context([4], effort="exact", params=PAGERANK, progress=stop)
    assert numbers(graph.context([3], 5, "exact", PAGERANK)) == numbers(first)


def test_answers_travel() -> None:
    context = LINE.context(["a"])
    assert pickle.loads(pickle.dumps(context)) == context
    back = pickle.loads(pickle.dumps(LINE))
    assert names(back.context(["a"])) == names(context)


@pytest.mark.parametrize("k", [0, -1, 1.5, "many", True, None])
def test_a_wrong_k(k: Any) -> None:
    with pytest.raises(ParameterError, match="k ≥ 1"):
        LINE.context(["a"], k)


@pytest.mark.parametrize("tolerance", [0, -1.0, float("nan"), float("inf")])
def test_a_wrong_tolerance(tolerance: float) -> None:
    with pytest.raises(ParameterError, match="tolerance"):
        LINE.context(["a"], tolerance=tolerance)


def test_what_else_is_refused() -> None:
    with pytest.raises(ParameterError, match="fast, balanced, exact"):
        LINE.context(["a"], effort="lazy")
    with pytest.raises(ParameterError, match="beta"):
        LINE.context(["a"], beta=1.5)
    with pytest.raises(UnknownParticleError, match="'z'"):
        LINE.context(["z"])
    with pytest.raises(InputError, match="at least one seed"):
        LINE.context([])
    with pytest.raises(InputError, match="shape"):
        LINE.context(["a"], u=[1.0, 2.0])
    with pytest.raises(ConvergenceError):
        LINE.context(["a"], effort="exact", tolerance=1e-18)


def test_how_it_looks() -> None:
    context = LINE.context(["a"], 2)
    assert repr(context).startswith("<Context of 2 particles")
    page = context._repr_html_()
    assert "Context of a" in page
    assert "links visited" in page


def test_balanced_answers_go_on_until_they_settle_or_are_exact() -> None:
    graph = large()
    for params in (FULL, PAGERANK):
        fast, balanced, exact = (graph.context([7, 90], 5, effort, params) for effort in EFFORTS)
        check_against_focus(graph, balanced, [7, 90])
        assert balanced.bound < fast.bound
        assert balanced.settled or balanced.bound <= 1e-6
        assert balanced.proved >= fast.proved
        assert balanced.visits <= 1.5 * exact.visits


@pytest.mark.parametrize("scale", [1e-60, 1e60])
def test_weights_beyond_float32_are_not_swept(scale: float) -> None:
    source, target, weight = heavy_tailed(30_000, 150_000, 7)
    graph = Graph.from_edges(source, target, weight * scale)
    seed = graph.particles[3]
    context = graph.context([seed], 5, "balanced", PAGERANK)
    check_against_focus(graph, context, [seed])
    assert context.bound <= 1e-2
