"""Mixtures: as good as validation can make them, and robust against two bad models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.grid.cube import (
    agreement,
    measure_gain,
    mix_distributions,
    temper_distribution,
    trimmed,
    trimmed_integers,
    validation_weights,
)
from focusmesh.errors import GridError

SEEDS = st.integers(0, 2**32)


def drawn(seed: int, models: int = 8, positions: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Distributions (models, positions, 256) and the bytes that came."""
    rng = np.random.default_rng(seed)
    said = rng.dirichlet(np.full(256, 0.05), (models, positions))
    favourite = rng.integers(models, size=positions)
    observed = np.array([rng.choice(256, p=said[m, at]) for at, m in enumerate(favourite)])
    return said, observed


@settings(max_examples=10)
@given(SEEDS)
def test_no_other_weights_serve_better_on_the_validation_text(seed: int) -> None:
    said, observed = drawn(seed)
    surprises = -np.log(np.maximum(said[:, np.arange(40), observed], 1e-9))
    weights = validation_weights(surprises)
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0

    def surprise(other: np.ndarray) -> float:
        return float(-np.log(other @ np.exp(-surprises)).mean())

    rng = np.random.default_rng(seed)
    others = [*np.eye(8), *rng.dirichlet(np.ones(8), 50)]
    # EM has all but settled after its sweeps: what is left is far below what matters.
    assert surprise(weights) <= min(map(surprise, others)) + 1e-4


@settings(max_examples=20)
@given(SEEDS, st.integers(0, 2))
def test_two_bad_models_move_the_trimmed_mean_no_further_than_the_honest_say(
    seed: int, bad: int
) -> None:
    rng = np.random.default_rng(seed)
    outputs = rng.integers(0, 1000, (8, 256))
    liars = rng.permutation(8)[:bad]
    honest = np.delete(outputs, liars, axis=0)
    outputs[liars] = rng.integers(0, 2**30, (bad, 256))
    mean = trimmed_integers(outputs, 2)
    assert np.all(mean >= honest.min(axis=0))
    assert np.all(mean <= honest.max(axis=0))


def test_a_plain_mean_would_be_moved() -> None:
    """The twin of the test above."""
    outputs = np.full((8, 256), 10)
    outputs[:2, 0] = 2**30
    assert outputs.mean(axis=0)[0] > 10 == trimmed_integers(outputs, 2)[0]


def test_trimmed_adds_up_even_where_models_contradict_each_other() -> None:
    assert trimmed(np.eye(256)[:9], 2) == pytest.approx(np.full(256, 1 / 256))
    said, _ = drawn(3)
    assert trimmed(said, 2).sum(axis=-1) == pytest.approx(np.ones(40))


@pytest.mark.parametrize(("models", "trim"), [(4, 2), (8, 4), (3, -1)])
def test_too_few_models_to_trim(models: int, trim: int) -> None:
    with pytest.raises(GridError, match="cannot leave out"):
        trimmed(np.full((models, 256), 1 / 256), trim)


def test_the_gain_of_equal_models_is_zero_and_said_so() -> None:
    said = np.repeat(drawn(1)[0][:1], 8, axis=0)
    found = measure_gain(said, drawn(1)[1], np.full(8, 1 / 8))
    assert found.gain == pytest.approx(0, abs=1e-12)
    assert found.interval == pytest.approx((0, 0), abs=1e-12)
    assert found.trimmed_surprise == pytest.approx(found.best_surprise)


def test_the_gain_may_be_negative() -> None:
    said, observed = np.full((8, 5, 256), 1 / 256), np.arange(5)
    said[0] = np.eye(256)[:5]
    found = measure_gain(said, observed, np.full(8, 1 / 8))
    assert found.best == 0
    assert found.gain < -1


def test_agreement_is_one_of_equals_and_zero_of_those_who_contradict() -> None:
    assert agreement(np.full((8, 256), 1 / 256)) == pytest.approx(1)
    assert agreement(np.eye(256)[:8]) == pytest.approx(0, abs=1e-12)
    assert agreement(np.eye(256)[:1]) == 1


def test_temperature() -> None:
    p = np.array([0.1, 0.7, 0.2])
    assert temper_distribution(p, 1.0) == pytest.approx(p)
    assert temper_distribution(p, 0.0).tolist() == [0, 1, 0]
    assert temper_distribution(p, 0.5)[1] > 0.7 > temper_distribution(p, 2.0)[1]
    assert mix_distributions(np.array([p, p[::-1]]), np.array([0.25, 0.75])) == pytest.approx(
        0.25 * p + 0.75 * p[::-1]
    )
