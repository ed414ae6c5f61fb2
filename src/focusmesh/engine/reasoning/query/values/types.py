"""The types that values of a query can have, as sets: a type may be a union."""

from __future__ import annotations

from enum import Flag, auto


class ValueType(Flag):
    """A set of types of values. ``|`` joins two, ``&`` is what they share; null belongs to every type.

    An argument of type ``a`` fits a parameter of type ``b`` for sure where ``a in b``, perhaps where ``a & b``, and
    else never. Lists have no element types here: see ``FunctionSignature.elements``.
    """

    BOOLEAN = auto()
    INTEGER = auto()
    FLOAT = auto()
    STRING = auto()
    LIST = auto()
    MAP = auto()
    NODE = auto()
    RELATIONSHIP = auto()
    PATH = auto()
    DATE = auto()
    LOCAL_TIME = auto()
    TIME = auto()
    LOCAL_DATE_TIME = auto()
    DATE_TIME = auto()
    DURATION = auto()
    NUMBER = INTEGER | FLOAT
    INSTANT = DATE | LOCAL_TIME | TIME | LOCAL_DATE_TIME | DATE_TIME
    TEMPORAL = INSTANT | DURATION
    ELEMENT = NODE | RELATIONSHIP
    SCALAR = BOOLEAN | NUMBER | STRING | TEMPORAL
    ANY = SCALAR | LIST | MAP | ELEMENT | PATH


NO_TYPE = ValueType(0)
"""The type of null alone: it shares nothing with others and fits everywhere."""


_UNIONS = {
    ValueType.ANY: "any",
    ValueType.TEMPORAL: "temporal value",
    ValueType.INSTANT: "date or time",
    ValueType.NUMBER: "number",
    ValueType.ELEMENT: "node or relationship",
}
"""Unions that have a word of their own, the larger first."""


def type_text(kind: ValueType) -> str:
    """A type in words: ``integer``, ``number or string``, ``any``."""
    words, left = list[str](), kind
    for union, word in _UNIONS.items():
        if union in left:
            words.append(word)
            left &= ~union
    words += [str(each.name).lower().replace("_", " ") for each in left]
    return " or ".join(words)


def can_fit(argument: ValueType, parameter: ValueType) -> bool:
    """Whether a value of type ``argument`` may be taken where ``parameter`` is asked for; null always may."""
    return argument == NO_TYPE or bool(argument & parameter)
