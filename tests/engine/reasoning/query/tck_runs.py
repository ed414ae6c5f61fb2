"""What becomes of a scenario of the TCK that is run: its graph is made by CREATE, its query is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.query import values as v
from focusmesh.engine.reasoning.query.plans import QueryProcedure, QuerySettings, open_query
from focusmesh.engine.reasoning.query.sources import MemoryGraph
from focusmesh.errors import QueryError
from tests.engine.reasoning.query.meaning.refusals import procedures

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from pathlib import Path

    from focusmesh.engine.reasoning.query.sources import PropertyGraph
    from tests.engine.reasoning.query.scenarios import Rows, Scenario

HOLDS, DIFFERS, WRITES = "holds", "differs", "writes"
_GRAPHIC = re.compile(r"[(<]\(*[:{)]|\[:")
"""What nodes, relationships and paths begin with."""
_NUMBER = re.compile(r"\d+\.\d+")
_LABELS = re.compile(r"\(:(\w+(?::\w+)+)")
_ENTRIES = re.compile(r"\{([^{}]*)\}")
_NOW = 1_700_000_000_123_456_789


def verdict(
    scenario: Scenario, graphs: Path, source: Callable[[MemoryGraph], PropertyGraph] | None = None
) -> tuple[str, str]:
    """``HOLDS``, ``DIFFERS`` or ``WRITES``, and why; ``source`` makes what is asked of what was created."""
    memory = MemoryGraph()
    settings = QuerySettings(
        procedures=_procedures(scenario), creates=True, clock=lambda: _NOW, seed=7
    )
    try:
        for text in _setup(scenario, graphs):
            _run(text, memory, {}, settings)
        graph = source(memory) if source else memory
        columns, rows = _run(scenario.query, graph, _parameters(scenario.parameters), settings)
    except QueryError as error:
        return _verdict_of_error(scenario, error)
    if scenario.error:
        return DIFFERS, f"no {scenario.error}"
    return _verdict_of_rows(scenario, columns, rows, graph)


def _run(
    text: str, graph: PropertyGraph, parameters: Mapping[str, Any], settings: QuerySettings
) -> tuple[Sequence[str], list[Sequence[Any]]]:
    query = open_query(text, graph, parameters, settings)
    return query.columns, list(query.rows)


def _setup(scenario: Scenario, graphs: Path) -> list[str]:
    """The texts that make the graph of a scenario."""
    named = [re.match(r"the ([\w-]+) graph", step) for step in scenario.steps]
    paths = [graphs / each[1] / f"{each[1]}.cypher" for each in named if each]
    return [path.read_text(encoding="utf-8") for path in paths] + scenario.setup


def _procedures(scenario: Scenario) -> dict[str, QueryProcedure]:
    """The procedures of a scenario, which answer from its tables."""
    found = dict[str, QueryProcedure]()
    for name, signature in procedures(scenario).items():
        table = scenario.tables.get(signature.name, [])
        rows = [[_cell(cell) for cell in row] for row in table[1:]]
        count = len(signature.parameters)

        def answer(
            arguments: Sequence[Any], tick: object, rows: list[list[Any]] = rows, count: int = count
        ) -> list[list[Any]]:
            key = [v.group_key(each) for each in arguments]
            return [row[count:] for row in rows if [v.group_key(e) for e in row[:count]] == key]

        found[name] = QueryProcedure(signature, answer)
    return found


def _parameters(table: Rows) -> dict[str, Any]:
    return {row[0]: _cell(row[1]) for row in table}


def _verdict_of_error(scenario: Scenario, error: QueryError) -> tuple[str, str]:
    if error.detail == "WriteClause":
        return WRITES, str(error)
    if scenario.error is None:
        return DIFFERS, str(error)
    kind, phase, detail = scenario.error
    same = kind == error.kind and detail in ("*", error.detail)
    same = same and phase in ("any time", error.phase)
    found = (error.kind, error.phase, error.detail)
    return (HOLDS if same else DIFFERS), f"{found} instead of {scenario.error}"


def _verdict_of_rows(
    scenario: Scenario, columns: Sequence[str], rows: list[Sequence[Any]], graph: PropertyGraph
) -> tuple[str, str]:
    table = scenario.rows or [[]]
    names, header = [_plain(each) for each in columns], [_plain(each) for each in table[0]]
    if sorted(names) != sorted(header):
        return DIFFERS, f"columns {columns}, not {table[0]}"
    places = [names.index(each) for each in header]
    wanted = [[_cell_key(scenario, cell) for cell in row] for row in table[1:]]
    found = [[_value_key(scenario, row[place], graph) for place in places] for row in rows]
    if not scenario.is_ordered:
        wanted.sort(key=repr)
        found.sort(key=repr)
    return (HOLDS if wanted == found else DIFFERS), f"{found} instead of {wanted}"


def _plain(name: str) -> str:
    """Without white space, floats as values are written, labels and properties sorted."""
    plain = _NUMBER.sub(lambda found: v.float_text(float(found[0])), "".join(name.split()))
    plain = _ENTRIES.sub(lambda found: "{" + ",".join(sorted(found[1].split(","))) + "}", plain)
    return _LABELS.sub(lambda found: "(:" + ":".join(sorted(found[1].split(":"))), plain)


def _cell(text: str) -> Any:
    replaced = re.sub(r"\bNaN\b", "(0.0 / 0.0)", text)
    replaced = re.sub(r"\bInf\b", "(1.0 / 0.0)", replaced)
    query = open_query(f"RETURN {replaced} AS cell", MemoryGraph(), {})
    return next(query.rows)[0]


def _cell_key(scenario: Scenario, text: str) -> Hashable:
    """Nodes, relationships and paths are compared as they are written."""
    if _GRAPHIC.search(text):
        return _plain(text)
    try:
        return _key(scenario, _cell(text))
    except QueryError:
        return _plain(text)


def _value_key(scenario: Scenario, value: Any, graph: PropertyGraph) -> Hashable:
    if _has(value, v.ValueType.ELEMENT | v.ValueType.PATH):
        return _plain(v.value_text(value, graph))
    return _key(scenario, value)


def _has(value: Any, kinds: v.ValueType) -> bool:
    if isinstance(value, list):
        return any(_has(each, kinds) for each in value)
    if isinstance(value, dict):
        return any(_has(each, kinds) for each in value.values())
    return bool(v.type_of(value) & kinds)


def _key(scenario: Scenario, value: Any) -> Hashable:
    """Integers and floats are told apart, and temporal values are their texts."""
    if isinstance(value, list):
        members = [_key(scenario, each) for each in value]
        return tuple(sorted(members, key=repr) if scenario.ignores_list_order else members)
    if isinstance(value, dict):
        return frozenset((key, _key(scenario, each)) for key, each in value.items())
    if isinstance(value, v.TemporalValue):
        return "str", str(value)
    if isinstance(value, float):
        return "float", v.group_key(value)
    return type(value).__name__, value
