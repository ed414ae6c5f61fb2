"""Problems as RFC 9457 has them: one shape for whatever goes wrong, wherever it does."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.host.service import Problem, log_unexpected, malformed_error, problem_of
from focusmesh.interface.server.shared.access import RefusedError
from focusmesh.interface.server.shared.description import public_name
from focusmesh.interface.server.shared.framework import HTTPException, Response, ResponseSpec

if TYPE_CHECKING:
    from focusmesh.interface.server.shared.framework import Request

MEDIA_TYPE = "application/problem+json"
LOG = logging.getLogger("focusmesh.http")
_MISSING = re.compile(r"Missing required \w+ parameter '([^']+)'")
_CODES = {
    400: "parameter",
    404: "no-route",
    405: "method",
    413: "too-large",
    415: "media-type",
    426: "upgrade",
    429: "too-many",
}


class ProblemDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong: ``title`` is the status in words, ``detail`` for people, ``code`` for programs.

    ``parameter`` names the parameter, or the field of a body, that is at fault, where it is one; ``close`` lists names
    that are spelt like one that is not there. Of a signal that is outweighed, ``weight`` and ``tip`` say what would do
    now, in base units.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    parameter: str | msgspec.UnsetType = msgspec.UNSET
    close: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    weight: int | msgspec.UnsetType = msgspec.UNSET
    tip: int | msgspec.UnsetType = msgspec.UNSET


PROBLEMS = {
    status: ResponseSpec(
        ProblemDocument, generate_examples=False, description=words, media_type=MEDIA_TYPE
    )
    for status, words in {
        400: "A parameter is wrong.",
        401: "An API key is needed.",
        403: "The API key may read alone, or the server takes no signals.",
        404: "Something of that name, or at that height, is not there.",
        422: "The ledger, or the grid, refuses, with the code of its refusal.",
        429: "Requests come too fast, or too much waits: the code says which.",
        503: "Not now: the time of an answer is over, or too many are waiting.",
    }.items()
}


def document(problem: Problem) -> ProblemDocument:
    """The document of a problem."""
    return ProblemDocument(
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.message,
        code=problem.code,
        parameter=problem.parameter or msgspec.UNSET,
        close=problem.close or msgspec.UNSET,
        weight=msgspec.UNSET if problem.weight is None else problem.weight,
        tip=msgspec.UNSET if problem.tip is None else problem.tip,
    )


def headers_of(problem: Problem) -> dict[str, str]:
    """What is said besides: when to try again, how to show who one is."""
    if problem.status in (429, 503):
        return {"Retry-After": str(problem.retry_seconds)}
    return {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}


def problem_response(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to a request that failed; what nobody expected goes to the log, and not to the client."""
    problem = as_problem(error, request.scope.get("route_handler"))
    log_unexpected(LOG, request.url.path, error, problem)
    return Response(
        document(problem),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=headers_of(problem),
    )


def as_problem(error: Exception, handler: Any = None) -> Problem:
    """The problem that an exception of the library or of litestar is; ``handler`` is of the route, if there is one."""
    if isinstance(error, RefusedError):
        return error.problem
    if isinstance(error, RecursionError):
        # Nothing here calls itself as often as a body can be nested.
        return Problem(400, "request", "the body is nested too deep")
    if not isinstance(error, HTTPException):
        return problem_of(error)
    status = error.status_code
    if status >= 500:
        return Problem(status, "internal", "this is a bug; the operator's log has what happened")
    return Problem(status, _CODES.get(status, "request"), *_fault(error, handler))


def _fault(error: HTTPException, handler: Any) -> tuple[str, str | None]:
    """What litestar says is wrong, in words, and the name of the first parameter that is."""
    extra = error.extra if isinstance(error.extra, list) else []
    faults = [one for one in extra if isinstance(one, dict)]
    if not faults:
        missing = _MISSING.match(str(error.detail))
        words = str(error.detail) or HTTPStatus(error.status_code).phrase
        return words, missing[1] if missing else None
    first, field = faults[0], getattr(handler, "parsed_data_field", None)
    if first.get("key") == "data" and field is not None:
        wrong = malformed_error(Exception(first.get("message", "")), field.annotation, "the body")
        return str(wrong), wrong.parameter
    names = [public_name(handler, str(one.get("key", "?"))) for one in faults]
    words = "; ".join(
        f"{name}: {one.get('message', '')}" for name, one in zip(names, faults, strict=True)
    )
    return words, names[0]
