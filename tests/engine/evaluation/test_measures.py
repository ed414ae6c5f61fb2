"""Measures against rankings worked out by hand and against scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.evaluation import MEASURES, measured

if TYPE_CHECKING:
    from tests.conftest import Needs


@pytest.mark.parametrize(
    ("ranked", "answers", "expected"),
    [
        ([7, 1, 2], {7}, (1, 1, 1, 1)),
        ([1, 7, 2], {7}, (1, 1, 0.5, 1 / np.log2(3))),
        ([1, 2, 3, 4, 5, 7], {7}, (0, 1, 1 / 6, 1 / np.log2(7))),
        ([*range(100, 110), 7], {7}, (0, 1, 1 / 11, 0)),
        ([*range(200, 220), 7], {7}, (0, 0, 1 / 21, 0)),
        ([*range(200, 300), 7], {7}, (0, 0, 0, 0)),
        ([7, 1, 8], {7, 8}, (1, 1, 1, (1 + 0.5) / (1 + 1 / np.log2(3)))),
        ([7], {7, 8, 9, 10}, (0.25, 0.25, 1, 1 / sum(1 / np.log2([2, 3, 4, 5])))),
        ([], {7}, (0, 0, 0, 0)),
    ],
)
def test_by_hand(ranked: list[int], answers: set[int], expected: tuple[float, ...]) -> None:
    assert measured(ranked, answers) == pytest.approx(expected)
    assert MEASURES == ("recall@5", "recall@20", "MRR", "nDCG@10")


def test_ndcg_is_that_of_scikit_learn(needs: Needs) -> None:
    metrics = needs("sklearn.metrics")
    draw = np.random.default_rng(6)
    for count in range(1, 15):
        for _ in range(5):
            answers = set(draw.choice(30, count, replace=False).tolist())
            ranked = draw.permutation(30)
            relevance = np.array([[float(one in answers) for one in range(30)]])
            scores = np.empty((1, 30))
            scores[0, ranked] = np.arange(30, 0, -1)
            expected = metrics.ndcg_score(relevance, scores, k=10)
            assert measured(ranked.tolist(), answers)[3] == pytest.approx(expected)


@given(
    ranked=st.permutations(range(40)), answers=st.sets(st.integers(0, 39), min_size=1, max_size=9)
)
def test_a_better_place_is_never_worse(ranked: list[int], answers: set[int]) -> None:
    """Exchanging an answer with a wrong one that stands before it."""
    values = measured(ranked, answers)
    assert ((values >= 0) & (values <= 1)).all()
    places = [at for at in range(1, 40) if ranked[at] in answers and ranked[at - 1] not in answers]
    for at in places:
        better = list(ranked)
        better[at - 1], better[at] = better[at], better[at - 1]
        assert (measured(better, answers) >= values - 1e-12).all()
