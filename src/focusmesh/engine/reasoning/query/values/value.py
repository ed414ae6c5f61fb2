"""What a value is in Python, and the type of one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeAlias, TypeGuard

from focusmesh.engine.reasoning.query.values.faults import type_fault
from focusmesh.engine.reasoning.query.values.graph_values import (
    NodeValue,
    PathValue,
    RelationshipValue,
)
from focusmesh.engine.reasoning.query.values.types import NO_TYPE, ValueType, type_text

if TYPE_CHECKING:
    from collections.abc import Hashable


class TemporalValue(ABC):
    """A date, a time, both, or a duration: hashable, equal to values of the same class that have the same parts."""

    __slots__ = ()

    kind: ClassVar[ValueType]

    @abstractmethod
    def component(self, name: str) -> QueryValue:
        """What ``value.name`` is; raises EvaluationError where it has no such part."""

    @abstractmethod
    def order_key(self) -> tuple[Hashable, ...]:
        """By this, values of one class are compared and sorted."""

    @abstractmethod
    def plus(self, other: QueryValue, sign: int) -> QueryValue:
        """``self + sign · other`` with sign ±1; raises EvaluationError where that is nothing."""

    def times(self, factor: float) -> QueryValue:
        """``self * factor``, for durations alone."""
        raise type_fault(f"* does not take {type_name(self)}")

    def over(self, divisor: float) -> QueryValue:
        """``self / divisor``, for durations alone."""
        raise type_fault(f"/ does not take {type_name(self)}")

    @property
    def is_comparable(self) -> bool:
        """Whether ``<`` means anything between two of the class: a month has no fixed number of days."""
        return self.kind is not ValueType.DURATION


QueryValue: TypeAlias = (
    "bool | int | float | str | list[QueryValue] | dict[str, QueryValue] | NodeValue | RelationshipValue "
    "| PathValue | TemporalValue | None"
)
"""A value of a query; null is None. Integers are in −2⁶³ … 2⁶³ − 1."""

INTEGER_MIN = -(2**63)
INTEGER_MAX = 2**63 - 1

_TYPES: dict[type, ValueType] = {
    type(None): NO_TYPE,
    bool: ValueType.BOOLEAN,
    int: ValueType.INTEGER,
    float: ValueType.FLOAT,
    str: ValueType.STRING,
    list: ValueType.LIST,
    dict: ValueType.MAP,
    NodeValue: ValueType.NODE,
    RelationshipValue: ValueType.RELATIONSHIP,
    PathValue: ValueType.PATH,
}


def type_of(value: QueryValue) -> ValueType:
    """The one type that a value has; ``NO_TYPE`` for null."""
    kind = _TYPES.get(type(value))
    return kind if kind is not None else value.kind  # type: ignore[union-attr]


def type_name(value: QueryValue) -> str:
    """The type of a value in words, for messages: ``a local date time``, ``an integer``, ``null``."""
    kind = type_of(value)
    if kind == NO_TYPE:
        return "null"
    word = type_text(kind)
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def is_number(value: QueryValue) -> TypeGuard[int | float]:
    """Whether it is an integer or a float; a boolean is neither."""
    return type(value) is int or type(value) is float
