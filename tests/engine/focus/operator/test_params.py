"""Parameters and the inequalities that they state."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given

from focusmesh import FocusParams
from focusmesh.errors import ParameterError
from tests.engine.strategies import params


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"alpha": 0.0}, "0 < alpha"),
        ({"alpha": 1.1}, "alpha ≤ 1"),
        ({"alpha": -0.1}, "0 < alpha"),
        ({"alpha": math.nan}, "finite"),
        ({"alpha": "x"}, "finite number"),
        ({"mu": 0.0}, "mu > 0"),
        ({"mu": math.inf}, "finite"),
        ({"tau": -1.0}, "tau ≥ 0"),
        ({"diffusion": 0.0, "springs": 0.8}, "diffusion > 0"),
        ({"springs": -0.1, "heat": 0.6}, "springs ≥ 0"),
        ({"heat": -0.1, "springs": 0.6}, "heat ≥ 0"),
        ({"diffusion": 0.6}, "= 1"),
        ({"terms": -1}, "terms"),
        ({"terms": 1025}, "terms"),
        ({"terms": 8.0}, "terms"),
        ({"terms": True}, "terms"),
    ],
)
def test_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        FocusParams(**changes)


@given(params())
def test_coefficients_are_a_distribution(chosen: FocusParams) -> None:
    assert len(chosen.coefficients) in {0, chosen.terms + 1}
    assert all(c >= 0 for c in chosen.coefficients)
    assert math.fsum(chosen.coefficients) == pytest.approx(chosen.springs + chosen.heat, abs=1e-15)


def test_coefficients_by_the_formula() -> None:
    """c_k = λ_s μ/(1+μ)^(k+1) + λ_h e^(−τ) τ^k/k!, the last takes the rest."""
    chosen = FocusParams(mu=2.0, tau=0.5, terms=4)
    expected = [
        0.3 * 2 / 3 ** (k + 1) + 0.2 * math.exp(-0.5) * 0.5**k / math.factorial(k) for k in range(4)
    ]
    assert chosen.coefficients[:4] == pytest.approx(expected, rel=1e-14)
    assert chosen.coefficients[4] == pytest.approx(0.5 - sum(expected), rel=1e-12)


def test_kappa_and_gap() -> None:
    assert FocusParams().kappa == 0.925
    assert FocusParams().gap == pytest.approx(1 - FocusParams().kappa)
    assert FocusParams(alpha=1e-20).gap == 0.5e-20


def test_pagerank() -> None:
    chosen = FocusParams.pagerank(0.85)
    assert (chosen.diffusion, chosen.coefficients, chosen.undirected_share) == (1.0, (), 0.0)
    assert chosen.kappa == pytest.approx(0.85)
    for damping in (1.0, -0.1, 2.0):
        with pytest.raises(ParameterError):
            FocusParams.pagerank(damping)


@pytest.mark.parametrize("changes", [{"tau": 1e4}, {"mu": 1e308}, {"mu": 1e-300}, {"terms": 0}])
def test_extreme_values_keep_the_total(changes: dict[str, Any]) -> None:
    assert math.fsum(FocusParams(**changes).coefficients) == pytest.approx(0.5)


def test_equal_parameters_are_one_key() -> None:
    assert len({FocusParams(), FocusParams(alpha=0.15), FocusParams(alpha=0.2)}) == 2


def test_as_many_terms_as_are_promised() -> None:
    assert FocusParams(terms=1024).terms == 1024


@pytest.mark.parametrize("name", ["pagerank ", "rank", "", "focusing", "z"])
def test_an_operator_of_another_name_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="an operator by name"):
        FocusParams.of(name)
