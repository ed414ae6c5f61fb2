"""Types as far as they are known before a query runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.values import NO_TYPE, ValueType, can_fit

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class InferredType:
    """The types that a value may have, null aside; ``element`` is that of a list's elements, None where unknown."""

    types: ValueType
    element: InferredType | None = None

    def fits(self, wanted: ValueType) -> bool:
        """Whether some value of this type is one of ``wanted``."""
        return can_fit(self.types, wanted)

    def is_only(self, wanted: ValueType) -> bool:
        """Whether all values of this type that are not null are of ``wanted``."""
        return self.types != NO_TYPE and self.types in wanted

    @property
    def elements(self) -> InferredType:
        """What an element may be, where the value is a list."""
        return self.element if self.element and self.types & ValueType.LIST else ANYTHING


ANYTHING = InferredType(ValueType.ANY)
NOTHING = InferredType(NO_TYPE)
"""The type of null."""


def list_of(element: InferredType | None) -> InferredType:
    """The type of lists of ``element``."""
    return InferredType(ValueType.LIST, element)


def either(one: InferredType, other: InferredType) -> InferredType:
    """The type of values that are of one type or the other."""
    lists = [each.element for each in (one, other) if each.types & ValueType.LIST]
    known = [each for each in lists if each is not None]
    element = reduce(either, known) if known and len(known) == len(lists) else None
    return InferredType(one.types | other.types, element)


def any_of(types: Iterable[InferredType]) -> InferredType:
    """The type of values that are of one of the types."""
    return reduce(either, types, NOTHING)


def type_words(inferred: InferredType) -> str:
    """The type for messages: ``node``, ``integer or float``."""
    names = [str(each.name).replace("_", " ").lower() for each in inferred.types]
    return " or ".join(names[:4]) or "null"
