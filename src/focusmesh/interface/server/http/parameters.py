"""What routes take: those of questions what their records have, the others what is written here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from focusmesh.host.service import AtHeight, parameters_of
from focusmesh.interface.server.http.server import Server
from focusmesh.interface.server.shared import (
    PROBLEMS,
    NamedDependency,
    Request,
    Response,
    get,
    handler_of,
    parameter_of,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from focusmesh.host import service

    Answering = Callable[[Any, Any, dict[str, Any]], Awaitable[Any]]

TheServer = NamedDependency[Server]
"""This process's server; litestar gives it to whoever calls a parameter ``server``."""

At = Annotated[int | None, parameter_of(AtHeight, "at")]
_IN_PATH = re.compile(r"{(\w+):")


def question_route(
    path: str, record: type[service.Asked], answer: Answering, **options: Any
) -> Any:
    """The route of a question, whose parameters are those of its record; the rest is as for ``derived_route``."""
    taken = parameters_of(record, "http")
    named = record.name(), record.words(), taken, record.answers
    return derived_route(path, *named, answer, **options)


def derived_route(
    path: str,
    name: str,
    words: str,
    parameters: Iterable[service.Parameter],
    answers: Any,
    answer: Answering,
    *,
    method: Any = get,
    **options: Any,
) -> Any:
    """A route with these parameters: ``answer`` is given the server, the request and what was asked by name.

    ``answers`` is the type of what comes of it, ``options`` are those of litestar's ``method``. Parameters that the
    ``path`` names are parts of it.
    """
    types = {
        "server": TheServer,
        "request": Request[Any, Any, Any],
        "return": Response[answers],
    }
    handler = handler_of(answer, name, words, parameters, types, _IN_PATH.findall(path))
    return method(path, responses=PROBLEMS, **options)(handler)
