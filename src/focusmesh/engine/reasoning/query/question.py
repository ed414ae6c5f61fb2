"""A question in Cypher to the links of one snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.query.parameters import query_value
from focusmesh.engine.reasoning.query.plans import QuerySettings, open_query
from focusmesh.engine.reasoning.query.procedures import graph_functions, graph_procedures
from focusmesh.engine.reasoning.query.sources import link_graph
from focusmesh.engine.reasoning.query.table import Table
from focusmesh.engine.reasoning.relations import QueryLimits
from focusmesh.errors import BudgetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.reasoning.query.plans import OpenQuery
    from focusmesh.engine.reasoning.query.plans.rows import Row


def ask_query(
    snapshot: Snapshot,
    text: str,
    parameters: Mapping[str, Any],
    limits: QueryLimits | None = None,
    *,
    partial: bool = False,
    profile: bool = False,
) -> Table:
    """The rows of a query. With ``partial`` a limit cuts them, and ``complete`` is False, instead of an error.

    Raises QueryError with line and column, and BudgetError at a limit.
    """
    query = _open(snapshot, text, parameters, limits, profile=profile)
    rows, complete = list["Row"](), True
    try:
        for row in query.rows:
            query.meter.hold(1, len(row), "RETURN")
            rows.append(row)
    except BudgetError:
        if not partial:
            raise
        complete = False
    steps = () if query.meter.profile is None else query.meter.profile.steps
    return Table(query.columns, rows, link_graph(snapshot), complete=complete, profile=steps)


def explain_query(snapshot: Snapshot, text: str, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """How a query would be answered, a line a step; nothing is run."""
    return _open(snapshot, text, parameters, None, profile=False).steps


def _open(
    snapshot: Snapshot,
    text: str,
    parameters: Mapping[str, Any],
    limits: QueryLimits | None,
    *,
    profile: bool,
) -> OpenQuery:
    given = {name: query_value(value) for name, value in parameters.items()}
    settings = QuerySettings(
        graph_functions(snapshot),
        graph_procedures(snapshot),
        limits=limits or QueryLimits(),
        profile=profile,
    )
    return open_query(text, link_graph(snapshot), given, settings)
