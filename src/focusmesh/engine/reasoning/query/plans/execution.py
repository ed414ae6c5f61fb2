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
from focusmesh.engine.reasoning.relations import Meter, Profile, QueryLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from focusmesh.engine.reasoning.query.plans.rows import Row
    from focusmesh.engine.reasoning.query.sources import PropertyGraph
    from focusmesh.engine.reasoning.query.values import QueryValue


ADVICE = "name a start by a label or a property, bound the length of paths, or use LIMIT"


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """What a query may name and take: functions and procedures by name in small letters, limits, clock and seed."""

    functions: Mapping[str, ForeignFunction] = field(default_factory=dict)
    procedures: Mapping[str, QueryProcedure] = field(default_factory=dict)
    creates: bool = False
    limits: QueryLimits = field(default_factory=QueryLimits)
    clock: Callable[[], int] = time_ns
    seed: int = 0
    profile: bool = False


@dataclass(frozen=True, slots=True)
class OpenQuery:
    """A query that was read, checked and compiled: columns, steps in words, and rows found as they are taken."""

    columns: tuple[str, ...]
    rows: Iterator[Row]
    meter: Meter
    steps: tuple[str, ...]


def open_query(
    text: str,
    graph: PropertyGraph,
    parameters: Mapping[str, QueryValue],
    settings: QuerySettings | None = None,
) -> OpenQuery:
    """A query, ready to be answered.

    Raises QueryError with line and column where the text holds no query, or, as rows are taken, fails on a value, and
    BudgetError where a limit is passed.
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
    meter = Meter(known.limits, profile=Profile() if known.profile else None, advice=ADVICE)
    run = QueryRun(
        *(graph, context, meter, text, checked.stars, parameters),
        known.procedures,
        known.functions,
    )
    operator = ClausePlans(run).whole(checked.query)
    names = tuple(each.name for each in checked.columns)
    rows = operator([()])
    return OpenQuery(names, rows if names else _run_out(rows), meter, tuple(run.steps))


def _run_out(rows: Iterator[Row]) -> Iterator[Row]:
    """No rows, as a query answers that does not say what it answers; it is run all the same."""
    for _ in rows:
        pass
    yield from ()
