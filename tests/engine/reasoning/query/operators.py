"""Expressions of the reader of these tests: functions of a row, and operators over them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from focusmesh.engine.reasoning.query import values as v

Row = dict[str, Any]
Expression = Callable[[Row], Any]


def constant(value: Any) -> Expression:
    return lambda row: value


def apply(operator: Callable[..., Any], *operands: Expression) -> Expression:
    return lambda row: operator(*(each(row) for each in operands))


def _unequal(left: Any, right: Any) -> bool | None:
    return v.negation(v.is_equal(left, right))


COMPARISONS: dict[str, Callable[..., Any]] = {
    "=": v.is_equal,
    "<>": _unequal,
    "<": v.is_less,
    "<=": lambda left, right: v.is_less(left, right, or_equal=True),
    ">": lambda left, right: v.is_less(right, left),
    ">=": lambda left, right: v.is_less(right, left, or_equal=True),
}
