"""Walks drawn from the focus: the right chances, the same draws everywhere, and updates that equal a solve anew."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus.certificate.digests import name_digest
from focusmesh.engine.focus.context.push import Query
from focusmesh.engine.focus.context.seed_vector import (
    PushedStandpoint,
    Standpoint,
    SweptStandpoint,
    standpoint_of,
)
from focusmesh.engine.focus.context.walk_sampler import Sampler, temper_scores, uniform
from focusmesh.errors import ParameterError, UnknownParticleError
from tests.engine.strategies import graphs, heavy_tailed

NAMES = ["ada", "ada", "bob", "bob", "cem", "dan", "eve", "dan", "gus"]
GRAPH = Graph.from_edges(NAMES, ["bob", "cem", "dan", "eve", "dan", "eve", "dan", "fay", "ada"])
LARGE = Graph.from_edges(*heavy_tailed(20_000, 120_000, 8), particles=20_000)
PAGERANK = FocusParams.pagerank()
# The quantile of χ² at one in ten thousand, for five degrees of freedom.
CHI_SQUARE_5 = 25.74


def query_of(
    graph: Graph, seeds: list[Any], effort: str = "exact", tolerance: float = 1e-9
) -> Query:
    positions = graph.structure.position[[graph.index(name) for name in seeds]].astype(np.int64)
    return Query(positions, np.full(len(seeds), 1 / len(seeds)), 20, 0.5, effort, tolerance)


def outside(graph: Graph, seeds: list[Any], temperature: float) -> dict[Any, float]:
    """The chances of everything outside of the context, by definition."""
    focus = graph.focus(tolerance=1e-12, seeds=seeds)
    chances = {
        name: focus.score(name) ** (1 / temperature)
        for name in graph.particles
        if name not in seeds
    }
    whole = sum(chances.values())
    return {name: chance / whole for name, chance in chances.items()}


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_first_step_is_drawn_with_the_right_chances(temperature: float) -> None:
    """χ² over four thousand seeds: focus^(1/T), all but the context."""
    expected, draws = outside(GRAPH, ["ada"], temperature), 4_000
    structure, query = GRAPH.structure, query_of(GRAPH, ["ada"])
    with standpoint_of(GRAPH, FocusParams(), query, None) as (standpoint, _):
        drawn = Counter(
            draw_of(Sampler(GRAPH.particles, structure.order, 20, temperature, seed), standpoint)
            for seed in range(draws)
        )
    assert set(drawn) <= set(expected)
    assert len(expected) == 6
    statistic = sum(
        (drawn[name] - draws * chance) ** 2 / (draws * chance) for name, chance in expected.items()
    )
    assert statistic < CHI_SQUARE_5


def draw_of(sampler: Sampler, standpoint: Standpoint) -> Any:
    """The name that the first step draws from ``ada``."""
    ada = int(GRAPH.structure.position[GRAPH.index("ada")])
    drawn = sampler.draw(standpoint, {ada}, 0)
    assert drawn is not None
    return sampler.particles[int(sampler.order[drawn[0].position])]


@pytest.mark.parametrize("temperature", [0.25, 1.0, 2.0])
def test_steps_tell_chance_score_relevance_and_bound(temperature: float) -> None:
    context: list[Any] = ["ada"]
    for step in GRAPH.walk(["ada"], 4, temperature, 5, tolerance=1e-9):
        expected = outside(GRAPH, context, temperature)
        focus = GRAPH.focus(tolerance=1e-12, seeds=context)
        assert 0 < step.bound <= 1e-9
        assert step.score == pytest.approx(focus.score(step.particle), abs=2e-9)
        assert step.probability == pytest.approx(expected[step.particle], rel=1e-6)
        prior = GRAPH.focus(tolerance=1e-12).score(step.particle)
        assert step.relevance == pytest.approx(math.log(step.score / prior), abs=1e-6)
        context.append(step.particle)


def test_candidates_are_the_best_k() -> None:
    best = GRAPH.focus(tolerance=1e-9, seeds=["ada"]).top(4)
    names = [ranked.particle for ranked in best if ranked.particle != "ada"][:2]
    drawn = {GRAPH.walk(["ada"], 1, 9.0, seed, k=2).particles[0] for seed in range(60)}
    assert drawn == set(names)


def test_without_temperature_the_best_is_taken_and_of_equal_ones_the_lower_digest() -> None:
    """A star: leaves tie until they join, more of them than there are candidates."""
    leaves = [f"leaf {number}" for number in range(30)]
    star = Graph.from_edges(["hub"] * 30, leaves)
    taken = star.walk(["hub"], 30, 0, 1, k=5)
    assert list(taken.particles) == sorted(leaves, key=name_digest)
    assert [step.probability for step in taken] == [1.0] * 30
    cold, zero = GRAPH.walk(["ada"], 5, 1e-300, 3), GRAPH.walk(["ada"], 5, 0, 3)
    assert cold.particles == zero.particles


def test_numbers_bytes_and_names_without_digest_are_drawn_too() -> None:
    for names in ([3, 1, 2, 0], [b"\x01", b"\x02", b"\x03", b"\x04"], [(1, 2), (0, 1), 0.5, None]):
        ring = Graph.from_edges([0, 1, 2, 3], [1, 2, 3, 0]).renamed(names)
        taken = ring.walk([names[0]], 9, 1.0, 2)
        assert sorted(map(repr, taken.particles)) == sorted(map(repr, names[1:]))


def test_a_walk_repeats_on_every_machine() -> None:
    """Written down once: the draws are read off BLAKE3, candidates stand by digest."""
    sample = GRAPH.walk(["ada"], 4, 1.0, 7)
    assert sample.particles == ("cem", "dan", "bob", "fay")
    drawn = [0.028852843714865184, 0.5912250297865719, 0.8729531574493401]
    assert [uniform(7, step) for step in range(3)] == drawn
    again = GRAPH.walk(["ada"], 4, 1.0, 7)
    assert (again.steps, again.seeds, again.params) == (sample.steps, sample.seeds, FocusParams())


@pytest.mark.parametrize("effort", ["fast", "balanced", "exact"])
@pytest.mark.parametrize("params", [PAGERANK, FocusParams(terms=3)])
def test_the_same_bits_with_any_number_of_threads(effort: str, params: FocusParams) -> None:
    one, two = (
        LARGE.walk([40, 41], 5, 0.8, 3, effort=effort, params=params, threads=threads)
        for threads in (1, 2)
    )
    assert one.steps == two.steps
    assert len(set(one.particles)) == 5
    other = LARGE.walk([40, 41], 5, 0.8, 4, effort=effort, params=params)
    assert other.particles != one.particles


@settings(max_examples=25)
@given(graph=graphs(9), data=st.data(), beta=st.floats(0, 1))
def test_updates_equal_a_solve_anew(graph: Graph, data: st.DataObject, beta: float) -> None:
    """Of small graphs: seeds with weights, and particles that join as heavy as those are on average."""
    names = st.integers(0, graph.particle_count - 1)
    weights = data.draw(st.dictionaries(names, st.integers(1, 5), min_size=1, max_size=3))
    sample = graph.walk(weights, 4, 1.0, 1, beta=beta, tolerance=1e-8)
    context: dict[Any, float] = {name: float(weight) for name, weight in weights.items()}
    mean = sum(context.values()) / len(context)
    for step in sample:
        focus = graph.focus(tolerance=1e-8, seeds=context, beta=beta)
        assert abs(focus.score(step.particle) - step.score) <= focus.bound + step.bound
        assert step.particle not in context
        context[step.particle] = mean


@pytest.mark.parametrize("effort", ["fast", "balanced"])
@pytest.mark.parametrize("params", [PAGERANK, FocusParams(terms=3), FocusParams(terms=10)])
def test_pushed_updates_equal_a_solve_anew_within_their_bound(
    effort: str, params: FocusParams
) -> None:
    """All scores of a large graph after every step, in L1; seeds that dangle or stand alone among them."""
    structure = LARGE.structure
    alone = int(structure.order[np.flatnonzero(structure.degree_total == 0)[0]])
    dangling = int(structure.order[structure.linking_count])
    context = [40, dangling, alone]
    query = query_of(LARGE, context, effort, 1e-6)
    with standpoint_of(LARGE, params, query, None) as (standpoint, _):
        for joining in (3, 19_999, alone - 1, 41):
            focus = LARGE.focus(params, 1e-9, context)
            found = estimate(standpoint)[structure.position]
            assert np.abs(found - focus.scores).sum() <= standpoint.bound + focus.bound
            best, scores = standpoint.best(50)
            np.testing.assert_allclose(scores, np.sort(found)[::-1][:50], rtol=1e-12)
            np.testing.assert_allclose(found[structure.order[best]], scores, rtol=1e-12)
            standpoint.join(int(structure.position[joining]), 1 / 3)
            context.append(joining)
        assert standpoint.bound < 1


def estimate(standpoint: Standpoint) -> Any:
    """Its scores of all particles, in solver order."""
    if isinstance(standpoint, PushedStandpoint):
        return standpoint._push.dense()
    assert isinstance(standpoint, SweptStandpoint)
    return standpoint._scores


def test_a_stopped_walk_leaves_clean_scratch_space() -> None:
    def stop(_: object) -> None:
        raise InterruptedError

    before = LARGE.walk([40], 3, 1.0, 3, effort="fast").steps
    for _ in range(3):
        with pytest.raises(InterruptedError):
            LARGE.walk([40], 3, 1.0, 3, effort="fast", progress=stop)
        assert LARGE.walk([40], 3, 1.0, 3, effort="fast").steps == before


def test_a_walk_ends_where_nothing_is_left() -> None:
    assert len(GRAPH.walk(["ada"], 100)) == GRAPH.particle_count - 1
    assert len(GRAPH.walk(GRAPH.particles, 5)) == 0
    assert GRAPH.walk(["ada"], 0).steps == ()
    assert GRAPH.walk("ada", 1).seeds == ("ada",)


def test_what_is_shown() -> None:
    sample = GRAPH.walk(["ada", "bob"], 2, 0)
    assert repr(sample) == "<WalkSample 'ada', 'bob' → 'dan' → 'eve'>"
    page = sample._repr_html_()
    assert page.count("<tr>") == 3
    assert "Walk from ada, bob" in page
    assert [step.particle for step in sample] == list(sample.particles)


def test_temper() -> None:
    assert temper_scores([0.4, 0.1], 0.5) == pytest.approx([1, 1 / 16])
    assert temper_scores([0.4, 0.1], 1e-320) == [1.0, 0.0]
    assert temper_scores([0.3, 0.3], 1e-320) == [1.0, 1.0]
    draws = [uniform(-3, step) for step in range(2_000)]
    assert 0 <= min(draws) < max(draws) < 1
    assert np.mean(draws) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": -0.1},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"temperature": "warm"},
        {"steps": -1},
        {"steps": 1.5},
        {"seed": "one"},
        {"k": 0},
        {"effort": "lazy"},
        {"beta": 2.0},
        {"tolerance": 0.0},
    ],
)
def test_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(options))):
        GRAPH.walk(["ada"], **options)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownParticleError, match="zoe"):
        GRAPH.walk(["zoe"])
