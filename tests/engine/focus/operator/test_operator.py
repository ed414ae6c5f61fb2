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
