"""Problems as RFC 9457 has them: one shape for whatever goes wrong, wherever it does."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.interface.http.access import RefusedError
from focusmesh.interface.http.framework import HTTPException, Response, ResponseSpec
from focusmesh.interface.service import Problem, log_unexpected, problem_of

if TYPE_CHECKING:
    from focusmesh.interface.http.framework import Request

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1
LOG = logging.getLogger("focusmesh.http")
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
    """What went wrong: ``title`` is the status in words, ``detail`` for people, ``code`` for programs."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str


PROBLEMS = {
    status: ResponseSpec(
        ProblemDocument, generate_examples=False, description=words, media_type=MEDIA_TYPE
    )
    for status, words in {
        400: "A parameter is wrong.",
        401: "An API key is needed.",
        404: "Something of that name, or at that height, is not there.",
        422: "The ledger, or the grid, refuses, with the code of its refusal.",
        429: "Requests come too fast.",
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
    )


def headers_of(problem: Problem) -> dict[str, str]:
    """What is said besides: when to try again, how to show who one is."""
    if problem.status in (429, 503):
        return {"Retry-After": str(RETRY_SECONDS)}
    return {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}


def told(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to a request that failed; what nobody expected goes to the log, and not to the client."""
    problem = as_problem(error)
    log_unexpected(LOG, request.url.path, error, problem)
    return Response(
        document(problem),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=headers_of(problem),
    )


def as_problem(error: Exception) -> Problem:
    """The problem that an exception of the library or of litestar is."""
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
    extra = error.extra if isinstance(error.extra, list) else []
    faults = "; ".join(
        f"{one.get('key', '?')}: {one.get('message', '')}" for one in extra if isinstance(one, dict)
    )
    detail = faults or str(error.detail) or HTTPStatus(status).phrase
    return Problem(status, _CODES.get(status, "request"), detail)
