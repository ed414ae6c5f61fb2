"""Values: their order agrees with equality, texts are read as they are written, and nothing but known errors leaves."""

from __future__ import annotations

import math
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.reasoning.query import values as v
from focusmesh.engine.reasoning.query.functions import (
    AGGREGATES,
    SIGNATURES,
    FunctionContext,
    accumulator,
    close_functions,
    find_function,
    find_signature,
)
from focusmesh.engine.reasoning.query.temporal import (
    Date,
    DateTime,
    Duration,
    LocalDateTime,
    LocalTime,
    Time,
    TimeZone,
)
from focusmesh.engine.reasoning.query.temporal.from_map import CLOCK_KEYS, DATE_KEYS
from focusmesh.engine.reasoning.query.temporal.truncation import UNITS
from tests.engine.reasoning.query.small_graph import SmallGraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.functions import FunctionSignature

DAYS = st.integers(-800_000, 800_000)
NANOS = st.integers(0, 86_399_999_999_999)
OFFSETS = st.integers(-1_080, 1_080).map(lambda minutes: minutes * 60)
TEMPORAL = st.one_of(
    st.builds(Date, DAYS),
    st.builds(LocalTime, NANOS),
    st.builds(Time, NANOS, OFFSETS),
    st.builds(LocalDateTime, DAYS, NANOS),
    st.builds(DateTime, DAYS, NANOS, st.builds(TimeZone, OFFSETS)),
    st.builds(Duration, st.integers(-99, 99), st.integers(-99, 99), st.integers(-(10**14), 10**14)),
)
INTEGERS = st.one_of(st.integers(-3, 3), st.integers(v.INTEGER_MIN, v.INTEGER_MAX))
SCALARS = st.one_of(
    *(st.none(), st.booleans(), INTEGERS, st.floats(), st.text(max_size=4), TEMPORAL),
    st.builds(v.NodeValue, st.integers(0, 1)),
    st.builds(v.RelationshipValue, st.just(0)),
    st.builds(v.PathValue, st.just((0, 1)), st.just((0,))),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


def a_graph() -> SmallGraph:
    graph = SmallGraph()
    start = graph.add_node(["A", "B"], {"name": "it's", "size": 1.5})
    graph.add_link(start, "T", graph.add_node([], {}), {"since": 1})
    return graph


def a_context() -> FunctionContext:
    return FunctionContext(a_graph(), 10**18, lambda: 10**18 + 5, Random(1))


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


PARTS = [
    *DATE_KEYS,
    *CLOCK_KEYS,
    "timezone",
    "date",
    "time",
    "datetime",
    "months",
    "days",
    "seconds",
]
WORDS = st.sampled_from(
    [*UNITS, "Europe/Stockholm", "+01:00", "2015-07-21", "P1M2DT3S", "-1.5e3", "a"]
)
BY_TYPE = {
    v.ValueType.BOOLEAN: st.booleans(),
    v.ValueType.INTEGER: INTEGERS,
    v.ValueType.FLOAT: st.floats(),
    v.ValueType.STRING: st.one_of(WORDS, st.text(max_size=4)),
    v.ValueType.LIST: st.lists(VALUES, max_size=3),
    v.ValueType.MAP: st.dictionaries(st.sampled_from(PARTS), VALUES, max_size=3),
    v.ValueType.NODE: st.builds(v.NodeValue, st.integers(0, 1)),
    v.ValueType.RELATIONSHIP: st.builds(v.RelationshipValue, st.just(0)),
    v.ValueType.PATH: st.builds(v.PathValue, st.just((0, 1)), st.just((0,))),
    v.ValueType.TEMPORAL: TEMPORAL,
}


def arguments_of(types: v.ValueType) -> st.SearchStrategy[Any]:
    """Values of ``types``, and now and then one of another type."""
    fitting = [each for kind, each in BY_TYPE.items() if kind & types]
    return st.one_of(*fitting, *fitting, *fitting, VALUES)


@given(st.sampled_from(SIGNATURES), st.data())
def test_functions_answer_or_fail_in_known_ways(
    signature: FunctionSignature, data: st.DataObject
) -> None:
    name, count = signature.name, data.draw(st.integers(signature.required, 3))
    if not signature.takes(count):
        count = signature.required
    arguments = [data.draw(arguments_of(signature.parameter(each))) for each in range(count)]
    function = find_function(name)
    if function is None:
        assert_aggregates(name, arguments)
        return
    try:
        found = function.call(a_context(), arguments)
    except v.EvaluationError as error:
        assert error.reason  # noqa: PT017
        return
    kind = v.type_of(found)
    assert kind == v.NO_TYPE or kind in function.signature.result


def assert_aggregates(name: str, arguments: list[Any]) -> None:
    """Two rows have a result of the type that is announced, or are refused in a known way."""
    total = accumulator(name)
    try:
        total.take(*arguments)
        total.take(*arguments)
        kind = v.type_of(total.result())
    except v.EvaluationError as error:
        assert error.reason  # noqa: PT017
        return
    signature = find_signature(name)
    assert signature
    assert kind == v.NO_TYPE or kind in signature.result


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


@given(st.lists(st.floats(-1e300, 1e300), max_size=20), st.lists(INTEGERS, max_size=5))
def test_sums_are_exact_and_rounded_once(floats: list[float], whole: list[int]) -> None:
    total = accumulator("sum")
    for each in (*floats, *whole):
        total.take(each)
    if floats:
        assert total.result() == float(sum(map(Fraction, [*floats, *whole])))
    elif v.INTEGER_MIN <= sum(whole) <= v.INTEGER_MAX:
        assert total.result() == sum(whole)


@given(st.lists(st.one_of(st.floats(), INTEGERS), max_size=4), st.sampled_from(AGGREGATES))
def test_aggregates_of_any_numbers_are_numbers(
    numbers: list[float], signature: FunctionSignature
) -> None:
    total = accumulator(signature.name)
    for each in numbers:
        total.take(each, 0.3)
    try:
        found = total.result()
    except v.EvaluationError as error:
        assert "64 bits" in error.reason  # noqa: PT017
    else:
        assert v.type_of(found) in v.ValueType.NUMBER | v.ValueType.LIST


def test_sums_beyond_the_largest_float_are_infinite() -> None:
    total, mean = accumulator("sum"), accumulator("avg")
    for each in (1.7e308, 1.7e308):
        total.take(each)
        mean.take(each)
    assert [total.result(), mean.result()] == [math.inf, 1.7e308]
    total.take(-math.inf)
    assert total.result() == -math.inf


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20), st.floats(0, 1))
def test_percentiles_lie_where_they_should(numbers: list[float], share: float) -> None:
    exact, between = accumulator("percentileDisc"), accumulator("percentileCont")
    for each in numbers:
        exact.take(each, share)
        between.take(each, share)
    found: Any = exact.result()
    assert found in numbers
    assert sum(each <= found for each in numbers) >= share * len(numbers)
    middle: Any = between.result()
    assert min(numbers) <= middle <= max(numbers)


def test_distinct_counts_1_and_1_0_once() -> None:
    count = accumulator("count", distinct=True)
    values: list[Any] = [1, 1.0, None, math.nan, math.nan, "1", True, [1], [1.0]]
    for each in values:
        count.take(each)
    assert count.result() == 5


def test_names_of_functions() -> None:
    assert find_signature("TOINTEGER") is find_signature("toInteger")
    assert close_functions("tointger")[0] == "toInteger"
    assert find_function("count") is None
    assert find_signature("nothing") is None
    signature = find_signature("range")
    assert signature
    assert signature.arity() == "2 to 3 arguments"
    assert not signature.takes(1)


def test_each_signature_has_a_function() -> None:
    for each in SIGNATURES:
        if each.is_aggregate:
            accumulator(each.name).result()
        else:
            assert find_function(each.name)


def test_wrong_arguments_say_what_is_taken() -> None:
    function = find_function("labels")
    assert function
    with pytest.raises(v.EvaluationError, match=r"labels\(\) does not take an integer") as caught:
        function.call(a_context(), [1])
    assert (caught.value.kind, caught.value.detail) == ("TypeError", "InvalidArgumentValue")
