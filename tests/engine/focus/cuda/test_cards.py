"""What a card is asked for beside solves and integer steps (test_solver.py, test_certificate*.py): the public calls."""

from __future__ import annotations

import gc
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import certify, verify
from focusmesh.engine.focus.context.effort import all_scores, answers
from focusmesh.engine.focus.context.push import Query
from focusmesh.engine.focus.context.standing import Standing
from focusmesh.engine.focus.devices.backend import DEVICES
from focusmesh.engine.focus.operator.reduction import LOCAL
from focusmesh.engine.focus.solve.estimate import CONTEXTS, FOCUS
from focusmesh.engine.focus.solve.result import CardFocus, Focus
from focusmesh.errors import CardError
from tests.engine.focus.cuda.cards import CARDS
from tests.engine.strategies import heavy_tailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.focus.devices.device import Device
    from tests.conftest import Needs, NotRun

PARAMS = {"full": FocusParams(), "pagerank": FocusParams.pagerank()}


@pytest.fixture(params=CARDS or ("none",))
def card(request: pytest.FixtureRequest, not_run: NotRun) -> str:
    if request.param == "none":
        not_run("no graphics card")
    name: str = request.param
    return name


@pytest.fixture
def cuda(not_run: NotRun, needs: Needs) -> Iterator[Device]:
    """The NVIDIA card, with as much of CuPy's memory as it has."""
    if "cuda" not in CARDS:
        not_run("no NVIDIA card")
    yield DEVICES["cuda"]()
    pool = needs("cupy").get_default_memory_pool()
    pool.set_limit(size=0)
    pool.free_all_blocks()


def some_graph(seed: int = 5, weight: Any = None, count: int = 3_000) -> Graph:
    """Heavy-tailed, half of it dangling, some of it without any link."""
    source, target, _ = heavy_tailed(count, 40_000, seed)
    weights = None if weight is None else weight(np.random.default_rng(seed), len(source))
    return Graph.from_edges(source, target, weights, particles=count + 50)


WEIGHTS = {
    "plain": None,
    "float32": lambda draws, count: draws.integers(1, 9, count).astype(np.float32),
    "float64": lambda draws, count: draws.random(count) + 0.1,
}


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
def test_a_focus_there_is_the_focus_here(card: str, params: FocusParams, weight: Any) -> None:
    graph = some_graph(weight=weight)
    u = np.arange(1.0, graph.particle_count + 1)
    for given in ({}, {"u": u}, {"u0": u}, {"seeds": [3, 3_001]}):
        there, here = (graph.focus(params, 1e-9, backend=name, **given) for name in (card, "cpu"))
        assert there.backend == card
        assert there.bound <= 1e-9
        assert np.abs(there.scores - here.scores).sum() <= there.bound + here.bound


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
@pytest.mark.parametrize(
    "weight",
    [
        pytest.param(WEIGHTS[name], marks=[pytest.mark.soak] * (name != "float32"), id=name)
        for name in WEIGHTS
    ],
)
def test_contexts_pushed_there_are_within_their_bounds(
    card: str, params: FocusParams, weight: Any
) -> None:
    graph = some_graph(weight=weight)
    there = Standing.on(graph, params, sparse=True, backend=card)
    here = Standing.on(graph, params, sparse=True, backend="cpu")
    position = graph.structure.position
    count = 40 if DEVICES[card]().is_hardware() else 8  # what stands in for a card is slow
    # 3,001 has no link, others dangle
    seeds = [[at, 3_001, (7 * at) % 3_000] for at in range(count)]
    queries = [
        Query(position[sorted(set(names))].astype(np.int64), shares(names), 10, 0.6, "fast", 1e-6)
        for names in seeds
    ]
    for query, found in zip(queries, answers(there, queries), strict=True):
        exact, bound, _ = all_scores(here, exactly(query))
        assert np.abs(found.scores - exact[found.best]).sum() <= found.bound + bound
        left = np.delete(exact, found.best).max()
        assert left <= found.scores[-1] + found.bound + bound
        assert found.bound < 1.2


def shares(names: list[int]) -> Any:
    count = len(set(names))
    return np.full(count, 1 / count)


def exactly(query: Query) -> Query:
    return Query(query.seeds, query.shares, query.k, query.beta, "exact", 1e-9)


@pytest.mark.parametrize("effort", ["fast", "balanced", "exact"])
def test_contexts_by_the_public_call(card: str, effort: str) -> None:
    graph = some_graph()
    count = 20 if DEVICES[card]().is_hardware() else 4  # what stands in for a card is slow
    contexts = [[at, (11 * at) % 3_000] for at in range(count)]
    there = graph.contexts(contexts, 5, effort, backend=card)
    here = graph.contexts(contexts, 5, "exact", backend="cpu")
    for one, other in zip(there, here, strict=True):
        assert not one.settled or [i.particle for i in one] == [i.particle for i in other]
    assert effort != "exact" or all(one.bound <= 1e-6 for one in there)


def test_certificates_there_have_the_bits_of_those_here(card: str) -> None:
    graph = some_graph(
        weight=lambda draws, count: draws.integers(1, 2**22, count).astype(np.float64)
    )
    made = certify(graph, backend=card)
    checked = [verify(graph, made, backend=name) for name in (card, "cpu")]
    assert checked[0].rise == checked[1].rise
    assert checked[0].rounding == checked[1].rounding
    assert verify(graph, certify(graph, backend="cpu"), backend=card).residual <= 1e-8


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
def test_what_was_estimated_is_enough_and_less_is_refused(
    cuda: Device, needs: Needs, params: FocusParams, weight: Any
) -> None:
    gc.collect()
    graph = some_graph(weight=weight, count=200_000)
    pool = needs("cupy").get_default_memory_pool()
    pool.free_all_blocks()
    needed = cuda.memory(FOCUS, graph.structure, params).required_bytes
    pool.set_limit(size=pool.used_bytes() + needed // 2)
    with pytest.raises(CardError, match=r"focus of .* axons needs .* of the card, which has"):
        graph.focus(params, backend="cuda")
    pool.set_limit(size=pool.used_bytes() + needed + (8 << 20))
    focus = graph.focus(params, backend="cuda")
    assert focus.bound <= 1e-6
    assert focus.report is not None
    assert focus.report.card_bytes is not None
    assert needed / 3 <= focus.report.card_bytes <= needed
    assert cuda.memory(FOCUS, graph.structure, params).held_bytes == 0


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
def test_contexts_in_small_room_are_those_of_large(
    cuda: Device, needs: Needs, params: FocusParams
) -> None:
    graph, pool = some_graph(), needs("cupy").get_default_memory_pool()
    queries = [
        Query(np.array([at]), np.ones(1), 10, 0.6, "fast", 1e-6) for at in range(0, 1_000, 50)
    ]
    pool.free_all_blocks()
    needed = cuda.memory(CONTEXTS, graph.structure, params).required_bytes
    pool.set_limit(size=pool.used_bytes() + needed + (8 << 20))
    small = answers(Standing.on(graph, params, sparse=True, backend="cuda"), queries)
    pool.set_limit(size=0)
    large = answers(Standing.on(graph, params, sparse=True, backend="cuda"), queries)
    for one, other in zip(small, large, strict=True):
        assert np.abs(one.scores - other.scores).max() <= one.bound + other.bound


def test_memory_that_ends_in_the_middle_is_told_and_leaves_the_card_usable(
    cuda: Device, needs: Needs, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, pool = some_graph(count=200_000), needs("cupy").get_default_memory_pool()
    pool.free_all_blocks()
    monkeypatch.setattr("focusmesh.engine.focus.devices.backend._lacks", lambda *_: None)
    pool.set_limit(size=pool.used_bytes() + (4 << 20))
    with pytest.raises(CardError, match="free memory there"):
        graph.focus(backend="cuda")
    pool.set_limit(size=0)
    assert graph.focus(backend="cuda").bound <= 1e-6


def test_a_graph_that_is_gone_leaves_the_card(cuda: Device, needs: Needs) -> None:
    pool = needs("cupy").get_default_memory_pool()
    gc.collect()
    before = pool.used_bytes()
    graph = some_graph()
    graph.focus(backend="cuda")
    assert pool.used_bytes() > before
    del graph
    gc.collect()
    assert pool.used_bytes() == before


def test_links_that_come_to_a_structure_there(cuda: Device, needs: Needs) -> None:
    from focusmesh.engine.focus.cuda import CardOperator, CardStructure, solve_on_card

    graph, draws = some_graph(), np.random.default_rng(8)
    structure, n = CardStructure.of(graph.structure), graph.particle_count
    order, position = graph.structure.order, graph.structure.position
    links, flat = graph.links(), np.full(1, 1 / n)
    source, target = np.array(links.source), np.array(links.target)
    weight = np.ones(len(links)) if links.weight is None else np.array(links.weight, float)
    for _ in range(3):
        ends = draws.integers(0, n, (2, 500))
        amounts = draws.integers(1, 4, 500).astype(float)
        ends[:, :100] = ends[:, 100:200]  # pairs that come twice
        ends[:, 200:300] = source[:100], target[:100]  # and some that are there
        structure.add_links(position[ends[0]], position[ends[1]], amounts)
        source, target = np.append(source, ends[0]), np.append(target, ends[1])
        weight = np.append(weight, amounts)
        edited = Graph.from_edges(source, target, weight, particles=n)
        np.testing.assert_allclose(
            structure.out_total.get(), edited.structure.out_total[edited.structure.position[order]]
        )
        for params in PARAMS.values():
            operator = CardOperator(structure, params, flat, flat, LOCAL)
            x, residual, _ = solve_on_card(operator, 1e-9)
            here, scores = edited.focus(params, 1e-9, backend="cpu"), np.empty(n)
            scores[order] = x.get()
            apart = np.abs(scores - here.scores).sum()
            assert apart <= operator.bound(residual, 1.0) + here.bound


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
def test_scores_stay_there_until_the_host_reads_them(
    cuda: Device, needs: Needs, params: FocusParams
) -> None:
    cupy = needs("cupy")
    graph = some_graph(weight=WEIGHTS["float64"])
    focus = graph.focus(params, 1e-9, backend="cuda")
    assert isinstance(focus, CardFocus)
    there = cupy.asarray(focus)
    assert there.data.ptr == cupy.from_dlpack(focus).data.ptr == focus.card_scores.data.ptr
    here = graph.focus(params, 1e-9, backend="cpu")
    assert np.abs(there.get() - here.scores).sum() <= focus.bound + here.bound
    assert np.array_equal(focus.scores, there.get())
    assert focus.card_scores.data.ptr != there.data.ptr
    assert np.array_equal(cupy.asarray(focus).get(), focus.scores)
    assert type(pickle.loads(pickle.dumps(focus))) is Focus
