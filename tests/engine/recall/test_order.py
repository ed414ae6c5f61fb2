"""The first of many values are those that sorting all of them gives, ties by particle."""

from __future__ import annotations

import numpy as np
import pytest

from focusmesh.engine.recall.order import DEPTH, best_first

LARGE = 70_003
"""So many that blocks of them are looked at first, and some stand in no whole block."""


@pytest.mark.parametrize("count", [DEPTH - 1, DEPTH + 1, LARGE])
@pytest.mark.parametrize("kinds", [3, 1_500, 10**9])
@pytest.mark.parametrize("above_zero", [1.0, 0.01])
def test_the_best_are_those_of_a_sort(count: int, kinds: int, above_zero: float) -> None:
    chance = np.random.default_rng(count + kinds)
    values = chance.integers(1, kinds, count) / kinds * (chance.random(count) < above_zero)
    values[-1] = 1.0  # beyond the last whole block
    for allowed in (None, chance.random(count) < 0.5):
        own = values if allowed is None else np.where(allowed, values, 0.0)
        sorted_ones = np.lexsort((np.arange(count), -own))
        expected = sorted_ones[own[sorted_ones] > 0][:DEPTH]
        assert best_first(values, allowed).tolist() == expected.tolist()
