"""The reference values of focus.md §7, to the printed digits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from focusmesh import Focus, FocusParams, Graph, compare
from focusmesh.engine.focus import dense_focus, entropy, impulse, syntropy, syntropy_change
from focusmesh.engine.focus.operator.dense import dense_walk
from tests.engine.strategies import operator_of, uniform

ENDLESS = FocusParams(terms=60)
T3 = [(0, 1, 100.0), (1, 2, 50.0), (2, 0, 200.0), (3, 0, 300.0)]
ROWS = {
    "T2": [(0, 1, 1.0)],
    "T3": T3,
    "T4": [*T3, (0, 2, 100.0)],
    "T5": [*T3, (0, 4, 100.0)],
}
LIMIT = {
    "T2": (".40211279", ".59788721"),
    "T3": (".380002731287", ".273439668418", ".247532669673", ".099024930621"),
    "T4": (".415913412339", ".174702658871", ".317829171782", ".091554757009"),
    "T5": (".372124894314", ".173389528943", ".1917347142", ".10223163527", ".160519227273"),
}
CUT = {
    "T2": (".402042249381", ".597957750619"),
    "T3": (".379997114117", ".273437705853", ".247534710075", ".099030469955"),
    "T4": (".415908521757", ".174702012956", ".317830929616", ".091558535672"),
    "T5": (
        *(".372104878441", ".173387179464", ".191742204937", ".10224692243"),
        ".160518814727",
    ),
}


def graph(name: str) -> Graph:
    source, target, weight = zip(*ROWS[name], strict=True)
    return Graph.from_edges(source, target, weight)


def solved(name: str, params: FocusParams = ENDLESS, **options: Any) -> Focus:
    return graph(name).focus(params, 4e-13, **options)


def assert_printed(value: float, digits: str) -> None:
    """``value`` rounds to the printed digits (one unit in the last place is left to the printer)."""
    places = len(digits.partition(".")[2])
    assert abs(value - float(digits)) <= 0.51 * 10.0**-places


@pytest.mark.parametrize("solver", ["anderson", "plain"])
@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(("params", "table"), [(ENDLESS, LIMIT), (FocusParams(), CUT)])
def test_focus(
    name: str, params: FocusParams, table: dict[str, tuple[str, ...]], solver: str
) -> None:
    scores = solved(name, params, solver=solver).scores
    for score, digits in zip(scores, table[name], strict=True):
        assert_printed(float(score), digits)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(("params", "table"), [(ENDLESS, LIMIT), (FocusParams(), CUT)])
def test_oracle(name: str, params: FocusParams, table: dict[str, tuple[str, ...]]) -> None:
    for score, digits in zip(dense_focus(graph(name).links(), params), table[name], strict=True):
        assert_printed(float(score), digits)


def test_measures() -> None:
    exact = dense_focus(graph("T3").links(), ENDLESS)
    # The page rounds H down and takes J from it: both are a unit of their last digit off.
    assert syntropy(exact) == pytest.approx(0.089458448709, abs=1.2e-12)
    assert entropy(exact) == pytest.approx(1.296835912411, abs=1.2e-12)
    assert syntropy(exact) + entropy(exact) == pytest.approx(math.log(4), abs=1e-15)
    assert_printed(syntropy(dense_focus(graph("T3").links(), FocusParams())), ".089450770872")
    assert solved("T3").syntropy == pytest.approx(syntropy(exact), abs=2e-12)
    assert solved("T3").entropy == pytest.approx(entropy(exact), abs=2e-12)


def test_more_links() -> None:
    before, after = solved("T3"), solved("T4")
    change = compare(before, after)
    old, new = (dense_focus(graph(name).links(), ENDLESS) for name in ("T3", "T4"))
    assert_printed(syntropy_change(old, new).total, ".043966020872")
    assert_printed(float(np.abs(impulse(old, new).changes).sum()), ".212414366321")
    assert change.syntropy.total == pytest.approx(0.043966020872, abs=4e-12)
    assert change.l1 == pytest.approx(0.212414366321, abs=2e-12)


def test_new_particle() -> None:
    change = compare(solved("T3"), solved("T5"))
    exact = [dense_focus(graph(name).links(), ENDLESS) for name in ("T3", "T5")]
    assert_printed(syntropy_change(*exact).total, ".004846369162")
    assert change.syntropy.total == pytest.approx(0.004846369162, abs=4e-12)
    assert_printed(change.syntropy.discovery, ".223143551314")
    assert change.syntropy.total == pytest.approx(
        change.syntropy.order + change.syntropy.discovery, abs=1e-15
    )
    assert [move.particle for move in change.appeared] == [4]


def test_context_is_the_average_of_two_solves() -> None:
    """T6: u = ½ uniform + ½ e3 with uniform u0."""
    digits = (".37808748", ".25950814", ".22694702", ".13545736")
    flat, point = uniform(4), np.array([0.0, 0.0, 0.0, 1.0])
    mixed = solved("T3", u=(flat + point) / 2, u0=flat).scores
    context = solved("T3", seeds=[3], beta=0.5).scores
    average = (solved("T3").scores + solved("T3", u=point, u0=flat).scores) / 2
    for scores in (mixed, context, average):
        for score, printed in zip(scores, digits, strict=True):
            assert_printed(float(score), printed)


def in_particle_order(values: Any) -> Any:
    return values[graph("T3").structure.position]


def test_diffusion_of_uniform() -> None:
    operator = operator_of(graph("T3"), ENDLESS)
    np.testing.assert_allclose(
        in_particle_order(operator.diffuse(operator.u)), (0.4625, 0.25, 0.25, 0.0375), atol=1e-15
    )


@pytest.mark.parametrize(
    ("springs", "heat", "digits"),
    [
        (1.0, 0.0, (".65133395", ".06623735", ".11959522", ".16283349")),
        (0.0, 1.0, (".54787636", ".08493106", ".15437287", ".21281971")),
    ],
)
def test_undirected_part_of_a_point(springs: float, heat: float, digits: tuple[str, ...]) -> None:
    """S(e0) and H(e0): R less its diffusion, which needs a share of its own."""
    params = FocusParams(diffusion=0.5, springs=springs / 2, heat=heat / 2, terms=60)
    operator = operator_of(graph("T3"), params)
    point = np.zeros(4)
    point[graph("T3").structure.position[0]] = 1.0
    moved = in_particle_order(2 * operator.apply(point) - operator.diffuse(point))
    for value, printed in zip(moved, digits, strict=True):
        assert_printed(float(value), printed)


def test_closed_forms_of_springs_and_heat() -> None:
    """S = μ((1+μ)I − Q)⁻¹ and H = exp(−τ(I − Q)) against the series."""
    from scipy.linalg import expm

    _, mixed, _ = dense_walk(graph("T3").links())
    one = np.eye(4)
    for springs, heat in ((0.6, 0.0), (0.0, 0.6)):
        params = FocusParams(mu=0.7, tau=1.3, diffusion=0.4, springs=springs, heat=heat, terms=120)
        operator = operator_of(graph("T3"), params)
        x = np.array([0.4, 0.3, 0.2, 0.1])
        closed = 0.7 * np.linalg.inv(1.7 * one - mixed) if springs else expm(-1.3 * (one - mixed))
        got = operator.apply(x[graph("T3").structure.order]) - 0.4 * operator.diffuse(
            x[graph("T3").structure.order]
        )
        np.testing.assert_allclose(in_particle_order(got), 0.6 * closed @ x, atol=1e-14)
