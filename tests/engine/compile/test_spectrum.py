"""Embeddings are the best of their rank, and d* is named with its truncation; large and small SVDs agree."""

from __future__ import annotations

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.engine.compile import embed, factors
from focusmesh.engine.compile.spectrum import weighted_links
from focusmesh.errors import ParameterError
from tests.engine.compile.cases import one, random_graph


def test_an_embedding_is_the_best_approximation_of_its_rank() -> None:
    graph = random_graph()
    matrix = weighted_links(graph, graph.focus().scores).toarray()
    whole = np.linalg.svd(matrix, compute_uv=False)
    for dimensions in (1, 5, 40):
        found = embed(graph, dimensions)
        np.testing.assert_allclose(found.values, whole[:dimensions], atol=1e-12)
        rest = matrix - found.vectors @ (found.vectors.T @ matrix)
        left = np.linalg.norm(rest) / np.linalg.norm(matrix)
        assert abs(left - found.error) < 1e-7
        assert abs(left - np.sqrt((whole[dimensions:] ** 2).sum() / (whole**2).sum())) < 1e-7


def test_d_star_counts_equal_directions_and_grows_with_the_truncation() -> None:
    matching = Graph.from_edges(range(8), range(8, 16))
    assert abs(embed(matching, 8).d_star - 8) < 1e-9
    assert abs(embed(matching, 4).d_star - 4) < 1e-9
    found = [embed(random_graph(), dimensions).d_star for dimensions in (2, 8, 32)]
    assert found == sorted(found)
    assert embed(one(), 1).d_star == 1
    assert embed(one(), 1).error == 0


@pytest.mark.parametrize("dimensions", [0, 41])
def test_dimensions_that_are_none(dimensions: int) -> None:
    with pytest.raises(ParameterError, match="1 ≤ dimensions ≤ 40"):
        embed(random_graph(), dimensions)


def test_subspace_iteration_finds_the_same_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    falling = 0.8 ** np.arange(80)
    sides = [np.linalg.qr(random.standard_normal((200, 80)))[0] for _ in range(2)]
    matrix = (sides[0] * falling) @ sides[1].T
    exact = factors.truncated_svd(matrix, 12)
    monkeypatch.setattr(factors, "_DENSE_PARTICLES", 0)
    near = factors.truncated_svd(matrix, 12)
    for one_part, other_part in zip(exact, near, strict=True):
        np.testing.assert_allclose(one_part, other_part, atol=1e-5)


def test_nmf_is_not_negative_and_kept_entries_are_counted() -> None:
    matrix = np.abs(np.random.default_rng(2).standard_normal((20, 20)))
    positive = factors.factorise(matrix, 4, "nmf")
    assert (positive.left >= 0).all()
    assert (positive.right >= 0).all()
    sparse = factors.factorise(matrix, 4, "sparse+lowrank")
    assert sparse.value is not None
    assert sparse.number_count == 2 * 20 * 2 + 2 * len(sparse.value) == 160
    plain = factors.factorise(matrix, 4, "svd")
    assert plain.number_count == 160
    assert np.linalg.norm(sparse.scores() - matrix) < np.linalg.norm(plain.scores() - matrix)
