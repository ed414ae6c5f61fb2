"""What is new, and what is too long for one answer: streams, each at its reader's pace."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import ParameterError
from focusmesh.host.service import (
    AnswerEvent,
    BlocksWanted,
    ParticlesWanted,
    QueryWanted,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from focusmesh.host.service import LiveEvent, Moment, Subscription
    from focusmesh.interface.server.grpc.call import Call, Streaming

_QUESTIONS = ("rank", "particle", "context", "recall")


async def watch_blocks(call: Call) -> AsyncGenerator[LiveEvent, None]:
    """See ``BlocksWanted``."""
    async for event in _events(call, _subscription(call.asked, BlocksWanted)):
        yield event


async def watch_particles(call: Call) -> AsyncGenerator[LiveEvent, None]:
    """See ``ParticlesWanted``."""
    call.asked.setdefault("particles", [])
    async for event in _events(call, _subscription(call.asked, ParticlesWanted)):
        yield event


async def watch_answer(call: Call) -> AsyncGenerator[dict[str, Any], None]:
    """See ``QueryWanted``; the answer stands in the field that is called as its question."""
    kind = next((kind for kind in _QUESTIONS if kind in call.asked), None)
    if kind is None:
        raise ParameterError("say which query: one of " + ", ".join(_QUESTIONS))
    call.asked["query"] = {**call.asked.pop(kind), "kind": kind}
    async for event in _events(call, _subscription(call.asked, QueryWanted)):
        assert isinstance(event, AnswerEvent)
        yield {**msgspec.structs.asdict(event), kind: event.answer}


async def export_particles(call: Call) -> AsyncGenerator[dict[str, Any], None]:
    """See ``Moment.export_particles``."""
    moment = await call.moment()
    async for part in _parts(call, moment, moment.export_particles()):
        yield part


async def export_links(call: Call) -> AsyncGenerator[dict[str, Any], None]:
    """See ``Moment.export_links``."""
    moment = await call.moment()
    async for part in _parts(call, moment, moment.export_links()):
        yield part


async def _parts(
    call: Call, moment: Moment, rows: Iterator[list[Any]]
) -> AsyncGenerator[dict[str, Any], None]:
    call.server.telemetry.note(root=moment.root, height=moment.height)
    async with aclosing(call.server.parts(rows)) as parts:
        async for part in parts:
            yield {"root": moment.root, "height": moment.height, "items": part}


def _subscription(asked: dict[str, Any], kind: type[Any]) -> Any:
    """The subscription that is asked for; raises ParameterError where a value is out of its range."""
    try:
        return msgspec.convert({**asked, "topic": kind.__struct_config__.tag}, kind)
    except msgspec.ValidationError as error:
        raise ParameterError(str(error)) from error


async def _events(call: Call, wanted: Subscription) -> AsyncGenerator[LiveEvent, None]:
    async with aclosing(call.server.hub.subscribe(wanted)) as events:
        async for event in events:
            yield event
    raise UnavailableError("the server is ending; subscribe again in a moment")


STREAMS: dict[str, Streaming] = {
    "GraphService/ExportParticles": export_particles,
    "GraphService/ExportLinks": export_links,
    "LiveService/WatchBlocks": watch_blocks,
    "LiveService/WatchParticles": watch_particles,
    "LiveService/WatchAnswer": watch_answer,
}
