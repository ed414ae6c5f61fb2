"""Equality, which may be unknown, and equivalence, by which rows are grouped and told apart."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.values.value import is_number

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from focusmesh.engine.reasoning.query.values.value import QueryValue


_PLAIN = frozenset({int, str, bool, float})
"""Types whose values Python compares as Cypher does."""


def is_equal(left: QueryValue, right: QueryValue) -> bool | None:
    """``left = right``: null where a null decides it, false between types, and NaN equals nothing."""
    if left is None or right is None:
        return None
    if type(left) is type(right) and type(left) in _PLAIN:
        return left == right
    if isinstance(left, list) and isinstance(right, list):
        return _are_equal(zip(left, right, strict=False)) if len(left) == len(right) else False
    if isinstance(left, dict) and isinstance(right, dict):
        if left.keys() != right.keys():
            return False
        return _are_equal((left[key], right[key]) for key in left)
    if is_number(left) and is_number(right):
        return left == right
    return type(left) is type(right) and left == right


def _are_equal(pairs: Iterable[tuple[QueryValue, QueryValue]]) -> bool | None:
    """False where one pair differs, else null where one is not known."""
    answer: bool | None = True
    for left, right in pairs:
        same = is_equal(left, right)
        if same is False:
            return False
        if same is None:
            answer = None
    return answer


def is_in(value: QueryValue, members: Iterable[QueryValue]) -> bool | None:
    """``value IN members``: null where no member is equal for sure and one may be."""
    answer: bool | None = False
    for member in members:
        same = is_equal(value, member)
        if same is True:
            return True
        if same is None:
            answer = None
    return answer


def group_key(value: QueryValue) -> Hashable:
    """Two values have the same key where DISTINCT and grouping take them for one.

    Unlike with ``=``, null is like null and NaN like NaN; 1 is like 1.0. Costs what the value is large.
    """
    if is_number(value):
        return "", "NaN" if isnan(value) else value
    if isinstance(value, list):
        return list, tuple(group_key(each) for each in value)
    if isinstance(value, dict):
        return dict, frozenset((key, group_key(each)) for key, each in value.items())
    return type(value), value
