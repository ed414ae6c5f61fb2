"""From a request to its answer: read, measured, validated, and only then carried out, for one moment."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from focusmesh.errors import ParameterError
from focusmesh.host.service import TimeLimitError, height_of, log_unexpected, problem_of
from focusmesh.interface.server.graphql.arguments import CostError
from focusmesh.interface.server.graphql.cost import Costs, Measured, measure_operation, verify
from focusmesh.interface.server.graphql.framework import (
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    graphql,
)
from focusmesh.interface.server.graphql.query_context import Asking
from focusmesh.interface.server.graphql.schema import core_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.service import Moment, Service
    from focusmesh.interface.server.graphql.framework import DocumentNode
    from focusmesh.interface.server.graphql.request import GraphQLRequest

LOG = logging.getLogger("focusmesh.graphql")
ERRORS_MAX = 20
_DOCUMENTS_KEPT = 64
_INVALID = "graphql"


@dataclass(frozen=True)
class Answered:
    """``document`` is what is sent; ``is_refused``: nothing was carried out, since the request is at fault."""

    document: dict[str, Any]
    is_refused: bool = False

    @property
    def has_errors(self) -> bool:
        """Whether something of it went wrong."""
        return "errors" in self.document


@dataclass(frozen=True)
class Prepared:
    """A query that may be carried out."""

    request: GraphQLRequest
    document: DocumentNode
    found: Measured

    @property
    def cursor(self) -> str | None:
        """A cursor that says of which moment the request is; raises ParameterError where two differ, or one is none."""
        if len({height_of(cursor) for cursor in self.found.cursors}) > 1:
            raise ParameterError("a request is of one moment: its cursors are of different heights")
        return next(iter(self.found.cursors), None)


def prepare_query(request: GraphQLRequest, costs: Costs) -> Prepared | Answered:
    """A request that is worth carrying out, or what is wrong with it."""
    if len(request.query) > costs.length:
        longest = f"a query has at most {costs.length:,} characters; send values as variables"
        return _refusal([CostError("too-long", longest)])
    try:
        document = _parse(request.query, costs.tokens)
        operation = _operation(document, request.operation)
        found = measure_operation(document, operation, core_schema(), request.variables or {})
        verify(found, costs)
        faults = _faults(request.query, costs.tokens)
    except (GraphQLError, CostError) as error:
        return _refusal([error])
    except RecursionError:
        return _refusal([CostError("too-deep", "the query is nested too deep to be read")])
    return _refusal(faults) if faults else Prepared(request, document, found)


def answer_query(service: Service, moment: Moment, asked: Prepared, progress: Progress) -> Answered:
    """Carries a query out; raises TimeLimitError where the time is over."""
    result = asyncio.run(_execute(service, moment, asked, progress))
    errors = result.errors or []
    for error in errors:
        if isinstance(error.original_error, TimeLimitError):
            raise error.original_error
    told: dict[str, Any] = {"data": result.data}
    if errors:
        told["errors"] = [_error_document(error) for error in errors[:ERRORS_MAX]]
    cost, depth = asked.found.measure
    told["extensions"] = {
        "root": moment.root,
        "height": moment.height,
        "cost": cost,
        "depth": depth,
    }
    # Nothing was carried out where not even a null is there for the data: variables of another type.
    return Answered(told, is_refused=result.data is None and all(e.path is None for e in errors))


async def _execute(
    service: Service, moment: Moment, asked: Prepared, progress: Progress
) -> ExecutionResult:
    result = graphql.execute(
        core_schema(),
        asked.document,
        context_value=Asking(service, moment, progress),
        variable_values=asked.request.variables,
        operation_name=asked.request.operation,
    )
    return result if isinstance(result, ExecutionResult) else await result


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def _parse(query: str, tokens: int) -> DocumentNode:
    return graphql.parse(query, max_tokens=tokens)


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def _faults(query: str, tokens: int) -> list[GraphQLError]:
    return graphql.validate(core_schema(), _parse(query, tokens), max_errors=ERRORS_MAX)


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    named = [one for one in operations if name is None or (one.name and one.name.value == name)]
    if len(named) != 1:
        raise GraphQLError(
            "name one operation of the query"
            if operations
            else "the query has no operation: write { … }"
        )
    if named[0].operation is not OperationType.QUERY:
        raise GraphQLError("only queries are answered; post signals to /v1/signals")
    return named[0]


def _refusal(errors: Sequence[GraphQLError | CostError]) -> Answered:
    return Answered({"errors": [_error_document(error) for error in errors]}, is_refused=True)


def _error_document(error: GraphQLError | CostError) -> dict[str, Any]:
    """An error as it is sent: where, and with the code that HTTP has for it. What nobody expected goes to the log."""
    if isinstance(error, CostError):
        return {"message": str(error), "extensions": {"code": error.code, "status": 400}}
    told: dict[str, Any] = {"message": error.message}
    if error.locations:
        told["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        told["path"] = error.path
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        told["extensions"] = {"code": _INVALID, "status": 400}
        return told
    problem = problem_of(original)
    log_unexpected(LOG, error.path, original, problem)
    told["message"] = problem.message
    told["extensions"] = {"code": problem.code, "status": problem.status}
    return told
