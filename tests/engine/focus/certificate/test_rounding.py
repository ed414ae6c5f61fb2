"""The rounding that a verification reports bounds what integers lost, against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

import pytest

from focusmesh.engine.focus.certificate.certificate import rounding_of
from focusmesh.engine.focus.certificate.operator import IntegerApplication
from tests.engine.focus.certificate.cases import (
    BACKENDS,
    mass,
    operator_of,
    random_model,
    random_vector,
)
from tests.engine.focus.certificate.model import ONE, SCALE, Model

Vector: TypeAlias = list[Fraction]


def sent(model: Model, x: Vector, *, both: bool) -> Vector:
    """P x without its dangling part, or Q x, exactly."""
    links = [(s, t, w) for s, t, w in model.links]
    if both:
        links += [(t, s, w) for s, t, w in model.links]
    totals = [0] * model.count
    for source, _, weight in links:
        totals[source] += weight
    arrived = [Fraction(0)] * model.count
    for source, target, weight in links:
        arrived[target] += x[source] * weight / totals[source]
    if both:
        return [v if t else own for v, t, own in zip(arrived, totals, x, strict=True)]
    return arrived


def exact_image(model: Model, x: list[int]) -> Vector:
    u = [Fraction(value, ONE) for value in model.u]
    held = [Fraction(value, ONE) for value in x]
    alpha = Fraction(model.alpha, SCALE)
    followed = sent(model, held, both=False)
    rest = 1 - (1 - alpha) * sum(followed)
    image = [
        Fraction(model.diffusion, SCALE) * ((1 - alpha) * p + rest * share)
        for p, share in zip(followed, u, strict=True)
    ]
    for coefficient in model.series:
        image = [v + Fraction(coefficient, SCALE) * z for v, z in zip(image, held, strict=True)]
        held = sent(model, held, both=True)
    return image


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", [(30, 90, 1), (30, 90, 999), (30, 90, 2**32 - 1), (60, 20, 9)])
def test_it_is_a_bound_and_no_large_one(backend: str, shape: tuple[int, int, int]) -> None:
    model = random_model(5, *shape)
    x = random_vector(6, model)
    operator = operator_of(model, backend)
    bound = rounding_of(operator.apply(mass(x)), operator)
    image = operator.image(mass(x)).tolist()
    error = sum(
        abs(Fraction(own, ONE) - true)
        for own, true in zip(image, exact_image(model, x), strict=True)
    )
    assert error <= bound <= 1e-8
    assert bound <= 1e4 * float(error) + 1e-14


@pytest.mark.parametrize("count", [30, 60])
def test_each_stage_may_lose_a_unit_a_particle_and_put_it_elsewhere(count: int) -> None:
    """2n units: for each of K + 3 stages, for the directed one's two, and for each lane in all terms after it."""
    model = random_model(5, count, 90, 9)
    operator = operator_of(model, "numpy")
    nothing_lost = IntegerApplication(
        mass(random_vector(6, model)), 0, (0,) * (len(model.series) + 2)
    )
    lanes = sum(at * share for at, share in enumerate(model.series))
    units = len(model.series) + 2 + (2 * model.diffusion + lanes) / SCALE
    assert rounding_of(nothing_lost, operator) == pytest.approx(
        2 * count * units / ONE, rel=1e-9, abs=0
    )


@pytest.mark.parametrize("lane", [0, 1, 2])
def test_what_a_lane_loses_counts_twice_in_all_later_terms(lane: int) -> None:
    """Mass that a pass loses stands elsewhere afterwards: both places are wrong by it, in this term and those after."""
    model = random_model(5, 30, 90, 9)
    operator = operator_of(model, "numpy")
    image, stages = mass(random_vector(6, model)), len(model.series) + 2
    lost = [0] * stages
    before = rounding_of(IntegerApplication(image, 0, tuple(lost)), operator)
    lost[2 + lane] = ONE // 1_000
    after = rounding_of(IntegerApplication(image, 0, tuple(lost)), operator)
    share = sum(model.series[lane + 1 :]) / SCALE
    assert after - before == pytest.approx(2 * share / 1_000, rel=1e-9)
