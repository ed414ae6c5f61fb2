"""Comparison, which may be unknown, and the one order of all values that ORDER BY, min and max use."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.query.values.equality import is_equal
from focusmesh.engine.reasoning.query.values.graph_values import (
    NodeValue,
    PathValue,
    RelationshipValue,
)
from focusmesh.engine.reasoning.query.values.types import ValueType
from focusmesh.engine.reasoning.query.values.value import TemporalValue, is_number, type_of

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.values.value import QueryValue

ORDER = (
    *(ValueType.MAP, ValueType.NODE, ValueType.RELATIONSHIP, ValueType.LIST, ValueType.PATH),
    *(ValueType.DATE_TIME, ValueType.LOCAL_DATE_TIME, ValueType.DATE, ValueType.TIME),
    *(ValueType.LOCAL_TIME, ValueType.DURATION, ValueType.STRING, ValueType.BOOLEAN),
    ValueType.FLOAT,
)
"""Types from the least to the greatest; numbers are one type here, and null comes after all."""

_RANKS = {kind: rank for rank, kind in enumerate(ORDER)} | {ValueType.INTEGER: len(ORDER) - 1}
_NULL_RANK = len(ORDER)


def order_key(value: QueryValue) -> tuple[Any, ...]:
    """Values are in the order of their keys, null last, NaN the greatest number; equivalent values have equal keys."""
    if value is None:
        return (_NULL_RANK,)
    rank = _RANKS[type_of(value)]
    if is_number(value):
        return (rank, 1, 0) if isnan(value) else (rank, 0, value)
    if isinstance(value, list):
        return rank, [order_key(each) for each in value]
    if isinstance(value, dict):
        keys = sorted(value)
        return rank, len(keys), keys, [order_key(value[key]) for key in keys]
    if isinstance(value, NodeValue | RelationshipValue):
        return rank, value.id
    if isinstance(value, PathValue):
        return rank, value.nodes, value.relationships
    if isinstance(value, TemporalValue):
        return rank, value.order_key()
    return rank, value


def is_less(left: QueryValue, right: QueryValue, *, or_equal: bool = False) -> bool | None:
    """``left < right``, or ``<=``: null between types, for nulls, and between things that have no order."""
    if left is None or right is None:
        return None
    if is_number(left) and is_number(right):
        return left <= right if or_equal else left < right
    if isinstance(left, list) and isinstance(right, list):
        return _is_list_less(left, right, or_equal)
    if type(left) is not type(right):
        return None
    if isinstance(left, str | bool):
        return left <= right if or_equal else left < right  # type: ignore[operator]
    if isinstance(left, TemporalValue) and isinstance(right, TemporalValue):
        if not left.is_comparable:
            return True if or_equal and left == right else None
        first, second = left.order_key(), right.order_key()
        return first <= second if or_equal else first < second
    return True if or_equal and left == right else None


def _is_list_less(left: list[QueryValue], right: list[QueryValue], or_equal: bool) -> bool | None:
    """The first pair that is not equal for sure decides, then the lengths."""
    for first, second in zip(left, right, strict=False):
        same = is_equal(first, second)
        if same is None:
            return None
        if not same:
            return is_less(first, second)
    return len(left) <= len(right) if or_equal else len(left) < len(right)
