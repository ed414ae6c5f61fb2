"""What any graph answers. Each route names its parameters and asks the moment; there is nothing else to it."""

from __future__ import annotations

from typing import Any

from focusmesh.interface.http.framework import Request, Response, get
from focusmesh.interface.http.parameters import (
    Asked,
    At,
    Author,
    Authors,
    Beta,
    Budget,
    Candidates,
    Chance,
    Cursor,
    Direction,
    Diversity,
    Effort,
    End,
    From,
    Limit,
    Particle,
    Particles,
    Question,
    Relation,
    Relations,
    Seeds,
    Standing,
    Steps,
    Temperature,
    TheServer,
    Time,
    Top,
    Walks,
    Why,
)
from focusmesh.interface.http.problems import PROBLEMS
from focusmesh.interface.http.streaming import NDJSON
from focusmesh.interface.service import (
    AskedAnswer,
    ContextAnswer,
    ExplanationAnswer,
    LinkPage,
    LinkRow,
    Moment,
    ParticleAnswer,
    ParticlePage,
    ParticleRow,
    Ranking,
    RecallAnswer,
    Status,
    WalkAnswer,
)

TAGS = ["graph"]


@get("/v1/status", tags=TAGS, responses=PROBLEMS)
async def status(server: TheServer, request: Request[Any, Any, Any]) -> Response[Status]:
    """What is served, and how it stands."""
    return await server.answer(request, lambda moment, _: server.service.status(moment))


@get("/v1/rank", tags=TAGS, responses=PROBLEMS)
async def rank(
    server: TheServer,
    request: Request[Any, Any, Any],
    particle: Particles = None,
    top: Top = 10,
    cursor: Cursor = None,
    at: At = None,
) -> Response[Ranking]:
    """The particles of most focus, best first; with `particle`, the score and the place of those."""
    if particle is not None:
        return await server.answer(
            request, lambda moment, _: moment.scores(particle), at=at, at_once=True
        )
    return await server.answer(
        request, lambda moment, _: moment.rank(top, cursor), at=at, cursor=cursor, at_once=True
    )


@get("/v1/context", tags=TAGS, responses=PROBLEMS)
async def context(
    server: TheServer,
    request: Request[Any, Any, Any],
    seeds: Seeds,
    top: Top = 20,
    beta: Beta = 0.5,
    effort: Effort = "balanced",
    at: At = None,
) -> Response[ContextAnswer]:
    """What matters from where the seeds stand, with a bound that says whether the order is settled."""
    return await server.answer(
        request,
        lambda moment, progress: moment.context(
            seeds, top, beta=beta, effort=effort, progress=progress
        ),
        at=at,
    )


@get("/v1/recall", tags=TAGS, responses=PROBLEMS)
async def recall(
    server: TheServer,
    request: Request[Any, Any, Any],
    question: Question = None,
    seeds: From = None,
    top: Top = 10,
    budget_tokens: Budget = None,
    relation: Relations = None,
    author: Authors = None,
    since: Time = None,
    until: Time = None,
    mmr: Diversity = None,
    effort: Effort = "fast",
    why: Why = False,
    cursor: Cursor = None,
    at: At = None,
) -> Response[RecallAnswer]:
    """What a question in words comes upon, and what links tie to that; `from` alone does too."""
    return await server.answer(
        request,
        lambda moment, progress: moment.recall(
            question,
            None if budget_tokens is not None else top,
            seeds=seeds or (),
            budget_tokens=budget_tokens,
            relation=relation or (),
            author=author or (),
            since=since,
            until=until,
            mmr=mmr,
            effort=effort,
            cursor=cursor,
            why=why,
            progress=progress,
        ),
        at=at,
        cursor=cursor,
        texts=question is not None,
    )


@get("/v1/ask", tags=TAGS, responses=PROBLEMS)
async def ask(
    server: TheServer,
    request: Request[Any, Any, Any],
    question: Asked,
    seeds: From = None,
    steps: Steps = 6,
    temperature: Temperature = 0.5,
    seed: Chance = 0,
    candidates: Candidates = 20,
    effort: Effort = "balanced",
    at: At = None,
) -> Response[AskedAnswer]:
    """Where a question leads: particles with their texts, drawn one after the other; nothing is made up."""
    return await server.answer(
        request,
        lambda moment, progress: moment.ask(
            question,
            steps,
            seeds=seeds or (),
            temperature=temperature,
            seed=seed,
            candidates=candidates,
            effort=effort,
            progress=progress,
        ),
        at=at,
        texts=True,
    )


@get("/v1/explain", tags=TAGS, responses=PROBLEMS)
async def explain(
    server: TheServer,
    request: Request[Any, Any, Any],
    target: Particle,
    seeds: Standing,
    walks: Walks = 5,
    beta: Beta = 0.5,
    at: At = None,
) -> Response[ExplanationAnswer]:
    """The strongest walks by which a context reaches a particle, with their shares of its score."""
    return await server.answer(
        request,
        lambda moment, progress: moment.explain(
            target, seeds, walks=walks, beta=beta, progress=progress
        ),
        at=at,
    )


@get("/v1/walk", tags=TAGS, responses=PROBLEMS)
async def walk(
    server: TheServer,
    request: Request[Any, Any, Any],
    seeds: Standing,
    steps: Steps = 8,
    temperature: Temperature = 1.0,
    seed: Chance = 0,
    candidates: Candidates = 20,
    beta: Beta = 0.5,
    effort: Effort = "balanced",
    at: At = None,
) -> Response[WalkAnswer]:
    """Particles drawn one after the other from where a context stands; each joins it."""
    return await server.answer(
        request,
        lambda moment, progress: moment.walk(
            seeds,
            steps,
            temperature=temperature,
            seed=seed,
            candidates=candidates,
            beta=beta,
            effort=effort,
            progress=progress,
        ),
        at=at,
    )


@get("/v1/particles", tags=TAGS, responses=PROBLEMS)
async def particles(
    server: TheServer,
    request: Request[Any, Any, Any],
    limit: Limit = 100,
    cursor: Cursor = None,
    at: At = None,
) -> Response[ParticlePage]:
    """All particles, in their own order."""
    return await server.answer(
        request, lambda moment, _: moment.particles(limit, cursor), at=at, cursor=cursor
    )


@get("/v1/particle", tags=TAGS, responses=PROBLEMS)
async def particle(
    server: TheServer, request: Request[Any, Any, Any], particle: Particle, at: At = None
) -> Response[ParticleAnswer]:
    """One particle: its text, its focus, how many axons lead from and to it."""
    return await server.answer(request, lambda moment, _: moment.particle(particle), at=at)


@get("/v1/links", tags=TAGS, responses=PROBLEMS)
async def links(
    server: TheServer,
    request: Request[Any, Any, Any],
    particle: End = None,
    direction: Direction = "out",
    source: End = None,
    target: End = None,
    relation: Relation = None,
    author: Author = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    at: At = None,
) -> Response[LinkPage]:
    """Links: of one `particle`, heaviest axon first, or all that have what else is named, in their own order."""
    if particle is not None:
        return await server.answer(
            request,
            lambda moment, _: moment.neighbours(
                particle, direction=direction, limit=limit, cursor=cursor
            ),
            at=at,
            cursor=cursor,
        )
    return await server.answer(
        request,
        lambda moment, _: moment.links(
            source=source,
            target=target,
            relation=relation,
            author=author,
            limit=limit,
            cursor=cursor,
        ),
        at=at,
        cursor=cursor,
    )


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


GRAPH_ROUTES = [
    status,
    rank,
    context,
    recall,
    ask,
    explain,
    walk,
    particles,
    particle,
    links,
    export_particles,
    export_links,
]
