"""What becomes of a scenario of the TCK that is evaluated by values and functions alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.query import values as v
from tests.engine.reasoning.query.queries import SmallQuery
from tests.engine.reasoning.query.small_graph import SmallGraph
from tests.engine.reasoning.query.words import NotEvaluableError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tests.engine.reasoning.query.operators import Row
    from tests.engine.reasoning.query.scenarios import Rows, Scenario

_GRAPHIC = re.compile(r"[(<]\(*[:{)]|\[:")
"""What nodes, relationships and paths begin with."""
HOLDS, DIFFERS, NOT_EVALUABLE = "holds", "differs", "not evaluable"


def verdict(scenario: Scenario) -> tuple[str, str]:
    """``HOLDS``, ``DIFFERS`` or ``NOT_EVALUABLE``, and in what it differs or what is missing."""
    graph = SmallGraph()
    try:
        parameters = _parameters(scenario.parameters)
        for text in scenario.setup:
            SmallQuery(text, graph, {}).run()
        query = SmallQuery(scenario.query, graph, parameters)
        rows = query.run()
    except (NotEvaluableError, KeyError) as missing:
        return NOT_EVALUABLE, f"{type(missing).__name__} {missing}"
    except v.EvaluationError as error:
        return _verdict_of_error(scenario, error)
    if scenario.error:
        phase = scenario.error[1]
        return (NOT_EVALUABLE if phase == "compile time" else DIFFERS), f"no {scenario.error}"
    if scenario.rows is None or not any("result should be" in each for each in scenario.steps):
        return NOT_EVALUABLE, "no rows asked for"
    return _verdict_of_rows(scenario, query.columns, rows, graph)


def _parameters(table: Rows) -> Row:
    return {row[0]: _cell(row[1]) for row in table}


def _verdict_of_error(scenario: Scenario, error: v.EvaluationError) -> tuple[str, str]:
    if scenario.error is None:
        return DIFFERS, str(error)
    kind, phase, detail = scenario.error
    if phase == "compile time":
        return NOT_EVALUABLE, "types say it beforehand"
    same = detail in ("*", error.detail) and kind == error.kind
    return (HOLDS if same else DIFFERS), f"{error} instead of {scenario.error}"


def _verdict_of_rows(
    scenario: Scenario, columns: list[str], rows: list[list[Any]], graph: SmallGraph
) -> tuple[str, str]:
    assert scenario.rows is not None
    wanted = [[_cell_key(scenario, cell) for cell in row] for row in scenario.rows[1:]]
    found = [[_value_key(scenario, each, graph) for each in row] for row in rows]
    if not scenario.is_ordered:
        wanted.sort(key=repr)
        found.sort(key=repr)
    header = scenario.rows[0] if scenario.rows else []
    if [_plain(each) for each in columns] != [_plain(each) for each in header]:
        return DIFFERS, f"columns {columns}, not {header}"
    return (HOLDS if wanted == found else DIFFERS), f"{found} instead of {wanted}"


def _plain(name: str) -> str:
    """Without white space, and with floats as values are written."""
    number = re.compile(r"\d+\.\d+")
    return number.sub(lambda found: v.float_text(float(found[0])), "".join(name.split()))


def _cell(text: str) -> Any:
    graph = SmallGraph()
    query = SmallQuery(f"RETURN {text} AS cell", graph, {"NaN": float("nan")})
    query.rows = [{"NaN": float("nan"), "Inf": float("inf")}]
    return query.run()[0][0]


def _cell_key(scenario: Scenario, text: str) -> Hashable:
    """Nodes, relationships and paths are compared as they are written."""
    if _GRAPHIC.search(text):
        return _plain(text)
    try:
        return _key(scenario, _cell(text), SmallGraph())
    except (NotEvaluableError, KeyError, v.EvaluationError):
        return _plain(text)


def _value_key(scenario: Scenario, value: Any, graph: SmallGraph) -> Hashable:
    graphic = v.ValueType.ELEMENT | v.ValueType.PATH
    if _has(value, graphic):
        return _plain(v.value_text(value, graph))
    return _key(scenario, value, graph)


def _has(value: Any, kinds: v.ValueType) -> bool:
    if isinstance(value, list):
        return any(_has(each, kinds) for each in value)
    if isinstance(value, dict):
        return any(_has(each, kinds) for each in value.values())
    return bool(v.type_of(value) & kinds)


def _key(scenario: Scenario, value: Any, graph: SmallGraph) -> Hashable:
    """Integers and floats are told apart, and temporal values are their texts."""
    if isinstance(value, list):
        members = [_key(scenario, each, graph) for each in value]
        return tuple(sorted(members, key=repr) if scenario.ignores_list_order else members)
    if isinstance(value, dict):
        return frozenset((key, _key(scenario, each, graph)) for key, each in value.items())
    if isinstance(value, v.TemporalValue):
        return "str", str(value)
    if isinstance(value, float):
        return "float", v.group_key(value)
    return type(value).__name__, value
