"""Compiled models answer as the graph does, within 2κᴸ, and say how far they are off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph
from focusmesh.engine.compile import CompiledModel, Heads
from focusmesh.engine.compile.accuracy import compare_answers, divergence, fixed_contexts
from focusmesh.engine.compile.layers import layers_for
from focusmesh.engine.compile.truth import solve_contexts
from focusmesh.errors import InputError, ParameterError, UnknownParticleError
from tests.engine.compile.cases import FORMS, GRAPHS, LOW_RANK, PARAMS, random_graph


@pytest.mark.parametrize("options", FORMS, ids=str)
@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
@pytest.mark.parametrize("name", GRAPHS)
def test_the_error_of_every_depth_is_within_its_bound(
    name: str, params: object, options: dict[str, object]
) -> None:
    graph = GRAPHS[name]()
    model = graph.compile(None, params, **options)  # type: ignore[arg-type]
    context = [graph.particles[0]]
    truth = graph.focus(model.params, 1e-10, context).scores
    for depth in (0, 1, 3, 10, model.layers):
        answer = model.forward(context, depth)
        assert abs(answer.sum() - 1) < 1e-12
        assert np.abs(answer - truth).sum() <= model.bound(depth) + 1e-10
    assert np.abs(answer - truth).sum() <= 1e-3


@given(st.integers(0, 1_000), st.integers(1, 25), st.integers(0, 60), st.integers(0, 60))
def test_the_bound_holds_on_any_graph(seed: int, count: int, links: int, depth: int) -> None:
    graph = random_graph(count, links, seed)
    heads, params = Heads.of(graph.links()), FocusParams()
    model = CompiledModel(graph.particles, heads, params, beta=0.5, layers=1, form="edges", root="")
    truth = graph.focus(tolerance=1e-10, seeds=[0]).scores
    answer = model.forward([0], depth)
    assert np.abs(answer - truth).sum() <= model.bound(depth) + 1e-10


def test_kl_falls_with_layers_and_with_rank() -> None:
    graph = random_graph(60, 400)
    report = graph.compile(form="dense").report
    assert report is not None
    exact = [row for row in report["errors"] if row["method"] == "exact"]
    ranked = [row for row in report["errors"] if row["method"] == "svd"]
    for rows in (exact, ranked):
        divergences = [row["kl_mean"] for row in rows]
        assert divergences == sorted(divergences, reverse=True)
    assert [row["rank"] for row in ranked] == [8, 16, 32]
    assert all(row["l1_max"] <= row["bound"] for row in exact)
    assert (
        exact[-1]["kl_mean"]
        < 1e-9
        < ranked[-1]["kl_mean"]
        < report["baselines"]["uniform"]["kl_mean"]
    )
    assert report["truth_bound"] < 2e-9
    assert 1 <= report["d_star"] <= report["d_star_truncated_at"] == 32


@pytest.mark.parametrize("options", LOW_RANK, ids=str)
def test_low_rank_answers_are_distributions_nearer_than_uniform(options: dict[str, object]) -> None:
    graph = random_graph(60, 300)
    model = graph.compile(**options)  # type: ignore[arg-type]
    truth = graph.focus(tolerance=1e-9, seeds=[1, 2]).scores
    answer = model.forward([1, 2])
    assert (answer > 0).all()
    assert abs(answer.sum() - 1) < 1e-12
    uniform = np.full_like(truth, 1 / len(truth))
    assert divergence(truth[:, None], answer[:, None]) < 0.5 * divergence(
        truth[:, None], uniform[:, None]
    )
    assert model.report is not None
    assert model.report["errors"][-1]["rank"] == 6


@pytest.mark.parametrize("method", ["svd", "nmf", "sparse+lowrank"])
def test_full_rank_is_nearly_exact(method: str) -> None:
    graph = random_graph(20, 80)
    model = graph.compile(form="dense", method=method, rank=20)
    truth = graph.focus(tolerance=1e-9, seeds=[1]).scores
    assert np.abs(model.forward([1]) - truth).sum() < (1e-3 if method == "svd" else 0.05)


def test_as_many_layers_as_the_bound_asks_for() -> None:
    params = PARAMS["default"]
    for tolerance in (1.0, 1e-3, 1e-6):
        depth = layers_for(params, tolerance)
        assert 2 * params.kappa**depth <= tolerance < 2 * params.kappa ** (depth - 1)
    assert layers_for(params, 5.0) == 1
    assert random_graph().compile().layers == 98
    assert random_graph().compile(layers=7).layers == 7


def test_the_surroundings_of_a_context() -> None:
    graph = random_graph(60, 300)
    model = graph.compile([5, 9], count=12)
    assert len(model.particles) == 12
    assert {5, 9} <= set(model.particles)
    assert model.seeds == (5, 9)
    assert model.root == graph.root
    kept = [int(str(name)) for name in model.particles]
    links = graph.links()
    inside = np.isin(links.source, kept) & np.isin(links.target, kept)
    part = Graph.from_links(links.where(inside))
    assert part.axon_count > 0
    best = [ranked.particle for ranked in graph.focus(seeds=[5, 9]).top(12)]
    assert set(best) == set(kept)


def test_weights_of_a_context_count() -> None:
    graph = random_graph()
    model = graph.compile()
    truth = graph.focus(tolerance=1e-9, seeds={1: 3.0, 2: 1.0}).scores
    np.testing.assert_allclose(model.forward({1: 3.0, 2: 1.0}), truth, atol=1e-4)
    np.testing.assert_allclose(model.forward([1, 1, 1, 2]), model.forward({1: 3, 2: 1}), atol=1e-15)
    assert model.top([1], 3)[0][1] == model.forward([1]).max()


def test_the_truth_is_that_of_the_solver() -> None:
    graph = random_graph()
    model = graph.compile()
    drawn = model.teleport({4: 1.0})[:, None]
    expected = graph.focus(tolerance=1e-10, seeds=[4]).scores
    found = solve_contexts(model.heads, model.params, drawn, 1e-10)[:, 0]
    assert np.abs(found - expected).sum() < 1e-9


def test_contexts_are_the_same_every_time() -> None:
    assert fixed_contexts(100) == fixed_contexts(100)
    assert fixed_contexts(1) == [[0]] * 8
    assert {len(context) for context in fixed_contexts(100)} == {1, 2, 3, 5}


def test_large_graphs_are_measured_on_fewer_contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusmesh.engine.compile.accuracy.LARGE_LINKS", 10)
    report = random_graph().compile().report
    assert report is not None
    assert len(report["contexts"]) == 2


@pytest.mark.parametrize("beta", [0.0, 1.0])
def test_contexts_that_are_all_or_nothing(beta: float) -> None:
    graph = random_graph()
    model = graph.compile(beta=beta)
    truth = graph.focus(tolerance=1e-9, seeds=[1], beta=beta).scores
    assert np.abs(model.forward([1]) - truth).sum() <= model.bound()


def test_an_answer_of_zero_is_told_apart() -> None:
    truth = np.array([[0.5], [0.5]])
    assert compare_answers(truth, np.array([[1.0], [0.0]]))["kl_mean"] is None
    assert compare_answers(truth, truth) == {
        "kl_mean": 0.0,
        "kl_max": 0.0,
        "l1_mean": 0.0,
        "l1_max": 0.0,
    }


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"form": "round"}, "form is one of"),
        ({"layers": 0}, "layers ≥ 1"),
        ({"tolerance": 0.0}, "must be positive and finite"),
        ({"beta": 1.5}, "beta ≤ 1"),
        ({"method": "qr"}, "method is one of"),
        ({"rank": 3}, "a rank with the methods"),
        ({"method": "svd"}, "a rank with the methods"),
        ({"method": "svd", "rank": 0}, "rank ≥ 1"),
        ({"method": "nmf", "rank": 3, "form": "edges"}, "needs form='dense'"),
        ({"context": [1, 2, 3], "count": 2}, "do not fit"),
    ],
)
def test_what_does_not_go_together_is_refused(options: dict[str, object], word: str) -> None:
    with pytest.raises(ParameterError, match=word):
        random_graph().compile(**options)  # type: ignore[arg-type]


def test_graphs_that_cannot_be_compiled() -> None:
    with pytest.raises(InputError, match="no particles"):
        Graph.from_edges([], []).compile()
    with pytest.raises(InputError, match=r"5,000 particles: the dense form takes up to 4,096"):
        Graph.from_edges([0], [1], particles=5_000).compile(form="dense")
    many = Graph.from_edges(
        np.zeros(30, dtype=int), np.arange(30) + 1, None, list(range(30)), particles=4_000
    )
    with pytest.raises(InputError, match=r"would have 4\.0 GB, more than the 2 GB"):
        many.compile(form="dense")
    with pytest.raises(InputError, match=r"would have 4\.2 GB.*a lower rank"):
        Graph.from_edges([0], [1], particles=130_000).compile(method="svd", rank=2_000)
    with pytest.raises(UnknownParticleError, match="no particle is named 99"):
        random_graph().compile([99])


def test_contexts_that_are_none() -> None:
    model = random_graph().compile()
    with pytest.raises(UnknownParticleError, match="no particle is named 'x'"):
        model.forward(["x"])
    with pytest.raises(InputError, match="an empty context"):
        model.forward([])
    with pytest.raises(InputError, match="an empty context"):
        model.forward({1: 0.0})
    with pytest.raises(InputError, match="finite and not negative"):
        model.forward({1: -1.0})
    with pytest.raises(ParameterError, match="layers ≥ 0"):
        model.forward([1], -1)


def test_a_model_knows_its_graph() -> None:
    graph = random_graph()
    model: CompiledModel = graph.compile()
    model.verify_root(graph)
    graph.link(0, 1)
    with pytest.raises(InputError, match="compiled from another graph"):
        model.verify_root(graph)
    with pytest.raises(InputError, match="its root is"):
        model.verify_root(graph, "another root")
    model.verify_root(graph, model.root)
    assert repr(model) == "<CompiledModel (dense): 40 particles, 4 heads, 98 layers>"
