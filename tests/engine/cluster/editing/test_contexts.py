"""Contexts by ranks: within their bound of the dense oracle, edited or not, and close to a single machine's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph
from focusmesh.engine.cluster import PartGraph, PartQuery, make_parts, operator_of_part
from focusmesh.engine.focus.ranks import run_ranks
from focusmesh.errors import ParameterError
from tests.engine.cluster.editing.world import Edit, Model, batches, by_ranks, joined

if TYPE_CHECKING:
    from focusmesh.engine.cluster import PartBest
    from focusmesh.engine.focus.ranks import ThreadRanks

PARAMS = {"PageRank": FocusParams.pagerank(), "full": FocusParams()}
EFFORTS = ("fast", "balanced", "exact")
ALL = 1_000


@pytest.mark.parametrize("mode", PARAMS)
@pytest.mark.parametrize("effort", EFFORTS)
@settings(max_examples=4)
@given(
    size=st.integers(1, 4),
    seed=st.integers(0, 9),
    shares=st.dictionaries(st.integers(0, 25), st.floats(0.1, 1.0), min_size=1, max_size=3),
)
def test_every_score_of_a_context_is_within_the_bound(
    mode: str, effort: str, size: int, seed: int, shares: dict[int, float]
) -> None:
    """Seeds may be hubs, dangling, isolated or new; links change before."""
    params, model = PARAMS[mode], Model.drawn(seed)
    edit = Edit({(24, 3): 1.0, (2, 24): 0.5, (0, 1): 2.0}, adding=True, fresh=2)
    (told,) = batches(model, [edit])
    whole = sum(shares.values())
    seeds = {seed: share / whole for seed, share in shares.items()}

    def asked(graph: PartGraph) -> PartBest:
        graph.focus(params, 1e-7)
        graph.update(told)
        names = list(seeds)
        numbers = np.max(graph.edited.ranks.gather(graph.find(names).astype(float)), axis=0)
        weights = np.array(list(seeds.values()))
        return graph.context(PartQuery(numbers.astype(np.int64), weights, ALL, 0.5, effort, 1e-6))

    ranks, after = by_ranks(model, size, asked), model.edited(edit)
    scores = joined(ranks, after.particles)
    error = np.abs(scores - after.focus(params, seeds)).sum()
    assert error <= ranks[0].bound + 1e-12
    assert ranks[0].bound < {"fast": 0.5, "balanced": 0.5, "exact": 2e-6}[effort]
    assert len({rank.bound for rank in ranks}) == 1
    known = joined(
        [replace(rank, scores=rank.known) for rank in ranks if rank.known is not None],
        after.particles,
    )
    assert np.abs(known - after.focus(params)).sum() <= 1e-7


@pytest.mark.parametrize("mode", PARAMS)
def test_a_large_graph_answers_as_one_machine_does(mode: str) -> None:
    """Compiled rows; both answers are off by no more than their bounds, and the first ones are the same."""
    random = np.random.default_rng(3)
    ends = (6_000 * random.random((2, 120_000)) ** 2).astype(np.int64)
    graph = Graph.from_edges(ends[0], ends[1], random.uniform(0.1, 1, 120_000), particles=6_000)
    params, parts = PARAMS[mode], make_parts(graph, 3, align=False)
    seeds = graph.structure.position[[5, 77]].astype(np.int64)

    def asked(ranks: ThreadRanks) -> dict[str, PartBest]:
        part = parts[ranks.rank]
        own = PartGraph(part, operator_of_part(part, ranks), ranks)
        own.focus(params, 1e-8)
        weights = np.array([0.5, 0.5])
        return {
            effort: own.context(PartQuery(seeds, weights, 6_000, 0.5, effort, 1e-7))
            for effort in EFFORTS
        }

    told = run_ranks(3, asked, 60.0)
    exact = graph.context([5, 77], 6_000, "exact", params, tolerance=1e-8)
    truth = {item.particle: item.score for item in exact}
    for effort in EFFORTS:
        scores = joined([rank[effort] for rank in told], 6_000)
        error = sum(abs(scores[name] - truth[name]) for name in range(6_000))
        assert error <= told[0][effort].bound + exact.bound
    assert told[0]["exact"].bound <= 1e-7
    alone = graph.context([5, 77], 20, "fast", params)
    assert told[0]["balanced"].bound <= told[0]["fast"].bound < alone.bound
    best = max((rank["exact"] for rank in told), key=lambda rank: rank.scores[0])
    assert best.names[0] == exact.items[0].particle


def test_a_context_needs_a_focus() -> None:
    def asked(graph: PartGraph) -> None:
        graph.context(PartQuery(np.array([0]), np.array([1.0]), 3, 0.5, "fast", 1e-6))

    with pytest.raises(ParameterError, match="there is no focus yet"):
        by_ranks(Model.drawn(0), 2, asked)


def test_mass_that_crosses_over_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the bound: where parcels are dropped, the answer is off by more than it says."""
    model, params = Model.drawn(4), PARAMS["PageRank"]

    def asked(graph: PartGraph) -> PartBest:
        graph.focus(params, 1e-7)
        query = PartQuery(np.array([0]), np.array([1.0]), ALL, 0.5, "fast", 1e-6)
        return graph.context(query)

    monkeypatch.setattr("focusmesh.engine.cluster.push.send_to_owners", lambda *_: [])
    ranks = by_ranks(model, 3, asked)
    seed = int(model.graph().structure.order[0])
    scores = joined(ranks, model.particles)
    assert np.abs(scores - model.focus(params, {seed: 1.0})).sum() > ranks[0].bound
