"""Live focuses of graphs that are large enough for compiled kernels: against cold solves of the edited graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import FocusParams, Graph, LiveFocus
from tests.engine.strategies import heavy_tailed

if TYPE_CHECKING:
    from focusmesh.engine.support.progress import Step

TOLERANCE = 1e-6
PARTICLES, LINKS = 20_000, 150_000


@pytest.fixture(scope="module")
def graph() -> Graph:
    made = Graph.from_edges(*heavy_tailed(PARTICLES, LINKS, 3), particles=PARTICLES)
    assert made.structure.is_compiled
    return made


def edit(live: LiveFocus, links: list[tuple[int, int]], draws: Any, step: int) -> None:
    """One of what happens to a graph, drawn."""
    kind = draws.integers(6)
    pair = links[int(draws.integers(len(links)))]
    if kind == 0:
        live.unlink(*pair)
        links.remove(pair)
    elif kind == 1:
        live.reweight(*pair, float(draws.random()) + 0.1)
    elif kind == 2:
        live.link(PARTICLES + step, pair[1])
    else:
        rows = [
            (*draws.integers(0, PARTICLES, 2).tolist(), 1.0) for _ in range(int(4 ** (kind - 3)))
        ]
        live.update(rows)


def assert_equal_to_a_cold_solve(live: LiveFocus, u: Any = None) -> None:
    cold = live.graph.focus(live.params, live.tolerance, u=u, u0=u)
    focus = live.focus()
    assert focus.bound <= live.tolerance
    assert list(focus.particles)[-3:] == list(cold.particles)[-3:]
    assert np.abs(focus.scores - cold.scores).sum() <= focus.bound + cold.bound
    ranked = [line.particle for line in live.top(20)]
    assert ranked == [line.particle for line in focus.top(20)]


@pytest.mark.parametrize(
    "chosen", [FocusParams.pagerank(), FocusParams()], ids=["pagerank", "full"]
)
def test_many_edits(graph: Graph, chosen: FocusParams) -> None:
    live, draws = graph.live(chosen, TOLERANCE), np.random.default_rng(8)
    columns = graph.links()
    links = list(zip(columns.source.tolist(), columns.target.tolist(), strict=True))
    for step in range(60):
        edit(live, links, draws, step)
        assert live.bound <= TOLERANCE
        assert live.report.bound == live.bound
    assert_equal_to_a_cold_solve(live)
    assert graph.link_count == len(columns)


@pytest.mark.parametrize(
    "chosen", [FocusParams.pagerank(), FocusParams()], ids=["pagerank", "full"]
)
def test_a_large_batch_and_a_merge(graph: Graph, chosen: FocusParams) -> None:
    live, draws = graph.live(chosen, TOLERANCE), np.random.default_rng(9)
    for count in (100, 4_000):
        source, target = draws.integers(0, PARTICLES, (2, count))
        live.extend(source, target, draws.random(count))
        assert live.bound <= TOLERANCE
    assert live.report.merged
    live.link("a name", 3)
    assert_equal_to_a_cold_solve(live)


def test_another_prior(graph: Graph) -> None:
    live, draws = graph.live(FocusParams.pagerank(), TOLERANCE), np.random.default_rng(10)
    prior = draws.random(PARTICLES)
    live.teleport(prior)
    live.link(5, 7, 3.0)
    assert_equal_to_a_cold_solve(live, prior)
    u0 = draws.random(PARTICLES)
    live.teleport({3: 1.0, 8: 2.0}, u0)
    live.unlink(5, 7)
    seeds = np.zeros(PARTICLES)
    seeds[[3, 8]] = 1.0, 2.0
    cold = live.graph.focus(live.params, TOLERANCE, u=seeds, u0=u0)
    assert np.abs(live.focus().scores - cold.scores).sum() <= live.bound + cold.bound


@pytest.mark.parametrize(
    "chosen", [FocusParams.pagerank(), FocusParams()], ids=["pagerank", "full"]
)
def test_an_interrupt_leaves_a_certified_state(graph: Graph, chosen: FocusParams) -> None:
    live, draws = LiveFocus(graph, chosen, TOLERANCE, eager=True), np.random.default_rng(11)
    rows = [(*draws.integers(0, PARTICLES, 2).tolist(), 1.0) for _ in range(500)]

    def stop(step: Step) -> None:
        raise InterruptedError(step.what)

    with pytest.raises(InterruptedError, match=r"updating|ranking"):
        live.update(rows, progress=stop)
    exact = live.graph.focus(chosen, 1e-9)
    assert TOLERANCE < live.bound_now < 1
    scores = live._keeper.scores()
    assert np.abs(scores - exact.scores).sum() <= live.bound_now + exact.bound
    live.update([])
    assert_equal_to_a_cold_solve(live)


def test_a_small_edit_costs_no_pass(graph: Graph) -> None:
    live = LiveFocus(graph, FocusParams.pagerank(), 1e-5, eager=True)
    total = sum(live.link(1_000 + i, 5_000 + i, 1e-3).passes for i in range(10))
    assert total <= 2
