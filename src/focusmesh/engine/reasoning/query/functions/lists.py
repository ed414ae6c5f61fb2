"""Functions of lists, and those that take values of any type."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from focusmesh.engine.reasoning.query.values import (
    EvaluationError,
    is_equal,
    range_fault,
    type_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.functions.context import FunctionContext
    from focusmesh.engine.reasoning.query.values import QueryValue

RANGE_MAX = 10_000_000
"""Numbers of the longest list that ``range`` makes."""


def number_range(start: QueryValue, end: QueryValue, step: QueryValue = 1) -> range:
    """What ``range(start, end, step)`` has, of any length; raises EvaluationError for what is no such range."""
    numbers = []
    for number in (start, end, step):
        if not isinstance(number, int) or isinstance(number, bool):
            raise EvaluationError(
                "ArgumentError",
                "InvalidArgumentType",
                f"range() takes integers, not {type_name(number)}",
            )
        numbers.append(number)
    first, last, by = numbers
    if by == 0:
        raise range_fault("range() takes a step other than 0")
    return range(first, last + (1 if by > 0 else -1), by)


def _range(*bounds: QueryValue) -> list[QueryValue]:
    numbers = number_range(*bounds)
    if len(numbers) > RANGE_MAX:
        raise range_fault(f"range() would make a list of more than {RANGE_MAX} numbers")
    return [*numbers]


def _reverse(value: str | list[QueryValue]) -> QueryValue:
    return value[::-1]


def _coalesce(*values: QueryValue) -> QueryValue:
    return next((each for each in values if each is not None), None)


def _null_if(value: QueryValue, other: QueryValue) -> QueryValue:
    return None if is_equal(value, other) else value


PURE: dict[str, Callable[..., QueryValue]] = {
    "coalesce": _coalesce,
    "exists": lambda value: value is not None,
    "head": lambda members: members[0] if members else None,
    "isEmpty": lambda value: not value,
    "last": lambda members: members[-1] if members else None,
    "nullIf": _null_if,
    "range": _range,
    "reverse": _reverse,
    "size": len,
    "tail": lambda members: members[1:],
}


def _random_uuid(context: FunctionContext) -> str:
    return str(UUID(int=context.random.getrandbits(128), version=4))


def _timestamp(context: FunctionContext) -> int:
    return context.began // 1_000_000


CONTEXTUAL: dict[str, Callable[..., QueryValue]] = {
    "randomUUID": _random_uuid,
    "timestamp": _timestamp,
}
