"""One application of the operator, whole and but for terms that weigh little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus.operator.operator import Operator

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray

GRAPH = Graph.from_edges([("a", "b", 1.0), ("b", "c", 2.0), ("c", "a", 1.0), ("a", "c", 0.5)])


class CountedSums:
    """The sums of an operator; counts undirected passes."""

    def __init__(self, sums: Any) -> None:
        self._sums, self.passes = sums, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sums, name)

    def add_undirected(self, *arguments: Any) -> None:
        self.passes += 1
        self._sums.add_undirected(*arguments)


def counted(params: FocusParams) -> tuple[Operator, CountedSums, FloatArray]:
    flat = np.full(3, 1 / 3)
    plain = Operator.on(GRAPH.structure, params, flat, flat)
    sums = CountedSums(plain.sums)
    operator = Operator(
        plain.structure,
        params,
        plain.u,
        plain.u0,
        sums,
        plain.reduction,
    )
    return operator, sums, flat


def test_nothing_is_left_out_where_no_slack_is_given() -> None:
    operator, sums, x = counted(FocusParams())
    image, left, most = operator.apply_nearly(x, 0.0)
    assert (left, most) == (0.0, 0.0)
    assert sums.passes == len(operator.params.coefficients) - 1
    assert np.array_equal(image, operator.apply(x))


def test_terms_within_the_slack_are_left_out_and_weighed() -> None:
    operator, sums, x = counted(FocusParams())
    whole = operator.apply(x)
    sums.passes = 0
    image, left, most = operator.apply_nearly(x, 1.0)
    assert sums.passes == 0
    # x has mass 1 and no walk adds to it: what is left out weighs what its coefficients add up to.
    assert left == pytest.approx(sum(operator.params.coefficients[1:]), rel=1e-11)
    assert np.abs(image - whole).sum() <= left
    assert np.all(np.abs(image - whole) <= most * GRAPH.structure.degree_total)


def test_an_operator_without_undirected_terms_leaves_nothing_out() -> None:
    operator, sums, x = counted(FocusParams.pagerank())
    image, left, most = operator.apply_nearly(x, 1.0)
    assert (left, most, sums.passes) == (0.0, 0.0, 0)
    assert image.sum() == pytest.approx(1.0)


def test_terms_that_weigh_more_than_the_slack_are_added() -> None:
    operator, sums, x = counted(FocusParams())
    image, left, most = operator.apply_nearly(x, 1e-30)
    assert (left, most) == (0.0, 0.0)
    assert sums.passes == len(operator.params.coefficients) - 1
    assert np.array_equal(image, operator.apply(x))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_correction_of_both_signs_is_weighed_and_particles_without_links_miss_nothing(
    sign: float,
) -> None:
    graph = Graph.from_edges([(0, 1, 0.25), (1, 2, 0.5), (2, 0, 0.125)], particles=5)
    structure, flat = graph.structure, np.full(5, 1 / 5)
    operator = Operator.on(structure, FocusParams(), flat, flat)
    alone = structure.degree_total == 0
    assert alone.sum() == 2
    x = sign * np.where(alone, [0.2, -0.5, 0.1, 0.3, -0.4], [0.1, 0.1, -0.9, 0.2, 0.3])
    image, left, most = operator.apply_nearly(x, 1e6)
    rest = sum(operator.params.coefficients[1:])
    assert left == pytest.approx(rest * np.abs(x).sum(), rel=1e-11)
    linked = ~alone
    assert most == pytest.approx(rest * np.max(np.abs(x[linked]) / structure.degree_total[linked]))
    missing = np.abs(image - operator.apply(x))
    assert missing[alone] == pytest.approx(0.0, abs=1e-15)
    assert np.all(missing[linked] <= most * structure.degree_total[linked])


@pytest.mark.parametrize("params", [FocusParams(), FocusParams.pagerank()])
def test_a_blend_of_what_was_moved_is_the_directed_part(params: FocusParams) -> None:
    operator, _, flat = counted(params)
    x = np.array([0.5, 0.2, 0.3])
    moved = operator.follow(x) - float(x[GRAPH.structure.out_total == 0].sum()) * flat
    dangling = float(x[GRAPH.structure.out_total == 0].sum())
    (first, *_) = params.coefficients or (0.0,)
    blended = operator.blend(moved, x, 1.0, dangling, slice(0, 3))
    assert blended == pytest.approx(params.diffusion * operator.diffuse(x) + first * x, rel=1e-14)
