"""Sampling: what a light node finds of a producer that withholds, against the hypergeometric distribution."""

from __future__ import annotations

from functools import cache
from random import Random

import numpy as np
import pytest
from scipy import stats

from focusmesh.errors import InputError
from focusmesh.kernel.availability import (
    SIGNALS,
    ProvedShare,
    Square,
    miss_probability,
    places_of,
    sample,
    shares_of,
)


@cache
def square(byte_count: int = 5_000) -> Square:
    return Square.of(shares_of({SIGNALS: np.random.default_rng(1).bytes(byte_count)}))


def test_the_stated_probabilities() -> None:
    """design/network.md: 16 samples of a square of which (k + 1)² shares are withheld."""
    stated = {4: 7.7e-5, 16: 4.7e-3, 128: 9.2e-3}
    for width, probability in stated.items():
        assert miss_probability(width, 16) == pytest.approx(probability, rel=0.01)
        law = stats.hypergeom(4 * width**2, (width + 1) ** 2, 16)
        assert miss_probability(width, 16) == pytest.approx(law.pmf(0), rel=1e-9)


def test_every_share_that_is_asked_for_is_checked() -> None:
    whole = square()
    found = sample(whole.roots, whole.prove, Random(1).randbytes)
    assert found.is_available
    assert len(set(found.taken)) == 16
    assert found.confidence == pytest.approx(1 - miss_probability(4, 16))
    place = found.taken[5]

    def lying(row: int, column: int) -> ProvedShare | None:
        return whole.prove(0, 0) if (row, column) == place else whole.prove(row, column)

    def silent(row: int, column: int) -> ProvedShare | None:
        return None if (row, column) == place else whole.prove(row, column)

    for fetch in (lying, silent):
        found = sample(whole.roots, fetch, Random(1).randbytes)
        assert found.missing == (place,)
        assert found.confidence == 0
        assert not found.is_available


def test_the_measured_rate_is_the_hypergeometric_one() -> None:
    """20,000 light nodes of two samples each; the interval has a level of 1 − 10⁻⁶ and the seed is fixed."""
    width, trials, count = 4, 20_000, 2
    random = Random(7)
    fooled = sum(
        all(
            row > width or column > width
            for row, column in places_of(width, random.randbytes, count)
        )
        for _ in range(trials)
    )
    expected = miss_probability(width, count)
    low, high = stats.binom(trials, expected).interval(1 - 1e-6)
    assert low <= fooled <= high
    assert not low <= trials * 0.75**count <= high


def test_a_square_has_only_so_many_shares() -> None:
    assert len(places_of(1, Random(1).randbytes, 100)) == 4
    assert miss_probability(1, 1) == 0
    with pytest.raises(InputError, match="at least one share"):
        places_of(4, Random(1).randbytes, 0)
