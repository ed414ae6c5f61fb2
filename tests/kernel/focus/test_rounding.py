"""Rounded differences add up to nothing, respect the floors, and are as coarse as is allowed."""

from __future__ import annotations

import numpy as np
import pytest

from focusmesh.engine.focus import ONE
from focusmesh.kernel.focus.delta import insert_particles, start_value, uniform
from focusmesh.kernel.focus.rounding import round_scores


@pytest.mark.parametrize("allowed", [1e-12, 1e-8, 1e-3])
@pytest.mark.parametrize("count", [1, 2, 7, 600])
def test_what_is_rounded_is_a_vector_within_what_is_allowed(count: int, allowed: float) -> None:
    random = np.random.default_rng(count)
    base = uniform(count)
    scores = random.random(count) ** 3 + 1e-4
    scores /= scores.sum()
    floor = (scores * 0.9 * ONE).astype(np.uint64)
    delta = round_scores(base, scores, floor, allowed, 0)
    vector = delta.apply_to(base)
    assert sum(vector.tolist()) == ONE
    assert np.all(vector >= floor)
    error = float(np.abs(vector.astype(np.float64) / ONE - scores).sum())
    assert error <= 2 * allowed + 1e-15 * count


def test_what_hardly_moved_does_not_move() -> None:
    base = uniform(1_000)
    scores = base.astype(np.float64) / ONE
    scores[0] += 1e-5
    scores[1:] -= 1e-5 / 999 * 1e-4
    scores[1] -= 1e-5 * (1 - 1e-4)
    delta = round_scores(base, scores, np.zeros_like(base), 1e-8, 0)
    assert np.count_nonzero(delta.steps) <= 3


@pytest.mark.parametrize("count", [1, 3, 1_000])
def test_room_is_made_for_new_particles_in_proportion(count: int) -> None:
    before = uniform(count)
    places = np.array([0, count], dtype=np.uint32)
    start = start_value(ONE // 5, count, 2)
    made = insert_particles(before, places, start)
    assert sum(made.tolist()) == ONE
    assert made[0] == made[count] == start
    others = np.delete(made, places)
    assert int(others.max()) - int(others.min()) <= 2
    assert start == (ONE // 5) * ONE // (count * ONE + 2 * (ONE // 5))


def test_where_nothing_is_new_nothing_starts() -> None:
    assert start_value(ONE, 5, 0) == start_value(ONE, 0, 5) == 0
    assert uniform(0).tolist() == []
    assert uniform(3).tolist() == [ONE // 3 + 1, ONE // 3 + 1, ONE // 3]
