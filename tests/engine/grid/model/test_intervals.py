"""Intervals hold what they should as often as they say, and the area is the chance that it is called."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.grid.model import Roc, share
from focusmesh.errors import ParameterError

scores = st.lists(st.integers(0, 6).map(float), min_size=2, max_size=12).map(np.array)


def test_wilson_has_the_published_values() -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3."""
    for hits, tries, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        found = share(hits, tries)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert share(0, 20).low == 0.0
    assert round(share(0, 20).high, 4) == 0.1611
    assert share(1, 29).low == pytest.approx(0.0061, abs=1e-4)


@given(scores, scores)
def test_the_area_is_the_chance_to_score_higher(
    usual: np.ndarray[tuple[int], np.dtype[np.float64]],
    odd: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    found = Roc.of(usual, odd)
    pairs = [(a > b) + 0.5 * (a == b) for a in odd for b in usual]
    assert found.area.value == pytest.approx(float(np.mean(pairs)))
    under = np.trapezoid(found.found, found.false_alarms)
    assert under == pytest.approx(found.area.value)
    assert found.area.low <= found.area.value <= found.area.high
    assert found.false_alarms[0] == found.found[0] == 0.0
    assert found.false_alarms[-1] == found.found[-1] == 1.0


def test_an_interval_of_delong_covers() -> None:
    random = np.random.default_rng(1)
    covered = 0
    for _ in range(400):
        found = Roc.of(random.standard_normal(60), random.standard_normal(40) + 1.0).area
        covered += found.low <= 0.7602499389 <= found.high
    assert 0.91 < covered / 400 < 0.98


def test_what_is_found_at_few_false_alarms() -> None:
    found = Roc.of(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 3.5, 5.0, 6.0]))
    assert found.found_at(0.0) == 0.5
    assert found.found_at(0.25) == 0.75
    assert found.found_at(1.0) == 1.0


def test_too_few_are_refused() -> None:
    for hits, tries in ((1, 0), (3, 2), (-1, 2)):
        with pytest.raises(ParameterError, match="hits"):
            share(hits, tries)
    with pytest.raises(ParameterError, match="two of each"):
        Roc.of(np.zeros(1), np.zeros(5))
