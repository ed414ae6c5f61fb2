"""The types of what operators yield."""

from __future__ import annotations

from focusmesh.engine.reasoning.query.meaning.inferred import NOTHING, InferredType, either, list_of
from focusmesh.engine.reasoning.query.values import NO_TYPE, ValueType

BOOLEAN = InferredType(ValueType.BOOLEAN)
INTEGER = InferredType(ValueType.INTEGER)

_LIST, _STRING, _NUMBER = ValueType.LIST, ValueType.STRING, ValueType.NUMBER
_DURATION, _TEMPORAL = ValueType.DURATION, ValueType.TEMPORAL


def operation_type(operator: str, left: InferredType, right: InferredType) -> InferredType | None:
    """What an operator of arithmetic yields; None where it takes no such operands."""
    if NO_TYPE in (left.types, right.types):
        return NOTHING
    types = _YIELDS[operator](left.types, right.types)
    if types == NO_TYPE:
        return None
    return list_of(_joint_elements(left, right)) if types == _LIST else InferredType(types)


def _joint_elements(left: InferredType, right: InferredType) -> InferredType | None:
    """The elements of a list that ``+`` makes."""
    parts = [each.elements if each.is_only(_LIST) else each for each in (left, right)]
    known = all(each.is_only(_LIST) or not each.types & _LIST for each in (left, right))
    return either(*parts) if known else None


def _number(left: ValueType, right: ValueType) -> ValueType:
    if not (left & _NUMBER and right & _NUMBER):
        return NO_TYPE
    whole = left & right & ValueType.INTEGER
    return whole | ((left | right) & ValueType.FLOAT)


def _sum(left: ValueType, right: ValueType) -> ValueType:
    found = _number(left, right) | _joint(left, right)
    if left & _TEMPORAL and right & _DURATION:
        found |= left & _TEMPORAL
    if left & _DURATION and right & _TEMPORAL:
        found |= right & _TEMPORAL
    return found


def _joint(left: ValueType, right: ValueType) -> ValueType:
    """Strings and lists take whatever stands beside them."""
    found = (left | right) & (_LIST | _STRING)
    return _LIST if found & _LIST and (left in _LIST or right in _LIST) else found


def _difference(left: ValueType, right: ValueType) -> ValueType:
    moved = left & _TEMPORAL if right & _DURATION else NO_TYPE
    return _number(left, right) | moved


def _product(left: ValueType, right: ValueType) -> ValueType:
    scaled = (left & _DURATION and right & _NUMBER) or (left & _NUMBER and right & _DURATION)
    return _number(left, right) | (_DURATION if scaled else NO_TYPE)


def _quotient(left: ValueType, right: ValueType) -> ValueType:
    scaled = left & _DURATION and right & _NUMBER
    return _number(left, right) | (_DURATION if scaled else NO_TYPE)


def _power(left: ValueType, right: ValueType) -> ValueType:
    return ValueType.FLOAT if _number(left, right) else NO_TYPE


_YIELDS = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _quotient,
    "%": _number,
    "^": _power,
    "||": _joint,
}
