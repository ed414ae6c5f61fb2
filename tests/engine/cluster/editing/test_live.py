"""Edits that stay with their owners: after any script, any number of ranks is within its bound of the dense oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh import FocusParams
from tests.engine.cluster.editing.world import Edit, Model, batches, by_ranks, joined

if TYPE_CHECKING:
    from focusmesh.engine.cluster import PartBest, PartGraph

PARAMS = {"PageRank": FocusParams.pagerank(), "full": FocusParams()}
TOLERANCE = 1e-4
ALL = 1_000

weights = st.floats(0.01, 3.0)


@st.composite
def scripts(draw: st.DrawFn, model: Model) -> list[Edit]:
    """Links that come, grow, shrink and go, rows that begin and cease to dangle, particles that join."""
    script, now = [], model
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(("add", "set", "dangle", "join")))
        fresh = draw(st.integers(1, 3)) if kind == "join" else 0
        ends = st.integers(0, now.particles + fresh - 1)
        if kind == "dangle":
            source = draw(ends)
            pairs = dict.fromkeys((pair for pair in now.links if pair[0] == source), 0.0)
        else:
            drawn = draw(st.lists(st.tuples(ends, ends), min_size=1, max_size=6))
            least = 0.0 if kind == "set" else 0.01
            pairs = {
                pair: draw(st.sampled_from((least, 0.5, 2.0)) | weights)
                for pair in drawn
                if pair[0] != pair[1]
            }
        script.append(Edit(pairs, kind in ("add", "join"), fresh))
        now = now.edited(script[-1])
    return script


@pytest.mark.parametrize("mode", PARAMS)
@settings(max_examples=12)
@given(data=st.data(), size=st.integers(1, 4), seed=st.integers(0, 3))
def test_any_script_stays_within_its_bound(
    mode: str, data: st.DataObject, size: int, seed: int
) -> None:
    params, model = PARAMS[mode], Model.drawn(seed)
    script = data.draw(scripts(model))
    told = batches(model, script)

    def edited(graph: PartGraph) -> list[tuple[float, PartBest]]:
        graph.focus(params, TOLERANCE)
        words = []
        for batch in told:
            word = graph.update(batch)
            assert word is not None
            words.append((word.bound, graph.top(ALL)))
        return words

    ranks = by_ranks(model, size, edited)
    for step, edit in enumerate(script):
        model = model.edited(edit)
        bound = ranks[0][step][0]
        assert bound <= TOLERANCE
        scores = joined([rank[step][1] for rank in ranks], model.particles)
        assert np.abs(scores - model.focus(params)).sum() <= bound + 1e-12


@pytest.mark.parametrize("mode", PARAMS)
def test_the_bound_before_a_repair_holds_too(mode: str) -> None:
    """What is certified without any work: new links change columns, and by how much is known in closed form."""
    params, model = PARAMS[mode], Model.drawn(5)
    script = [Edit({(0, 5): 0.3, (7, 2): 1.0}, adding=True), Edit({(1, 0): 0.0}, adding=False)]
    told = batches(model, script)

    def edited(graph: PartGraph) -> list[tuple[float, PartBest]]:
        graph.focus(params, 1e-9)
        graph.ledger.tolerance = 10.0
        words = []
        for batch in told:
            word = graph.update(batch)
            assert word is not None
            assert (word.sweeps, word.pushed) == (int(batch is told[0]), 0)
            words.append((word.bound, graph.top(ALL)))
        return words

    ranks = by_ranks(model, 3, edited)
    for step, edit in enumerate(script):
        model = model.edited(edit)
        scores = joined([rank[step][1] for rank in ranks], model.particles)
        error = np.abs(scores - model.focus(params)).sum()
        assert 1e-6 < error <= ranks[0][step][0] < 2.0


def test_a_bound_that_forgets_the_columns_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the test above: without what columns changed, the bound is of the graph as it was."""
    monkeypatch.setattr("focusmesh.engine.cluster.live.PartLedger._residual_growth", lambda _: 0.0)
    params, model = PARAMS["PageRank"], Model.drawn(5)
    edit = Edit({(0, 5): 0.3, (7, 2): 1.0}, adding=True)
    (told,) = batches(model, [edit])

    def edited(graph: PartGraph) -> tuple[float, PartBest]:
        graph.focus(params, 1e-9)
        word = graph.update(told)
        assert word is not None
        return word.bound, graph.top(ALL)

    ranks = by_ranks(model, 2, edited)
    after = model.edited(edit)
    scores = joined([best for _, best in ranks], after.particles)
    assert np.abs(scores - after.focus(params)).sum() > ranks[0][0]


def test_edits_that_are_taken_back_leave_no_trace() -> None:
    model = Model.drawn(2)
    (there, weight), *_ = model.links.items()
    script = [Edit({there: 9.0}, adding=False), Edit({there: weight}, adding=False)]
    told = batches(model, script)

    def edited(graph: PartGraph) -> tuple[float, float]:
        first = graph.focus(PARAMS["full"], 1e-6)
        graph.ledger.tolerance = 10.0
        for batch in told:
            graph.update(batch)
        return first.bound, graph.ledger.now.bound

    before, after = by_ranks(model, 2, edited)[0]
    assert after <= before * 1.01 + 1e-12


def test_every_rank_finds_its_own_and_weighs_its_pairs() -> None:
    model = Model.drawn(1)
    edit = Edit({(0, PARTICLE): 2.5, (PARTICLE, 3): 1.5}, adding=True, fresh=1)
    (told,) = batches(model, [edit])
    names = [*range(model.particles + 1), "nobody"]

    def asked(graph: PartGraph) -> tuple[list[int], list[float]]:
        assert graph.update(told) is None
        return graph.find(names).tolist(), graph.weights(told.source, told.target).tolist()

    found, weighed = zip(*by_ranks(model, 3, asked), strict=True)
    known = np.max(found, axis=0)
    assert known[-1] == -1
    assert sorted(known[:-1].tolist()) == list(range(model.particles + 1))
    held = model.edited(edit).links
    assert np.sum(weighed, axis=0).tolist() == [held[pair] for pair in edit.pairs]


PARTICLE = Model.drawn(1).particles
