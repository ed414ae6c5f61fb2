"""Answering peers over any transport: one stream a request, whose first frame says what is asked.

First frame: dag-cbor ``[name, body]``. Answers: a frame ``[value]`` each, then the end of the stream; instead of an
answer there may be one frame ``[code, message]``, which is the last. A handler may also take the stream as it is.
``asking`` is the other side.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.errors import CodedError, FocusmeshError, NetworkError
from focusmesh.protocol.transport.allowances import Allowances
from focusmesh.protocol.transport.interface import FRAME_BYTES_MAX
from focusmesh.protocol.transport.limits import verify_positive
from focusmesh.protocol.transport.rpc.frames import (
    Question,
    answer_frame,
    read_question,
    refusal_frame,
)
from focusmesh.protocol.transport.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.transport.interface import Connection, Stream

REQUEST_BYTES_MAX = 4_096
REFUSAL_SECONDS_MAX = 5.0
FRAME_COST_BYTES = 16_384
"""So many bytes of a long stream cost as much as one more request."""


@dataclass(frozen=True)
class RequestLimits:
    """What one peer may ask for; every number is above 0.

    ``rate_per_s`` costs a second, ``burst`` of them at once: who is quicker waits. ``together_max`` requests are worked
    on at a time, each for at most ``seconds_max``.
    """

    together_max: int = 16
    rate_per_s: float = 1_000.0
    burst: float = 2_000.0
    seconds_max: float = 60.0

    def verify(self) -> None:
        """Raises ParameterError."""
        verify_positive(vars(self))


@dataclass(frozen=True)
class RequestHandler:
    """Who takes the requests of one name; ``answers``, ``hears`` and ``streams`` make one.

    The first frame has at most ``request_bytes_max`` bytes, each request costs ``cost`` ≥ 1 of the peer's rate. With
    ``streams_max`` above 0 the stream is the handler's for as long as it goes on, and a connection may have that many.
    """

    take: Callable[[Connection, Stream, Value], Awaitable[None]]
    request_bytes_max: int = REQUEST_BYTES_MAX
    cost: float = 1.0
    streams_max: int = 0


def answers(
    handler: Callable[[bytes, Value], AsyncIterator[Value]],
    *,
    request_bytes_max: int = REQUEST_BYTES_MAX,
    cost: float = 1.0,
) -> RequestHandler:
    """``handler(peer key, body)`` yields the answers; what it raises on purpose goes to who asked."""

    async def take(connection: Connection, stream: Stream, body: Value) -> None:
        async for value in handler(connection.peer_key, body):
            await stream.send(answer_frame(value))
        await stream.finish()

    return RequestHandler(take, request_bytes_max, cost)


def hears(
    handler: Callable[[bytes, Value], Awaitable[None]],
    *,
    request_bytes_max: int = REQUEST_BYTES_MAX,
    cost: float = 1.0,
) -> RequestHandler:
    """``handler(peer key, body)`` is told something; who told it learns that it was taken, or why not."""

    async def take(connection: Connection, stream: Stream, body: Value) -> None:
        await handler(connection.peer_key, body)
        await stream.finish()

    return RequestHandler(take, request_bytes_max, cost)


def streams(
    handler: Callable[[Connection, Stream, Value], Awaitable[None]],
    *,
    request_bytes_max: int = REQUEST_BYTES_MAX,
    cost: float = 1.0,
    streams_max: int = 2,
) -> RequestHandler:
    """``handler(connection, stream, body)`` has the stream for as long as it goes on."""
    return RequestHandler(handler, request_bytes_max, cost, streams_max)


class Requests:
    """The table of handlers of one node, and what its peers may ask for together; made within the event loop.

    ``blame(peer key, fault)`` hears of peers that break the rules: ``"question"`` for a first frame that is none,
    ``"size"`` for one that is too long, ``"streams"`` for too many long streams, ``"time"`` for a question that does
    not come, or an answer that is not taken, within ``seconds_max``.
    """

    __slots__ = ("_allowances", "_blame", "_handlers", "_limits")

    def __init__(
        self,
        handlers: Mapping[str, RequestHandler],
        *,
        limits: RequestLimits | None = None,
        blame: Callable[[bytes, str], None] | None = None,
    ) -> None:
        self._limits = limits or RequestLimits()
        self._limits.verify()
        self._handlers = dict(handlers)
        self._blame = blame
        clock = asyncio.get_running_loop().time
        self._allowances = Allowances(self._limits.rate_per_s, self._limits.burst, clock)

    async def serve(self, connection: Connection) -> None:
        """Answers what the other end asks, until the connection is gone; what was begun then is given up.

        What a handler raises that is no FocusmeshError is a bug, and comes out here.
        """
        await _Served(connection, self._handlers, self._limits, self._allowances, self._blame).run()


class _Served:
    """One connection whose requests are answered."""

    def __init__(
        self,
        connection: Connection,
        handlers: Mapping[str, RequestHandler],
        limits: RequestLimits,
        allowances: Allowances,
        blame: Callable[[bytes, str], None] | None,
    ) -> None:
        self._connection = connection
        self._handlers = handlers
        self._limits = limits
        self._allowances = allowances
        self._blame = blame
        self._frame_bytes_max = max(
            (each.request_bytes_max for each in handlers.values()), default=0
        )
        self._together = asyncio.Semaphore(limits.together_max)
        self._long: dict[str, int] = {}
        self._tasks = Tasks()

    async def run(self) -> None:
        await self._tasks.run(self._accept())

    async def _accept(self) -> None:
        while True:
            await self._together.acquire()
            try:
                stream = await self._connection.accept_stream()
            except NetworkError:
                return
            # Also for streams that are given up at once.
            await self._pay(1.0)
            self._tasks.start(self._take(stream))

    async def _take(self, stream: Stream) -> None:
        """One request from its first frame to its end, which is a refusal where it cannot be answered."""
        watched = _Watched(stream)
        with ExitStack() as slot:
            slot.callback(self._together.release)
            try:
                async with asyncio.timeout(self._limits.seconds_max) as limit:
                    question, handler = await self._question(watched)
                    if handler.streams_max:
                        limit.reschedule(None)
                        slot.close()
                        await self._take_long(question, handler, watched)
                    else:
                        await handler.take(self._connection, watched, question.body)
            except (FocusmeshError, TimeoutError) as error:
                if limit.expired() and watched.is_waiting:
                    self._fault("time", "it neither sent its question nor took the answer in time")
                await _refuse(stream, error)
            except BaseException:
                stream.reset()
                raise

    async def _question(self, stream: Stream) -> tuple[Question, RequestHandler]:
        most = self._frame_bytes_max
        try:
            frame = await stream.receive(most)
        except NetworkError as error:
            if error.code == "size":
                raise self._fault("size", f"no request has more than {most} bytes") from error
            raise
        if frame is None:
            raise self._fault("question", "the request has no first frame")
        try:
            question = read_question(frame)
        except NetworkError as error:
            raise self._fault("question", str(error)) from error
        handler = self._handlers.get(question.name)
        if handler is None:
            raise NetworkError("unknown", f"this node does not answer {question.name!r}")
        if len(frame) > handler.request_bytes_max:
            most = handler.request_bytes_max
            raise self._fault("size", f"a request {question.name!r} has at most {most} bytes")
        await self._pay(handler.cost - 1.0)
        return question, handler

    async def _pay(self, cost: float) -> None:
        wait_s = self._allowances.take(self._connection.peer_key, cost)
        if wait_s:
            await asyncio.sleep(wait_s)

    async def _take_long(self, question: Question, handler: RequestHandler, stream: Stream) -> None:
        running = self._long.get(question.name, 0)
        if running >= handler.streams_max:
            raise self._fault("streams", f"there are {running} streams {question.name!r} already")
        self._long[question.name] = running + 1
        try:
            paced = _Paced(stream, self._connection.peer_key, self._allowances)
            await handler.take(self._connection, paced, question.body)
        finally:
            self._long[question.name] -= 1

    def _fault(self, code: str, message: str) -> NetworkError:
        if self._blame is not None:
            self._blame(self._connection.peer_key, code)
        return NetworkError(code, message)


class _Watched:
    """A stream of which is known whether it waits for the other end; what was interrupted counts as that."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.is_waiting = False
        self.reset = stream.reset

    async def send(self, frame: bytes) -> None:
        self.is_waiting = True
        await self._stream.send(frame)
        self.is_waiting = False

    async def receive(self, bytes_max: int = FRAME_BYTES_MAX) -> bytes | None:
        self.is_waiting = True
        frame = await self._stream.receive(bytes_max)
        self.is_waiting = False
        return frame

    async def finish(self) -> None:
        self.is_waiting = True
        await self._stream.finish()
        self.is_waiting = False


class _Paced:
    """A long stream whose frames are paid for like requests."""

    def __init__(self, stream: Stream, peer: bytes, allowances: Allowances) -> None:
        self._stream = stream
        self._peer = peer
        self._allowances = allowances
        self.send = stream.send
        self.finish = stream.finish
        self.reset = stream.reset

    async def receive(self, bytes_max: int = FRAME_BYTES_MAX) -> bytes | None:
        frame = await self._stream.receive(bytes_max)
        if frame is not None:
            wait_s = self._allowances.take(self._peer, 1.0 + len(frame) / FRAME_COST_BYTES)
            if wait_s:
                await asyncio.sleep(wait_s)
        return frame


async def _refuse(stream: Stream, error: FocusmeshError | TimeoutError) -> None:
    """Says why, as far as the peer still listens."""
    if isinstance(error, CodedError | NetworkError):
        frame = refusal_frame(error.code, str(error))
    elif isinstance(error, TimeoutError):
        frame = refusal_frame("time", "this took too long")
    else:
        # Its message may name files, which are nobody else's business.
        frame = refusal_frame("failed", "this could not be answered")
    try:
        async with asyncio.timeout(REFUSAL_SECONDS_MAX):
            await stream.send(frame)
            await stream.finish()
    except (NetworkError, TimeoutError):
        stream.reset()
