"""Intervals hold what they promise, and are the same for the same seed."""

from __future__ import annotations

import numpy as np

from focusmesh.engine.evaluation import Resampled


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """Reciprocal ranks are lopsided; of 400 samples of 150 the true mean is to be in at least nine of ten."""
    draw = np.random.default_rng(8)
    truth = np.mean([1.0, 0.5, 0.25, 0.0, 0.0])
    covered = 0
    for sample in range(400):
        values = draw.choice([1.0, 0.5, 0.25, 0.0, 0.0], 150)
        interval = Resampled(150, sample, draws=400).interval(values)
        covered += int(interval.low <= truth <= interval.high)
    assert 0.90 <= covered / 400 <= 0.985


def test_differences_are_those_of_pairs() -> None:
    """Two methods that differ by a little on every question are told apart, however much questions differ."""
    hard = np.random.default_rng(1).random(100)
    resampled = Resampled(100)
    assert resampled.interval(hard).high - resampled.interval(hard).low > 0.05
    beside = resampled.interval((hard + 0.01) - hard)
    assert beside.above_zero
    assert not beside.below_zero
    assert Resampled(100).interval(-np.ones(100)).below_zero


def test_equal_seeds_draw_equal_intervals() -> None:
    values = np.random.default_rng(2).random(60)
    assert Resampled(60, 4).interval(values) == Resampled(60, 4).interval(values)
    assert Resampled(60, 4).interval(values) != Resampled(60, 5).interval(values)


def test_many_values_need_no_draws_and_have_nearly_the_same_interval() -> None:
    values = np.random.default_rng(3).choice([1.0, 0.5, 0.25, 0.0, 0.0], 10_001)
    drawn, limit = Resampled(10_000).interval(values[:10_000]), Resampled(10_001).interval(values)
    assert abs(limit.low - drawn.low) < 0.001
    assert abs(limit.high - drawn.high) < 0.001
    million = Resampled(1_000_000).interval(np.resize(values, 1_000_000))
    assert 0 < million.high - million.low < 0.2 * (limit.high - limit.low)
