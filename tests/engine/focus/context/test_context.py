"""Contexts, seeds, teleports: what is given and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import dense_focus
from focusmesh.errors import InputError, ParameterError, UnknownParticleError
from focusmesh.ids import digest, to_cid
from tests.engine.strategies import graphs, params

LINE = Graph.from_edges(["a", "b", "c", "d"], ["b", "c", "d", "b"])


@given(graph=graphs(), chosen=params(), beta=st.floats(0, 1), data=st.data())
def test_context_against_the_oracle(
    graph: Graph, chosen: FocusParams, beta: float, data: st.DataObject
) -> None:
    count = graph.particle_count
    seeds = data.draw(
        st.dictionaries(st.integers(0, count - 1), st.floats(0.1, 10), min_size=1, max_size=3)
    )
    focus = graph.focus(chosen, 1e-9, seeds, beta=beta)
    drawn = np.zeros(count)
    drawn[list(seeds)] = list(seeds.values())
    flat = np.full(count, 1 / count)
    teleport = (1 - beta) * flat + beta * drawn / drawn.sum()
    exact = dense_focus(graph.links(), chosen, teleport, flat)
    assert np.abs(focus.scores - exact).sum() <= focus.bound + 1e-14
    assert abs(focus.scores.sum() - 1) <= 1e-12


def test_relevance_is_against_the_global_focus() -> None:
    focus = LINE.focus(seeds=["a"])
    assert focus.prior is not None
    assert focus.relevance is not None
    np.testing.assert_allclose(focus.relevance, np.log(focus.scores / focus.prior.scores))
    assert LINE.focus().relevance is None
    assert focus.relevance[0] > 0


def test_the_global_focus_is_kept_until_an_edit() -> None:
    graph = LINE.copy()
    first = graph.focus(seeds=["a"]).prior
    assert graph.focus(seeds=["b"]).prior is first
    assert graph.focus(tolerance=1e-7) is not first
    graph.link("a", "c")
    assert graph.focus(seeds=["a"]).prior is not first


@pytest.mark.parametrize(
    "seeds",
    [[], {}, {"a": 0.0}, {"a": -1.0}, {"a": float("nan")}, {"a": float("inf")}, {"a": "much"}],
)
def test_seeds_refused(seeds: Any) -> None:
    with pytest.raises(InputError):
        LINE.focus(seeds=seeds)


def test_unknown_seed_is_named() -> None:
    with pytest.raises(UnknownParticleError, match="'z'"):
        LINE.focus(seeds=["a", "z"])


@pytest.mark.parametrize("beta", [-0.1, 1.1, float("nan")])
def test_beta_refused(beta: float) -> None:
    with pytest.raises(ParameterError, match="beta"):
        LINE.focus(seeds=["a"], beta=beta)


@pytest.mark.parametrize("seeds", ["a", ["a"], {"a": 5.0}, ("a", "a"), {"a": 1e308, "b": 0.0}])
def test_ways_to_say_one_seed(seeds: Any) -> None:
    focus = LINE.focus(seeds=seeds)
    assert focus.seeds == ("a",)
    np.testing.assert_array_equal(focus.scores, LINE.focus(seeds=["a"]).scores)


def test_one_particle_under_two_names_is_one_seed() -> None:
    one, other = digest(b"one"), digest(b"other")
    graph = Graph.from_edges([one], [other])
    twice = graph.focus(seeds=[one, to_cid(one)])
    np.testing.assert_array_equal(twice.scores, graph.focus(seeds=[one]).scores)


def test_huge_seed_weights() -> None:
    focus = LINE.focus(seeds={"a": 1e308, "b": 1e308})
    np.testing.assert_allclose(focus.scores, LINE.focus(seeds=["a", "b"]).scores, atol=1e-12)


@pytest.mark.parametrize("name", ["u", "u0"])
@pytest.mark.parametrize(
    "values",
    [
        [1.0, 1.0],
        np.ones((4, 1)),
        [0.0] * 4,
        [1.0, -1.0, 1.0, 1.0],
        [1.0, float("nan"), 1.0, 1.0],
        [1.0, float("inf"), 1.0, 1.0],
        ["a", "b", "c", "d"],
        {"z": 1.0},
        {"a": "x"},
    ],
)
def test_vectors_refused(name: str, values: Any) -> None:
    with pytest.raises(InputError):
        LINE.focus(**{name: values})


@pytest.mark.parametrize(
    "u", [[1e308] * 4, [5e-324] * 4, {"a": 1, "b": 1, "c": 1, "d": 1}, np.ones(8, ">f4")[::2]]
)
def test_only_the_direction_of_a_teleport_counts(u: Any) -> None:
    np.testing.assert_allclose(LINE.focus(u=u).scores, LINE.focus().scores, atol=1e-6)
