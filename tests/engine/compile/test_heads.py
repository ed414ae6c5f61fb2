"""Heads are the graph: their softmax rows times their gates are P, and the undirected head is Q."""

from __future__ import annotations

import numpy as np
import pytest

from focusmesh.engine.compile import Heads
from focusmesh.engine.compile.layers import dense_layer, edge_layer, gates
from focusmesh.engine.focus.operator.dense import dense_linear, dense_walk
from tests.engine.compile.cases import GRAPHS, PARAMS, random_graph


@pytest.mark.parametrize("name", GRAPHS)
def test_heads_mixed_by_their_gates_are_the_walk(name: str) -> None:
    links = GRAPHS[name]().links()
    heads = Heads.of(links)
    walk, either, dangling = dense_walk(links)
    np.testing.assert_allclose(heads.walk().toarray().T, walk, atol=1e-15)
    np.testing.assert_allclose(heads.both_ways().toarray().T, either, atol=1e-15)
    np.testing.assert_allclose(heads.fallen(), dangling, atol=1e-15)


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
@pytest.mark.parametrize("name", GRAPHS)
def test_a_layer_in_either_form_is_the_operator(name: str, params: object) -> None:
    links = GRAPHS[name]().links()
    count = len(links.particles)
    uniform = np.full(count, 1 / count)
    expected = dense_linear(links, params, uniform)  # type: ignore[arg-type]
    expected += params.gap * uniform[:, None]  # type: ignore[attr-defined]
    for made in (dense_layer, edge_layer):
        image = made(Heads.of(links), params).apply(np.eye(count), uniform[:, None])  # type: ignore[arg-type]
        np.testing.assert_allclose(image, expected, atol=1e-14)


def test_each_relation_is_a_head_and_its_rows_are_its_weights() -> None:
    graph = random_graph()
    links = graph.links()
    heads = Heads.of(links)
    assert heads.relations == tuple(graph.relations or ())
    assert heads.head_count == 3
    share = heads.attention()
    assert links.relation is not None
    for head in range(heads.head_count):
        part = links.where(np.equal(links.relation, head))
        walk, _, dangling = dense_walk(part)
        chosen = heads.row_head[heads.row] == head
        matrix = np.zeros_like(walk)
        matrix[heads.target[chosen], heads.row_source[heads.row][chosen]] = share[chosen]
        np.testing.assert_allclose(matrix, walk, atol=1e-15)
        assert np.array_equal(gates(heads)[head] == 0, dangling == 1)


def test_relations_without_a_link_that_ranks_are_no_heads() -> None:
    heads = Heads.of(GRAPHS["unlinked"]().links())
    assert heads.link_count == 0
    assert heads.is_isolated().all()
    assert gates(heads).sum() == 0


def test_gates_say_how_much_of_a_particle_is_of_a_relation() -> None:
    gate = gates(Heads.of(random_graph().links()))
    given = gate[:-1].sum(axis=0)
    assert set(np.round(given, 12)) == {0.0, 1.0}


def test_without_the_gate_an_empty_row_would_be_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    heads = Heads.of(random_graph().links())
    finite = dense_layer(heads, PARAMS["default"]).matrix
    assert np.isfinite(finite).all()
    opened = np.ones((heads.head_count + 1, heads.particle_count))
    monkeypatch.setattr("focusmesh.engine.compile.layers.gates", lambda _heads: opened)
    with np.errstate(invalid="ignore"):
        assert np.isnan(dense_layer(heads, PARAMS["default"]).matrix).any()
