"""Conversions between types; a string that is none of the other type becomes null."""

from __future__ import annotations

from math import isfinite, trunc
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.values import (
    EvaluationError,
    TemporalValue,
    argument_fault,
    float_text,
    int64,
    is_number,
    read_number,
    read_whole_number,
    type_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.values import QueryValue


def _to_boolean(value: QueryValue) -> QueryValue:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    if isinstance(value, int):
        return value != 0
    raise _inconvertible("toBoolean", "booleans, integers and strings", value)


def _to_integer(value: QueryValue) -> QueryValue:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise argument_fault(f"toInteger() has no integer for {float_text(value)}")
        return int64(trunc(value))
    if isinstance(value, str):
        return read_whole_number(value)
    raise _inconvertible("toInteger", "numbers, booleans and strings", value)


def _to_float(value: QueryValue) -> QueryValue:
    if is_number(value):
        return float(value)
    if isinstance(value, str):
        return read_number(value)
    raise _inconvertible("toFloat", "numbers and strings", value)


def _to_string(value: QueryValue) -> QueryValue:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, int | str | TemporalValue):
        return str(value)
    raise _inconvertible("toString", "numbers, booleans, strings and temporal values", value)


def _inconvertible(function: str, takes: str, value: QueryValue) -> EvaluationError:
    return argument_fault(f"{function}() takes {takes}, not {type_name(value)}")


def _or_null(function: Callable[[QueryValue], QueryValue]) -> Callable[[QueryValue], QueryValue]:
    def answer(value: QueryValue) -> QueryValue:
        try:
            return function(value)
        except EvaluationError:
            return None

    return answer


PURE: dict[str, Callable[..., QueryValue]] = {
    "toBoolean": _to_boolean,
    "toBooleanOrNull": _or_null(_to_boolean),
    "toFloat": _to_float,
    "toFloatOrNull": _or_null(_to_float),
    "toInteger": _to_integer,
    "toIntegerOrNull": _or_null(_to_integer),
    "toString": _to_string,
    "toStringOrNull": _or_null(_to_string),
}
