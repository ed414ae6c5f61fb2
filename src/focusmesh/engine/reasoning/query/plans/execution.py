"""A text is read, checked, compiled and run."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from time import time_ns
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.functions import FunctionContext
from focusmesh.engine.reasoning.query.language import read_query
from focusmesh.engine.reasoning.query.meaning import QuerySurroundings, check_query
from focusmesh.engine.reasoning.query.plans.clauses import ClausePlans
from focusmesh.engine.reasoning.query.plans.query_run import (
    ForeignFunction,
    QueryProcedure,
    QueryRun,
)
from focusmesh.engine.reasoning.relations import Meter, QueryLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from focusmesh.engine.reasoning.query.plans.rows import Row
    from focusmesh.engine.reasoning.query.sources import PropertyGraph
    from focusmesh.engine.reasoning.query.values import QueryValue


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """What a query may name and take: functions and procedures by name in small letters, limits, clock and seed."""

    functions: Mapping[str, ForeignFunction] = field(default_factory=dict)
    procedures: Mapping[str, QueryProcedure] = field(default_factory=dict)
    creates: bool = False
    limits: QueryLimits = field(default_factory=QueryLimits)
    clock: Callable[[], int] = time_ns
    seed: int = 0


def run_query(
    text: str,
    graph: PropertyGraph,
    parameters: Mapping[str, QueryValue],
    settings: QuerySettings | None = None,
) -> tuple[tuple[str, ...], Iterator[Row]]:
    """The columns of a query's answer, and its rows, which are found as they are taken.

    Raises QueryError with line and column where the text holds no query, or fails on a value, and BudgetError where a
    limit is passed.
    """
    known = settings or QuerySettings()
    surroundings = QuerySurroundings(
        {name: each.signature for name, each in known.functions.items()},
        {name: each.signature for name, each in known.procedures.items()},
        known.creates,
    )
    checked = check_query(read_query(text), surroundings)
    checked.require(parameters)
    context = FunctionContext(graph, known.clock(), known.clock, Random(known.seed))
    run = QueryRun(
        *(graph, context, Meter(known.limits), text, checked.stars, parameters),
        known.procedures,
        known.functions,
    )
    operator = ClausePlans(run).whole(checked.query)
    names = tuple(each.name for each in checked.columns)
    return names, operator([()]) if names else _nothing(operator([()]))


def _nothing(rows: Iterator[Row]) -> Iterator[Row]:
    """No rows, as a query answers that does not say what it answers; it is run all the same."""
    for _ in rows:
        pass
    return iter(())
