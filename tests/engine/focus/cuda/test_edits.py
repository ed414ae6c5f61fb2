"""What the host works out of an edit before the card sees it."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.focus.cuda import structure
from focusmesh.engine.focus.cuda.edits import aggregated_changes, ends_of, merge_weights, transpose

ENDS = st.sampled_from([0, 1, 2, 7, 2**31, 2**32 - 1])
CHANGES = st.lists(st.tuples(ENDS, ENDS, st.integers(-3, 5)), max_size=12)


def columns(changes: list[tuple[int, int, int]]) -> tuple[list[int], list[int], list[int]]:
    return tuple(list(column) for column in zip(*changes, strict=True)) if changes else ([], [], [])  # type: ignore[return-value]


def summed(changes: list[tuple[int, int, int]]) -> dict[tuple[int, int], float]:
    sums: dict[tuple[int, int], float] = defaultdict(float)
    for source, target, change in changes:
        if source != target:
            sums[source, target] += change
    return dict(sums)


@given(changes=CHANGES)
def test_each_pair_comes_once_and_in_order_either_way(changes: list[tuple[int, int, int]]) -> None:
    key, amount = aggregated_changes(*columns(changes))
    for one, way in (((key, amount), 1), (transpose(key, amount), -1)):
        assert np.all(one[0][1:] > one[0][:-1])
        pairs = zip(*(ends.tolist() for ends in ends_of(one[0])), strict=True)
        assert dict(zip([pair[::way] for pair in pairs], one[1].tolist(), strict=True)) == summed(
            changes
        )


def test_a_small_weight_is_not_lost_beside_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy stands in for CuPy, which has the same functions."""
    monkeypatch.setattr(structure, "cupy", lambda: np)
    links = np.array([[0, 1, 2, 3, 3, 2], [1, 2, 3, 0, 0, 2]], np.uint32)
    weights = np.array([1e20, 1e-3, 1e20, 1e-3, 2e-3, 5.0], np.float32)
    for size, expected in (
        (6, {(0, 1): 1e20, (1, 2): 1e-3, (2, 3): 1e20, (3, 0): 3e-3}),
        (4, {(0, 1): 1e20, (1, 2): 1e-3, (2, 3): 1e20, (3, 0): 1e-3}),
    ):
        source, target, weight = structure._aggregate(
            links[0, :size], links[1, :size], weights[:size]
        )
        pairs = zip(source.tolist(), target.tolist(), strict=True)
        found = dict(zip(pairs, weight.tolist(), strict=True))
        assert found == pytest.approx(expected, rel=1e-6)


@given(edits=st.lists(CHANGES, max_size=4))
def test_weights_add_up_and_none_falls_below_zero(
    edits: list[list[tuple[int, int, int]]],
) -> None:
    key, weight = np.zeros(0, np.uint64), np.zeros(0)
    expected: dict[tuple[int, int], float] = {}
    for changes in edits:
        key, weight = merge_weights(key, weight, *aggregated_changes(*columns(changes)))
        for pair, change in summed(changes).items():
            expected[pair] = max(expected.get(pair, 0.0) + change, 0.0)
    assert np.all(key[1:] > key[:-1])
    pairs = zip(*(ends.tolist() for ends in ends_of(key)), strict=True)
    assert dict(zip(pairs, weight.tolist(), strict=True)) == expected
