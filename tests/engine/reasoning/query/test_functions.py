"""Functions: whatever they are given, they answer with a value of the type they announce, or refuse in a known way."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.reasoning.query import values as v
from focusmesh.engine.reasoning.query.functions import (
    AGGREGATES,
    SIGNATURES,
    accumulator,
    close_functions,
    find_function,
    find_signature,
    number_range,
)
from focusmesh.engine.reasoning.query.temporal.from_map import CLOCK_KEYS, DATE_KEYS
from focusmesh.engine.reasoning.query.temporal.truncation import UNITS
from tests.engine.reasoning.query.strategies import INTEGERS, TEMPORAL, VALUES, a_context

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.functions import FunctionSignature


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


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("range", [0, 10**12], "a list of more than"),
        ("replace", ["a" * 10**5, "a", "b" * 10**5], "a string of more than"),
        ("left", ["abc", -1], "0 or more characters"),
        ("duration", [{"months": 2**62, "years": 2**62}], "at most"),
        ("date", [{"year": 2**62}], "not within"),
        ("round", [1.5, -1], "0 or more digits"),
        ("split", ["a", [1]], "strings as delimiters"),
    ],
)
def test_answers_without_bound_are_refused(name: str, arguments: list[Any], reason: str) -> None:
    function = find_function(name)
    assert function
    with pytest.raises(v.EvaluationError, match=reason):
        function.call(a_context(), arguments)


def test_the_range_is_as_long_as_it_says() -> None:
    assert len(number_range(0, 10**12)) == 10**12 + 1
    assert [*number_range(5, 1, -2)] == [5, 3, 1]


def test_functions_that_are_asked_of_the_context() -> None:
    context = a_context()
    answers = {}
    for name in ("rand", "timestamp", "datetime", "datetime.realtime", "randomUUID"):
        function = find_function(name)
        assert function
        answers[name] = function.call(context, [])
    assert 0 <= answers["rand"] < 1  # type: ignore[operator]
    assert answers["timestamp"] == 10**12
    assert str(answers["datetime"]) == "2001-09-09T01:46:40Z"
    assert str(answers["datetime.realtime"]) == "2001-09-09T01:46:40.000000005Z"
    assert len(str(answers["randomUUID"])) == 36
