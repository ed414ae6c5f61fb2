"""Explanations against all walks, counted one by one."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph, explain
from focusmesh.engine.focus import Operator
from focusmesh.engine.focus.explanation.walk_guide import Guide
from focusmesh.engine.focus.operator.dense import dense_walk
from focusmesh.errors import ParameterError, UnknownParticleError
from tests.engine.strategies import graph_of, graphs, heavy_tailed, link_rows

T3 = graph_of(4, [(0, 1, 100.0), (1, 2, 50.0), (2, 0, 200.0), (3, 0, 300.0)])


def segment(walk: Any, mixed: Any, chosen: FocusParams, path: tuple[int, ...]) -> float:
    """What one step of M carries along all of ``path``: a link followed, or a run of Q as long."""
    run = float(np.prod([mixed[b, a] for a, b in pairwise(path)]))
    length = len(path) - 1
    carried = chosen.coefficients[length] * run if length < len(chosen.coefficients) else 0.0
    if length == 1:
        carried += chosen.diffusion * (1 - chosen.alpha) * walk[path[1], path[0]]
    return carried


def share_of(graph: Graph, chosen: FocusParams, path: tuple[int, ...], start: float) -> float:
    """Sum over all ways to cut ``path`` into steps, with any number of steps that stand still between.

    diffusion·α·start·Π(segments)·(1/(1 − c_0))^(segments + 1), over all segmentations.
    """
    walk, mixed, _ = dense_walk(graph.links())
    still = 1 / (1 - (chosen.coefficients[0] if chosen.coefficients else 0.0))
    total = 0.0
    for cuts in product([False, True], repeat=max(len(path) - 2, 0)):
        marks = [0, *[i + 1 for i, cut in enumerate(cuts) if cut], len(path) - 1]
        pieces = [path[a : b + 1] for a, b in pairwise(marks) if b > a]
        carried = float(np.prod([segment(walk, mixed, chosen, piece) for piece in pieces]))
        total += carried * still ** (len(pieces) + 1)
    return chosen.gap * start * total


@pytest.mark.parametrize("chosen", [FocusParams(), FocusParams.pagerank(), FocusParams(terms=2)])
@settings(max_examples=30)
@given(made=link_rows(6), beta=st.sampled_from([0.3, 1.0]))
def test_shares_are_those_of_the_walks(chosen: FocusParams, made: Any, beta: float) -> None:
    count, rows = made
    graph = graph_of(count, rows)
    degree = np.zeros(count)
    degree[graph.structure.order] = graph.structure.degree_total
    explained = explain(graph, [0], count - 1, params=chosen, beta=beta, walks=6, expansions=300)
    for walk in explained.walks:
        path = tuple(int(str(name)) for name in walk.particles)
        if len(path) <= 9 and degree[0] > 0:
            assert walk.share == pytest.approx(share_of(graph, chosen, path, beta), rel=1e-9)


def test_strongest_walks_by_enumeration() -> None:
    chosen = FocusParams()
    explained = explain(T3, [3], 2, walks=4)
    paths = [(3, *middle, 2) for length in range(6) for middle in product(range(4), repeat=length)]
    shares = sorted(((share_of(T3, chosen, path, 0.5), path) for path in paths), reverse=True)
    assert explained.proven
    for walk, (share, path) in zip(explained.walks, shares, strict=False):
        assert walk.particles == path
        assert walk.share == pytest.approx(share, rel=1e-10)


@given(graph=graphs(10), beta=st.floats(0, 1), data=st.data())
def test_parts_add_up(graph: Graph, beta: float, data: st.DataObject) -> None:
    names = st.integers(0, graph.particle_count - 1)
    seeds, target = data.draw(st.sets(names, min_size=1, max_size=3)), data.draw(names)
    explained = explain(graph, seeds, target, beta=beta, walks=4, expansions=200)
    shares = sum(walk.share for walk in explained.walks)
    total = shares + explained.background + explained.remainder
    assert total == pytest.approx(explained.score, abs=1e-15)
    assert explained.remainder >= -explained.bound
    assert all(walk.share > 0 for walk in explained.walks)
    assert sorted((walk.share for walk in explained.walks), reverse=True) == [
        walk.share for walk in explained.walks
    ]


def test_directions_and_relations() -> None:
    graph = Graph.from_edges(["a", "b", "b"], ["b", "c", "a"], relation=["knows", "likes", "cites"])
    walk = explain(graph, ["a"], "c").walks[0]
    assert walk.particles == ("a", "b", "c")
    assert walk.directions == ("↔", "→")
    assert walk.relations == (("knows", "cites"), ("likes",))
    assert explain(graph, ["c"], "a").walks[0].directions[0] == "←"


def test_a_target_out_of_reach() -> None:
    graph = graph_of(5, [(0, 1, 1.0), (1, 0, 1.0), (2, 3, 1.0), (3, 2, 1.0)])
    explained = explain(graph, [0], 2)
    assert (explained.walks, explained.proven) == ((), True)
    assert abs(explained.remainder) <= explained.bound


def test_seed_explains_itself_and_an_isolated_one_keeps_its_share() -> None:
    graph = graph_of(3, [(0, 1, 1.0)])
    assert explain(graph, [0], 0).walks[0].particles == (0,)
    alone = explain(graph, [2], 2, beta=1.0)
    assert alone.walks[0].share == pytest.approx(FocusParams().gap / 0.5, rel=1e-12)


LARGE = Graph.from_edges(*heavy_tailed(20_000, 120_000, 8), particles=20_000)


def reachable_pairs(params: FocusParams) -> list[tuple[int, int]]:
    """A seed and targets near and far from it."""
    order = LARGE.focus(params, seeds=[40], beta=1.0).order(3_000).tolist()
    return [(40, order[rank]) for rank in (0, 3, 100, 2_999)]


def test_a_large_graph_is_searched_as_a_small_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pushes and passes guide to the same walks as passes alone."""
    params = FocusParams.pagerank()
    pairs = reachable_pairs(params)
    assert LARGE.structure.is_compiled
    pushed = [explain(LARGE, [seed], target, params=params) for seed, target in pairs]
    monkeypatch.setattr("focusmesh.engine.links.structure.structure.COMPILED_FROM_LINKS", 10**9)
    for (seed, target), one in zip(pairs, pushed, strict=True):
        other = explain(LARGE, [seed], target, params=params)
        assert one.proven
        assert other.proven
        assert [walk.share for walk in one.walks] == pytest.approx(
            [walk.share for walk in other.walks], rel=1e-9
        )


@pytest.mark.parametrize("chosen", [FocusParams.pagerank(), FocusParams(terms=2)])
def test_the_guide_is_never_below_the_visits(chosen: FocusParams) -> None:
    """Against the series summed to its end."""
    structure, nowhere = LARGE.structure, np.zeros(LARGE.particle_count)
    walk = Operator.on(structure, chosen, nowhere, nowhere)
    for seed, target in reachable_pairs(chosen):
        start, end = (int(structure.position[name]) for name in (seed, target))
        guide = Guide(structure, chosen, np.array([start]), end)
        guide.tighten(0.5)
        bounds = guide.visits()[0]
        term, visits = nowhere.copy(), nowhere.copy()
        term[end] = 1.0
        while term.max() > 1e-14:
            visits += term
            step = chosen.diffusion * (1 - chosen.alpha) * walk.follow_adjoint(term)
            for k, coefficient in enumerate(chosen.coefficients):
                term = walk.undirected_adjoint(term) if k else term
                step += coefficient * term
            term = step
        assert np.all(bounds >= visits * (1 - 1e-9))
        assert bounds[start] <= 2 * visits[start]
        assert guide.is_reached


def test_refused() -> None:
    with pytest.raises(UnknownParticleError):
        explain(T3, [9], 0)
    with pytest.raises(UnknownParticleError):
        explain(T3, [0], 9)
    for options in ({"walks": -1}, {"expansions": 0}, {"beta": 2.0}):
        with pytest.raises(ParameterError):
            explain(T3, [0], 1, **options)
