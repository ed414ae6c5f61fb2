"""What any graph answers. Each method asks the moment; there is nothing else to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.interface.grpc.call import Call, Unary
    from focusmesh.interface.service import (
        AskedAnswer,
        ContextAnswer,
        ExplanationAnswer,
        LinkPage,
        ParticleAnswer,
        ParticlePage,
        Ranking,
        RecallAnswer,
        Status,
        WalkAnswer,
    )

TOP = 10


async def get_status(call: Call) -> Status:
    """See ``Service.status``."""
    return await call.answer(lambda moment, _: call.server.service.status(moment))


async def rank(call: Call) -> Ranking:
    """See ``Moment.rank`` and, where particles are named, ``Moment.scores``."""
    named = call.asked.pop("particles", None)
    if named is not None:
        return await call.answer(lambda moment, _: moment.scores(named), at_once=True)
    return await call.answer(lambda moment, _: moment.rank(**call.asked), at_once=True)


async def context(call: Call) -> ContextAnswer:
    """See ``Moment.context``."""
    seeds = call.take("seeds")
    return await call.answer(
        lambda moment, progress: moment.context(seeds, progress=progress, **call.asked)
    )


async def recall(call: Call) -> RecallAnswer:
    """See ``Moment.recall``."""
    question = call.asked.pop("question", None)
    if "budget_tokens" in call.asked:
        call.asked.pop("top", None)
    else:
        call.asked.setdefault("top", TOP)
    moment = await _with_texts(call, question)
    return await call.answer(
        lambda moment, progress: moment.recall(question, progress=progress, **call.asked),
        moment=moment,
    )


async def ask(call: Call) -> AskedAnswer:
    """See ``Moment.ask``."""
    question = call.take("question")
    moment = await _with_texts(call, question)
    return await call.answer(
        lambda moment, progress: moment.ask(question, progress=progress, **call.asked),
        moment=moment,
    )


async def explain(call: Call) -> ExplanationAnswer:
    """See ``Moment.explain``."""
    target, seeds = call.take("target"), call.take("seeds")
    return await call.answer(
        lambda moment, progress: moment.explain(target, seeds, progress=progress, **call.asked)
    )


async def walk(call: Call) -> WalkAnswer:
    """See ``Moment.walk``."""
    seeds = call.take("seeds")
    return await call.answer(
        lambda moment, progress: moment.walk(seeds, progress=progress, **call.asked)
    )


async def get_particle(call: Call) -> ParticleAnswer:
    """See ``Moment.particle``."""
    name = call.take("particle")
    return await call.answer(lambda moment, _: moment.particle(name))


async def list_particles(call: Call) -> ParticlePage:
    """See ``Moment.particles``."""
    return await call.answer(lambda moment, _: moment.particles(**call.asked))


async def list_links(call: Call) -> LinkPage:
    """See ``Moment.neighbours`` where a particle is named, else ``Moment.links``."""
    particle = call.asked.pop("particle", None)
    if particle is not None:
        asked = _some(call.asked, "direction", "limit", "cursor", "at")
        call.asked = asked
        return await call.answer(lambda moment, _: moment.neighbours(particle, **asked))
    call.asked.pop("direction", None)
    return await call.answer(lambda moment, _: moment.links(**call.asked))


async def _with_texts(call: Call, question: str | None) -> Any:
    moment = await call.moment()
    if question is not None:
        await call.server.texts(moment)
    return moment


def _some(asked: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: asked[name] for name in names if name in asked}


GRAPH_METHODS: dict[str, Unary] = {
    "GraphService/GetStatus": get_status,
    "GraphService/Rank": rank,
    "GraphService/Context": context,
    "GraphService/Recall": recall,
    "GraphService/Ask": ask,
    "GraphService/Explain": explain,
    "GraphService/Walk": walk,
    "GraphService/GetParticle": get_particle,
    "GraphService/ListParticles": list_particles,
    "GraphService/ListLinks": list_links,
}
