"""What any graph answers. Each route has its parameters and asks the moment; there is nothing else to it."""

from __future__ import annotations

from typing import Any

from focusmesh.host.service import (
    QUESTIONS,
    LinkRow,
    Moment,
    ParticleRow,
    Status,
    question_of,
)
from focusmesh.interface.server.http.parameters import At, TheServer, question_route
from focusmesh.interface.server.shared import (
    NDJSON,
    PROBLEMS,
    Request,
    Response,
    get,
)

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


@get("/v1/export/particles", tags=TAGS, responses=PROBLEMS, media_type=NDJSON)
async def export_particles(
    server: TheServer, request: Request[Any, Any, Any], at: At = None
) -> Response[ParticleRow]:
    """All particles of one moment with their texts and their focus, a line each, in their own order."""
    return await server.export(
        request, Moment.export_particles, lambda moment: moment.graph.particle_count, at
    )


@get("/v1/export/links", tags=TAGS, responses=PROBLEMS, media_type=NDJSON)
async def export_links(
    server: TheServer, request: Request[Any, Any, Any], at: At = None
) -> Response[LinkRow]:
    """All links of one moment, a line each, in their own order."""
    return await server.export(
        request, Moment.export_links, lambda moment: moment.graph.link_count, at
    )


def graph_routes() -> list[Any]:
    """All of them; those of the questions are made of their records."""
    questions = [_question_route(record) for record in QUESTIONS.values()]
    return [status, *questions, export_particles, export_links]
