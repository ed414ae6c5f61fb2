"""The operators of expressions, as functions of values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.values import (
    add,
    conjunction,
    contains,
    disjunction,
    divide,
    ends_with,
    exclusive_disjunction,
    is_equal,
    is_less,
    membership,
    modulo,
    multiply,
    negate,
    negation,
    positive,
    power,
    starts_with,
    subtract,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.values import QueryValue


def _differs(left: QueryValue, right: QueryValue) -> bool | None:
    return negation(is_equal(left, right))


BINARY: dict[str, Callable[[QueryValue, QueryValue], QueryValue]] = {
    "AND": conjunction,
    "OR": disjunction,
    "XOR": exclusive_disjunction,
    "+": add,
    "||": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": modulo,
    "^": power,
    "IN": membership,
    "STARTS WITH": starts_with,
    "ENDS WITH": ends_with,
    "CONTAINS": contains,
}

UNARY: dict[str, Callable[[QueryValue], QueryValue]] = {
    "NOT": negation,
    "+": positive,
    "-": negate,
    "IS NULL": lambda value: value is None,
    "IS NOT NULL": lambda value: value is not None,
}

COMPARISONS: dict[str, Callable[[QueryValue, QueryValue], bool | None]] = {
    "=": is_equal,
    "<>": _differs,
    "<": is_less,
    "<=": lambda left, right: is_less(left, right, or_equal=True),
    ">": lambda left, right: is_less(right, left),
    ">=": lambda left, right: is_less(right, left, or_equal=True),
}
