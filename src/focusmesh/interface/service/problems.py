"""Errors as every protocol tells them: a status of HTTP, a word for programs, a message that names no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import (
    BlockError,
    CodedError,
    ConvergenceError,
    FileError,
    FocusmeshError,
    GridError,
    InputError,
    MissingExtraError,
    ParameterError,
    StoreBusyError,
    UnknownParticleError,
)

if TYPE_CHECKING:
    import logging

_OPERATORS = ("internal", "unavailable", "convergence")
"""Codes of what the operator should look at."""


class TimeLimitError(FocusmeshError):
    """An answer that took longer than it may; nothing of it is left behind."""


class NotThereError(InputError):
    """What was asked for is not there: no such block, signal, content, or no ledger at all."""


class UnavailableError(FocusmeshError):
    """What was asked for cannot be done now; the message says what is missing."""


class Problem(NamedTuple):
    """``status`` as in HTTP; ``code`` is for programs, ``message`` for people. Nothing in it names a file."""

    status: int
    code: str
    message: str


_KINDS: tuple[tuple[type[Exception], int, str], ...] = (
    (UnknownParticleError, 404, "unknown-name"),
    (NotThereError, 404, "not-there"),
    (ParameterError, 400, "parameter"),
    (TimeLimitError, 503, "time-limit"),
    (UnavailableError, 503, "unavailable"),
    (MissingExtraError, 501, "missing-extra"),
    (ConvergenceError, 500, "convergence"),
    (InputError, 400, "input"),
)


_GRID = {
    **dict.fromkeys(("no-grid", "unknown-instance", "unknown-template", "unknown-model"), 404),
    "owner": 409,
    "conflict": 503,
}
"""The grid's refusals that are not 422: what is not there, and what may go better elsewhere or another time."""
_STORES = ("address", "damaged", "password", "schema", "server")
"""What is wrong with where a grid is kept; the messages name servers and their users."""


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is; one that nobody expected says no more than that it happened."""
    if isinstance(error, GridError):
        if error.code in _STORES:
            return Problem(
                503,
                "unavailable",
                "where the grid is kept cannot be used now; the operator's log says why",
            )
        return Problem(_GRID.get(error.code, 422), error.code, str(error))
    if isinstance(error, CodedError):
        gone = isinstance(error, BlockError) and error.code == "height"
        return Problem(404 if gone else 422, error.code, str(error))
    if isinstance(error, StoreBusyError):
        return Problem(503, "busy", "another process writes to the ledger; try again")
    if isinstance(error, FileError | OSError | MemoryError):
        return Problem(
            503, "unavailable", "what is served cannot be read now; the operator's log says why"
        )
    for kind, status, code in _KINDS:
        if isinstance(error, kind):
            return Problem(status, code, str(error))
    return Problem(500, "internal", "this is a bug; the operator's log has what happened")


def log_unexpected(log: logging.Logger, where: object, error: Exception, problem: Problem) -> None:
    """Tells the operator of a problem that is none of who asked; with a traceback where nobody expected it."""
    if problem.code in _OPERATORS:
        expected = isinstance(error, FocusmeshError)
        log.error("%s: %s", where, error, exc_info=None if expected else error)
