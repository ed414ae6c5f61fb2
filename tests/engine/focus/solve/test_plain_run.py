"""PageRank mode: plain steps where they are the cheapest, accelerated ones only as long as they pay."""

from __future__ import annotations

from typing import Any
from unittest.mock import PropertyMock, patch

import numpy as np
import pytest

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import SOLVERS, Operator
from focusmesh.engine.focus.operator.chunks import CHUNK
from focusmesh.engine.focus.solve.mixing import Mixer
from focusmesh.engine.focus.solve.plain_run import PlainRun
from focusmesh.engine.focus.solve.solver import chosen_for
from focusmesh.engine.links import Structure
from tests.engine.strategies import operator_of

PAGERANK = FocusParams.pagerank(0.85)


def neighbours(*, both_ways: bool, count: int = 2_000) -> Graph:
    """Particles in a circle that link to some of the next seven: mass travels far."""
    random = np.random.default_rng(1)
    source = random.integers(0, count, 8 * count)
    target = (source + random.integers(1, 8, len(source))) % count
    weight = random.uniform(0.1, 1, len(source))
    if both_ways:
        source, target = np.append(source, target), np.append(target, source)
        weight = np.append(weight, weight)
    return Graph.from_edges(source, target, weight, particles=count)


@pytest.mark.parametrize(
    "params", [PAGERANK, FocusParams(springs=0.2, diffusion=0.8, heat=0, terms=0)]
)
@pytest.mark.parametrize("even", [True, False])
def test_compiled_and_plain_steps_are_the_same(params: FocusParams, even: bool) -> None:
    graph = Graph.from_edges(
        [0, 1, 2, 4, 4], [1, 2, 3, 3, 0], [1.0, 2.0, 3.0, 4.0, 5.0], particles=9
    )
    structure, count = graph.structure, 9
    u = np.full(count, 1 / count) if even else np.eye(count)[2]
    u0 = np.full(count, 1 / count) if even else np.eye(count)[4]
    runs = []
    for compiled in (True, False):
        with patch.object(Structure, "is_compiled", PropertyMock(return_value=compiled)):
            run = PlainRun(
                Operator.on(structure, params, u, u0, "numpy"), np.full(count, 1 / count)
            )
            told = []
            for _ in range(5):
                told.append(run.apply())
                expected = Operator.on(structure, params, u, u0, "numpy").apply(run.x)
                assert np.allclose(run.image, expected, rtol=0, atol=1e-15)
                assert abs(told[-1][0] - np.abs(expected - run.x).sum()) <= 2e-12
                run.step()
            runs.append((run.x, told))
    assert np.allclose(runs[0][0], runs[1][0], rtol=0, atol=1e-15)
    assert np.allclose(runs[0][1], runs[1][1], rtol=0, atol=1e-14)


def test_who_runs_plainly() -> None:
    small, large = neighbours(both_ways=True), Graph.from_edges([0], [1], particles=CHUNK + 1)
    assert chosen_for(operator_of(small, PAGERANK)) == "plain"
    assert chosen_for(operator_of(small, FocusParams.pagerank(0.95))) == "anderson"
    assert chosen_for(operator_of(small, FocusParams())) == "anderson"
    assert chosen_for(operator_of(large, PAGERANK)) == "anderson"


@pytest.mark.parametrize("both_ways", [True, False])
def test_mixing_goes_on_only_where_it_pays(
    both_ways: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Along one-way chains nothing shortens the way of the mass; where links lead back, mixing does."""
    operator = operator_of(neighbours(both_ways=both_ways), PAGERANK)
    mixed, record = [], Mixer.record

    def count(*given: Any) -> list[float]:
        mixed.append(given)
        return record(*given)

    monkeypatch.setattr(Mixer, "record", count)
    plain = SOLVERS["plain"](operator, operator.u, 1e-6, None)
    assert not mixed
    found = SOLVERS["anderson"](operator, operator.u, 1e-6, None)
    assert np.abs(found.x - plain.x).sum() <= found.bound + plain.bound
    if both_ways:
        assert len(mixed) > 9
        assert found.iterations <= 0.8 * plain.iterations
    else:
        assert len(mixed) == 9
        assert found.iterations <= plain.iterations + 3


def test_few_steps_are_not_mixed_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(2)
    source, target = random.integers(0, 500, (2, 8_000))
    operator = operator_of(Graph.from_edges(source, target, particles=500), PAGERANK)
    monkeypatch.setattr(Mixer, "record", lambda *given: pytest.fail("mixed"))
    assert SOLVERS["anderson"](operator, operator.u, 1e-6, None).bound <= 1e-6
