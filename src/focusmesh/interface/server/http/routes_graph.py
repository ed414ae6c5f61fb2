"""What any graph answers. Each route has its parameters and asks the moment; there is nothing else to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.host.service import (
    QUESTIONS,
    AtHeight,
    LinkRow,
    Moment,
    ParticleRow,
    Status,
    parameters_of,
    question_of,
)
from focusmesh.interface.server.http.parameters import TheServer, derived_route, question_route
from focusmesh.interface.server.http.posted_questions import (
    BODY_BYTES_MAX,
    POSTED_QUESTIONS,
    read_posted,
)
from focusmesh.interface.server.shared import (
    NDJSON,
    PROBLEMS,
    Request,
    Response,
    get,
    post,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TAGS = ["graph"]


@get("/v1/status", tags=TAGS, responses=PROBLEMS)
async def status(server: TheServer, request: Request[Any, Any, Any]) -> Response[Status]:
    """What is served, and how it stands."""
    return await server.answer(request, lambda moment, _: server.service.status(moment))


def _question_route(record: Any) -> Any:
    """The route of a question: its parameters are those of the record."""
    name = record.name()

    async def answer(server: Any, request: Any, given: dict[str, Any]) -> Response[Any]:
        asked = question_of(record, given, name, "http")
        return await server.answer(  # type: ignore[no-any-return]
            request,
            asked.ask,
            at=asked.at,
            cursor=given.get("cursor"),
            at_once=asked.is_at_once,
            texts=asked.needs_texts,
        )

    return question_route(f"/v1/{name}", record, answer, tags=TAGS)


def _posted_route(record: Any) -> Any:
    """The route of a question that is too long for a URL: its parameters are the fields of a body in JSON."""
    name = record.name()

    async def answer(server: Any, request: Any, given: dict[str, Any]) -> Response[Any]:
        del given
        asked = question_of(record, await read_posted(name, request), name, "http")
        return await server.answer(request, asked.ask, at=asked.at, posted=True)  # type: ignore[no-any-return]

    return derived_route(
        POSTED_QUESTIONS[name],
        name,
        record.words(),
        (),
        record.answers,
        answer,
        method=post,
        tags=TAGS,
        status_code=200,
        request_max_body_size=BODY_BYTES_MAX,
    )


def _export_route(
    name: str,
    words: str,
    row: Any,
    rows: Callable[[Moment], Iterator[list[Any]]],
    count: Callable[[Moment], int],
) -> Any:
    """The route that hands out all of something, of the moment that is asked for."""

    async def answer(server: Any, request: Any, given: dict[str, Any]) -> Response[Any]:
        asked = question_of(AtHeight, given, name, "http")
        return await server.export(request, rows, count, asked.at)  # type: ignore[no-any-return]

    path, taken = f"/v1/{name.replace('_', '/')}", parameters_of(AtHeight, "http")
    return derived_route(path, name, words, taken, row, answer, tags=TAGS, media_type=NDJSON)


def _export_routes() -> list[Any]:
    return [
        _export_route(
            "export_particles",
            "All particles of one moment with their texts and their focus, a line each, in their own order.",
            ParticleRow,
            Moment.export_particles,
            lambda moment: moment.graph.particle_count,
        ),
        _export_route(
            "export_links",
            "All links of one moment, a line each, in their own order.",
            LinkRow,
            Moment.export_links,
            lambda moment: moment.graph.link_count,
        ),
    ]


def graph_routes() -> list[Any]:
    """All of them; those of the questions are made of their records."""
    questions = [
        (_posted_route if name in POSTED_QUESTIONS else _question_route)(record)
        for name, record in QUESTIONS.items()
    ]
    return [status, *questions, *_export_routes()]
