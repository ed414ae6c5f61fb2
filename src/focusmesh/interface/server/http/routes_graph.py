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
from focusmesh.interface.server.shared import (
    NDJSON,
    PROBLEMS,
    Request,
    Response,
    get,
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
    questions = [_question_route(record) for record in QUESTIONS.values()]
    return [status, *questions, *_export_routes()]
