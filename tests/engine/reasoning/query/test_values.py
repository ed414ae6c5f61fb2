"""Values: their order agrees with equality, texts are read as they are written, and nothing but known errors leaves."""

from __future__ import annotations

import math
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.reasoning.query import values as v
from focusmesh.engine.reasoning.query.temporal import (
    Date,
)
from focusmesh.engine.reasoning.query.values import arithmetic
from tests.engine.reasoning.query.strategies import VALUES, a_graph

if TYPE_CHECKING:
    from collections.abc import Callable


@given(st.lists(VALUES, max_size=6))
def test_all_values_have_one_order(values: list[Any]) -> None:
    ordered = sorted(values, key=v.order_key)
    for before, after in pairwise(ordered):
        same_place = v.order_key(before) == v.order_key(after)
        assert same_place == (v.group_key(before) == v.group_key(after))
        assert v.is_less(after, before) is not True or same_place


@given(VALUES, VALUES)
def test_equality_is_symmetric_and_implies_equivalence(left: Any, right: Any) -> None:
    same = v.is_equal(left, right)
    assert same is v.is_equal(right, left)
    if same is True:
        assert v.group_key(left) == v.group_key(right)
    if v.group_key(left) == v.group_key(right):
        assert hash(v.group_key(left)) == hash(v.group_key(right))


@given(st.floats(allow_nan=False))
def test_floats_are_read_as_they_are_written(number: float) -> None:
    text = v.float_text(number)
    assert v.read_number(text) == number
    assert math.isinf(number) or text.count(".") == 1


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e7, "1.0E7"),
        (9999999.0, "9999999.0"),
        (1.25e-7, "1.25E-7"),
        (0.001, "0.001"),
        (-1.7976931348623157e308, "-1.7976931348623157E308"),
        (5e-324, "5.0E-324"),
        (-0.0, "-0.0"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
    ],
)
def test_floats_are_written_in_the_usual_way(number: float, text: str) -> None:
    assert v.float_text(number) == text


BINARY: list[Callable[..., Any]] = [v.add, v.subtract, v.multiply, v.divide, v.modulo, v.power]
BINARY += [v.conjunction, v.disjunction, v.exclusive_disjunction, v.membership]
BINARY += [v.starts_with, v.ends_with, v.contains]


@given(VALUES, VALUES, st.sampled_from(BINARY))
def test_operators_answer_or_fail_in_known_ways(
    left: Any, right: Any, operator: Callable[..., Any]
) -> None:
    try:
        found = operator(left, right)
    except v.EvaluationError as error:
        assert error.reason  # noqa: PT017
        return
    assert not isinstance(found, int) or v.INTEGER_MIN <= found <= v.INTEGER_MAX
    v.type_of(found)


@given(VALUES, VALUES)
def test_parts_answer_or_fail_in_known_ways(value: Any, index: Any) -> None:
    graph = a_graph()
    asked: tuple[Callable[[], Any], ...] = (
        lambda: v.element(value, index, graph),
        lambda: v.property_of(value, str(index), graph),
        lambda: v.elements(value, index, None, has_start=True, has_end=False),
        lambda: v.has_labels(value, ["A"], graph),
        lambda: v.negate(value),
        lambda: v.positive(value),
    )
    for ask in asked:
        with suppress(v.EvaluationError):
            assert v.type_of(ask()) in v.ValueType.ANY


@pytest.mark.parametrize("operation", ["+", "-", "*", "negate", "divide"])
def test_integers_of_more_than_64_bits_are_refused(operation: str) -> None:
    operations = {
        "+": lambda: v.add(v.INTEGER_MAX, 1),
        "-": lambda: v.subtract(v.INTEGER_MIN, 1),
        "*": lambda: v.multiply(2**62, 2),
        "negate": lambda: v.negate(v.INTEGER_MIN),
        "divide": lambda: v.divide(v.INTEGER_MIN, -1),
    }
    with pytest.raises(v.EvaluationError, match="64 bits"):
        operations[operation]()


def test_division_is_cut_towards_zero_and_keeps_the_sign_of_the_dividend() -> None:
    assert [v.divide(7, 2), v.divide(-7, 2), v.divide(7, -2)] == [3, -3, -3]
    assert [v.modulo(7, 2), v.modulo(-7, 2), v.modulo(7, -2)] == [1, -1, 1]
    assert v.divide(1.0, -0.0) == -math.inf
    with pytest.raises(v.EvaluationError, match="divided by 0"):
        v.divide(1, 0)


def test_values_are_written_as_cypher_writes_them() -> None:
    graph = a_graph()
    node, link = v.NodeValue(0), v.RelationshipValue(0)
    there, back = v.PathValue((0, 1), (0,)), v.PathValue((1, 0), (0,))
    assert v.value_text(node, graph) == r"(:A:B {name: 'it\'s', size: 1.5})"
    assert v.value_text([link, None, True, "a"], graph) == "[[:T {since: 1}], null, true, 'a']"
    assert v.value_text(there, graph).endswith("-[:T {since: 1}]->()>")
    assert v.value_text(back, graph).startswith("<()<-[:T {since: 1}]-(:A:B")
    assert v.value_text({"k": Date(0)}, graph) == "{k: '1970-01-01'}"


def test_values_become_json() -> None:
    graph = a_graph()
    path = v.PathValue((0, 1), (0,))
    link = {"id": 0, "type": "T", "start": 0, "end": 1, "properties": {"since": 1}}
    node = {"id": 0, "labels": ["A", "B"], "properties": {"name": "it's", "size": 1.5}}
    other = {"id": 1, "labels": [], "properties": {}}
    assert v.value_json(path, graph) == {"nodes": [node, other], "relationships": [link]}
    assert v.value_json([math.nan, 1.5, {"d": Date(0)}], graph) == ["NaN", 1.5, {"d": "1970-01-01"}]


def test_without_the_check_integers_would_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: what refuses integers of more than 64 bits is this one function."""
    monkeypatch.setattr(arithmetic, "int64", lambda value: value)
    assert v.add(v.INTEGER_MAX, 1) == v.INTEGER_MAX + 1


@pytest.mark.parametrize("digits", ["9" * 5_000, "1" + "0" * 4_400])
def test_integers_of_any_length_are_read_or_refused(digits: str) -> None:
    with pytest.raises(v.EvaluationError, match="does not fit 64 bits"):
        v.read_integer_literal(digits)
    assert v.read_whole_number(digits) is None
    assert v.read_whole_number(f"-{digits}") is None
    zeros = "0" * 5_000
    assert v.read_integer_literal(f"{zeros}12") == v.read_whole_number(f"+{zeros}12") == 12
