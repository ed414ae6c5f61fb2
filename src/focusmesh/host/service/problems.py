"""Errors as every protocol tells them: a status of HTTP, a word for programs, a message that names no file."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import msgspec.inspect

from focusmesh.errors import (
    BlockError,
    BudgetError,
    CodedError,
    ConvergenceError,
    FileError,
    FocusmeshError,
    GridError,
    InputError,
    MissingExtraError,
    OutweighedError,
    ParameterError,
    RuleError,
    SignalError,
    StoreBusyError,
    UnknownParticleError,
)

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable

_NAME_LENGTH_MAX = 64
_NEAR = 0.5
"""How alike two names are, of 1, that one may have been meant for the other."""
_UNKNOWN_FIELD = re.compile(
    r"unknown field `(?P<name>.*?)`(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL
)
_PLACE = re.compile(r" - at `([^`]*)`$")
_FIELD_NAME = re.compile(r"\.(\w+)[^.]*$")
_OPERATORS = ("internal", "unavailable", "convergence")
"""Codes of what the operator should look at."""


class TimeLimitError(FocusmeshError):
    """An answer that took longer than it may; nothing of it is left behind."""


class NotThereError(InputError):
    """What was asked for is not there: no such block, signal, content, or no ledger at all."""


class UnavailableError(FocusmeshError):
    """What was asked for cannot be done now; the message says what is missing."""


class TooManyError(FocusmeshError):
    """Requests, or signals of one neuron, come faster than they may; ``retry_seconds`` says when to come again."""

    def __init__(self, message: str, retry_seconds: int = 1) -> None:
        super().__init__(f"{message}; come again in {retry_seconds:,} s")
        self.retry_seconds = retry_seconds


class WritesRefusedError(FocusmeshError):
    """This server takes no signals; the message says what to do."""


class AdmissionError(SignalError):
    """A signal that is refused at the door, before it waits: its code says why, and what to do.

    ``weight`` and ``tip``: what would do, in base units, where it is outweighed and something would.
    """

    def __init__(
        self, code: str, message: str, weight: int | None = None, tip: int | None = None
    ) -> None:
        super().__init__(code, message)
        self.weight, self.tip = weight, tip

    @classmethod
    def of(cls, error: SignalError) -> AdmissionError:
        """The refusal of an admission, as the door tells it."""
        if isinstance(error, OutweighedError):
            return cls(error.code, str(error), error.weight, error.tip)
        return cls(error.code, str(error))


class Problem(NamedTuple):
    """``status`` as in HTTP; ``code`` is for programs, ``message`` for people. Nothing in it names a file."""

    status: int
    code: str
    message: str
    parameter: str | None = None
    """Name of the parameter that is at fault, where it is one."""
    retry_seconds: int = 1
    """When to come again, where that is worth while (429, 503)."""
    close: tuple[str, ...] = ()
    """Names spelt like the one that is not there (404)."""
    weight: int | None = None
    """The weight, in base units, with which an outweighed signal could wait (429)."""
    tip: int | None = None
    """The tip, in base units, with which it could (429)."""


_KINDS: tuple[tuple[type[Exception], int, str], ...] = (
    (UnknownParticleError, 404, "unknown-name"),
    (NotThereError, 404, "not-there"),
    (ParameterError, 400, "parameter"),
    (RuleError, 400, "rules"),
    (BudgetError, 422, "budget"),
    (TooManyError, 429, "too-many"),
    (WritesRefusedError, 403, "no-writes"),
    (TimeLimitError, 503, "time-limit"),
    (UnavailableError, 503, "unavailable"),
    (MissingExtraError, 501, "missing-extra"),
    (ConvergenceError, 500, "convergence"),
    (InputError, 400, "input"),
)


_ADMISSION = {
    "price": 409,
    "horizon": 400,
    **dict.fromkeys(("account", "expired", "nonce", "rotated", "tip"), 409),
    **dict.fromkeys(("full", "quota", "outweighed"), 429),
}
"""Refusals at the door that are not 422: sign it anew, look at the account, or wait and send it again."""
_RETRY_SECONDS = {"outweighed": 5}
"""When it is worth while to send a signal again that is refused for want of room."""
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
    if isinstance(error, AdmissionError):
        return Problem(
            _ADMISSION.get(error.code, 422),
            error.code,
            str(error),
            retry_seconds=_RETRY_SECONDS.get(error.code, 1),
            weight=error.weight,
            tip=error.tip,
        )
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
            parameter = getattr(error, "parameter", None)
            close = error.close if isinstance(error, UnknownParticleError) else ()
            again = getattr(error, "retry_seconds", 1)
            return Problem(status, code, str(error), parameter, again, close)
    return Problem(500, "internal", "this is a bug; the operator's log has what happened")


def unknown_parameter(name: str, known: Iterable[str], kind: str = "parameter") -> ParameterError:
    """The error for a name that is none of those that are ``known``: it has the nearest one, and all there are.

    Linear in the number of known names: of what was sent, the first 64 characters are compared.
    """
    names, sent = sorted(known), name[:_NAME_LENGTH_MAX]
    near = get_close_matches(sent, names, 1, _NEAR)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    there = f"there are {', '.join(names)}" if names else "there are none"
    return ParameterError(f"there is no {kind} {sent!r}{hint} ({there})", parameter=sent)


def log_unexpected(log: logging.Logger, where: object, error: Exception, problem: Problem) -> None:
    """Tells the operator of a problem that is none of who asked; with a traceback where nobody expected it."""
    if problem.code in _OPERATORS:
        expected = isinstance(error, FocusmeshError)
        log.error("%s: %s", where, error, exc_info=None if expected else error)


def malformed_error(error: Exception, kind: Any, what: str) -> ParameterError:
    """The error for what msgspec could not read as a ``kind``: an unknown field is told with the nearest name."""
    found = _UNKNOWN_FIELD.search(str(error))
    if found is None:
        place = _PLACE.search(str(error))
        field = _FIELD_NAME.search(place[1]) if place else None
        return ParameterError(f"{what}: {error}", parameter=field[1] if field else None)
    wrong = unknown_parameter(found["name"], _fields_at(kind, found["path"] or ""), "field")
    return ParameterError(f"{what}: {wrong}", parameter=wrong.parameter)


def _fields_at(kind: Any, path: str) -> list[str]:
    """The names of the fields of the objects that a path of msgspec (``$.links[...]``) leads to, from ``kind`` on."""
    types = _plain(msgspec.inspect.type_info(kind))
    for name in re.findall(r"\.(\w+)|\[", path):
        if name:
            fields = [each for one in types for each in getattr(one, "fields", ())]
            inner = [each.type for each in fields if each.encode_name == name]
        else:
            inner = [each for one in types for each in _items(one)]
        types = [each for one in inner for each in _plain(one)]
    found = (each.encode_name for one in types for each in getattr(one, "fields", ()))
    return sorted(set(found))


def _plain(kind: Any) -> list[Any]:
    """The types of a union, or the one that there is."""
    if isinstance(kind, msgspec.inspect.UnionType):
        return list(kind.types)
    return [kind]


def _items(kind: Any) -> list[Any]:
    """The types of what a list or an object of any names has."""
    return [
        getattr(kind, name) for name in ("item_type", "value_type") if getattr(kind, name, None)
    ]
