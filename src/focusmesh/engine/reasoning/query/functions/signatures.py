"""The signatures of all functions, one table a family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.functions.signature import aggregate_signature, signature
from focusmesh.engine.reasoning.query.values import ValueType

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.functions.signature import FunctionSignature

ANY = ValueType.ANY
BOOLEAN = ValueType.BOOLEAN
DURATION = ValueType.DURATION
ELEMENT = ValueType.ELEMENT
FLOAT = ValueType.FLOAT
INSTANT = ValueType.INSTANT
INTEGER = ValueType.INTEGER
LIST = ValueType.LIST
MAP = ValueType.MAP
NODE = ValueType.NODE
NUMBER = ValueType.NUMBER
PATH = ValueType.PATH
RELATIONSHIP = ValueType.RELATIONSHIP
STRING = ValueType.STRING

GRAPH = (
    signature("endNode", [RELATIONSHIP], NODE),
    signature("id", [ELEMENT], INTEGER),
    signature("elementId", [ELEMENT], STRING),
    signature("keys", [ELEMENT | MAP], LIST, elements=STRING),
    signature("labels", [NODE], LIST, elements=STRING),
    signature("length", [PATH], INTEGER),
    signature("nodes", [PATH], LIST, elements=NODE),
    signature("properties", [ELEMENT | MAP], MAP),
    signature("relationships", [PATH], LIST, elements=RELATIONSHIP),
    signature("startNode", [RELATIONSHIP], NODE),
    signature("type", [RELATIONSHIP], STRING),
)
"""What nodes, relationships and paths tell of themselves."""

SCALARS = (
    signature("coalesce", [ANY], repeats=True),
    signature("exists", [ANY], BOOLEAN),
    signature("isEmpty", [LIST | MAP | STRING], BOOLEAN),
    signature("nullIf", [ANY, ANY]),
    signature("randomUUID", [], STRING, is_volatile=True),
    signature("size", [LIST | STRING], INTEGER),
    signature("timestamp", [], INTEGER),
)

LISTS = (
    signature("head", [LIST]),
    signature("last", [LIST]),
    # The TCK has wrong types refused when it runs, each with its value.
    signature("range", [ANY, ANY, ANY], LIST, optional=1, elements=INTEGER),
    signature("reverse", [LIST | STRING], LIST | STRING),
    signature("tail", [LIST], LIST),
)

STRINGS = (
    signature("char_length", [STRING], INTEGER),
    signature("left", [STRING, INTEGER], STRING),
    signature("lTrim", [STRING], STRING),
    signature("replace", [STRING, STRING, STRING], STRING),
    signature("right", [STRING, INTEGER], STRING),
    signature("rTrim", [STRING], STRING),
    signature("split", [STRING, STRING | LIST], LIST, elements=STRING),
    signature("substring", [STRING, INTEGER, INTEGER], STRING, optional=1),
    signature("toLower", [STRING], STRING),
    signature("toUpper", [STRING], STRING),
    signature("trim", [STRING], STRING),
)

MATHEMATICS = (
    signature("abs", [NUMBER], NUMBER),
    signature("acos", [NUMBER], FLOAT),
    signature("asin", [NUMBER], FLOAT),
    signature("atan", [NUMBER], FLOAT),
    signature("atan2", [NUMBER, NUMBER], FLOAT),
    signature("ceil", [NUMBER], FLOAT),
    signature("cos", [NUMBER], FLOAT),
    signature("cot", [NUMBER], FLOAT),
    signature("degrees", [NUMBER], FLOAT),
    signature("e", [], FLOAT),
    signature("exp", [NUMBER], FLOAT),
    signature("floor", [NUMBER], FLOAT),
    signature("haversin", [NUMBER], FLOAT),
    signature("isNaN", [NUMBER], BOOLEAN),
    signature("log", [NUMBER], FLOAT),
    signature("log10", [NUMBER], FLOAT),
    signature("pi", [], FLOAT),
    signature("radians", [NUMBER], FLOAT),
    signature("rand", [], FLOAT, is_volatile=True),
    signature("round", [NUMBER, INTEGER], FLOAT, optional=1),
    signature("sign", [NUMBER], INTEGER),
    signature("sin", [NUMBER], FLOAT),
    signature("sqrt", [NUMBER], FLOAT),
    signature("tan", [NUMBER], FLOAT),
)

CONVERSIONS = (
    # The TCK has values that cannot be converted refused when it runs: InvalidArgumentValue.
    signature("toBoolean", [ANY], BOOLEAN),
    signature("toBooleanOrNull", [ANY], BOOLEAN),
    signature("toFloat", [ANY], FLOAT),
    signature("toFloatOrNull", [ANY], FLOAT),
    signature("toInteger", [ANY], INTEGER),
    signature("toIntegerOrNull", [ANY], INTEGER),
    signature("toString", [ANY], STRING),
    signature("toStringOrNull", [ANY], STRING),
)

CLOCKS = ("transaction", "statement", "realtime")
"""The moments that ``date.transaction()`` and its like may mean."""

_INSTANTS = {
    "date": ValueType.DATE,
    "localtime": ValueType.LOCAL_TIME,
    "time": ValueType.TIME,
    "localdatetime": ValueType.LOCAL_DATE_TIME,
    "datetime": ValueType.DATE_TIME,
}


def _instant_signatures(name: str, result: ValueType) -> tuple[FunctionSignature, ...]:
    """A type of instant is made, read off a clock, and truncated."""
    return (
        signature(name, [STRING | MAP | INSTANT], result, optional=1),
        *(
            signature(
                f"{name}.{clock}", [STRING], result, optional=1, is_volatile=clock == "realtime"
            )
            for clock in CLOCKS
        ),
        signature(f"{name}.truncate", [STRING, INSTANT, MAP], result, optional=2),
    )


TEMPORAL = (
    *(each for name, kind in _INSTANTS.items() for each in _instant_signatures(name, kind)),
    signature("datetime.fromepoch", [INTEGER, INTEGER], ValueType.DATE_TIME, optional=1),
    signature("datetime.fromepochmillis", [INTEGER], ValueType.DATE_TIME),
    signature("duration", [STRING | MAP | DURATION], DURATION),
    signature("duration.between", [INSTANT, INSTANT], DURATION),
    signature("duration.inDays", [INSTANT, INSTANT], DURATION),
    signature("duration.inMonths", [INSTANT, INSTANT], DURATION),
    signature("duration.inSeconds", [INSTANT, INSTANT], DURATION),
)

AGGREGATES = (
    aggregate_signature("avg", [NUMBER | DURATION], FLOAT | DURATION),
    aggregate_signature("collect", [ANY], LIST),
    aggregate_signature("count", [ANY], INTEGER),
    aggregate_signature("max", [ANY], ANY),
    aggregate_signature("min", [ANY], ANY),
    aggregate_signature("percentileCont", [NUMBER, NUMBER], FLOAT),
    aggregate_signature("percentileDisc", [NUMBER, NUMBER], NUMBER),
    aggregate_signature("stDev", [NUMBER], FLOAT),
    aggregate_signature("stDevP", [NUMBER], FLOAT),
    aggregate_signature("sum", [NUMBER | DURATION], NUMBER | DURATION),
)
"""Functions that fold the rows of a group; ``count(*)`` is syntax and no call."""

SIGNATURES = (
    *(*GRAPH, *SCALARS, *LISTS, *STRINGS, *MATHEMATICS, *CONVERSIONS, *TEMPORAL),
    *AGGREGATES,
)
