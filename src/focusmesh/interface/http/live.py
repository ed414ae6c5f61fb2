"""Web sockets: what one subscribes to over ``/v1/live``. The hub has the events; here is how they travel.

A socket's subscriptions take turns at sending, and none asks the hub for its next event before its last one is sent:
a client that reads slowly is behind by what the operating system buffers, and hears what it missed.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import FocusmeshError, ParameterError
from focusmesh.interface.http.live_messages import SUBPROTOCOL, Told, read, written
from focusmesh.interface.http.problems import LOG, document
from focusmesh.interface.service import NotThereError, log_unexpected, problem_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from focusmesh.interface.http.access import Message, Receive, Scope
    from focusmesh.interface.http.live_messages import Said
    from focusmesh.interface.http.metrics import Metrics
    from focusmesh.interface.service import Hub, Subscription
    from focusmesh.interface.settings import LimitSettings

    Send = Callable[[Message], Awaitable[None]]

ENDING, NOT_TEXT, POLICY, TOO_LARGE, INTERNAL = 1001, 1003, 1008, 1009, 1011
_LAST_WORD_SECONDS = 0.5


class Caller(NamedTuple):
    """Who opened a socket. ``authorize`` says whose an API key is, None for nobody's; ``admits``: one message more."""

    must_authorize: bool
    authorize: Callable[[str], str | None]
    admits: Callable[[], bool]


class Live:
    """The web sockets of one process."""

    def __init__(self, hub: Hub, limits: LimitSettings, metrics: Metrics) -> None:
        self.hub = hub
        self.limits = limits
        self.metrics = metrics
        self._sockets: set[_Socket] = set()

    @property
    def is_full(self) -> bool:
        """Whether there are as many as there may be."""
        return len(self._sockets) >= self.limits.sockets

    async def serve(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        caller: Caller,
    ) -> None:
        """A socket from its handshake to its end; who is refused never comes here."""
        offered = scope.get("subprotocols") or ()
        chosen = SUBPROTOCOL if SUBPROTOCOL in offered else None
        socket = _Socket(self, receive, send, caller)
        self._sockets.add(socket)
        self.metrics.add("live_sockets", 1)
        try:
            await receive()
            await send({"type": "websocket.accept", "subprotocol": chosen})
            await socket.run()
        finally:
            self._sockets.discard(socket)
            self.metrics.add("live_sockets", -1)

    async def stop(self) -> None:
        """Tells all clients that the server ends, and to come again."""
        for socket in self._sockets:
            socket.close(ENDING, "the server is ending")
        until = time.monotonic() + _LAST_WORD_SECONDS
        while self._sockets and time.monotonic() < until:
            await asyncio.sleep(0.01)


class _Socket:
    """One socket, its subscriptions by id."""

    def __init__(
        self,
        live: Live,
        receive: Receive,
        send: Send,
        caller: Caller,
    ) -> None:
        self._live = live
        self._receive, self._sending = receive, send
        self._caller = caller
        self._is_known = not caller.must_authorize
        self._subscribed: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()
        self._is_over = asyncio.Event()
        self._sent_at = time.monotonic()
        self._last_words: tuple[int, str] | None = None

    async def run(self) -> None:
        """Hears and tells until either side has enough."""
        hearing = [asyncio.create_task(self._hear()), asyncio.create_task(self._keep_alive())]
        ended = asyncio.create_task(self._is_over.wait())
        try:
            await asyncio.wait([*hearing, ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._is_over.set()
            tasks = [*hearing, ended, *self._subscribed.values()]
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception):
                    LOG.debug("a web socket ended: %r", outcome)
        if self._last_words is not None:
            code, reason = self._last_words
            # What is being sent is sent whole before.
            with suppress(Exception):
                async with asyncio.timeout(_LAST_WORD_SECONDS), self._turn:
                    message = {"type": "websocket.close", "code": code, "reason": reason}
                    await self._sending(message)

    def close(self, code: int, reason: str) -> None:
        """Says why, and ends."""
        self._last_words = self._last_words or (code, reason)
        self._is_over.set()

    async def _hear(self) -> None:
        limits = self._live.limits
        until = time.monotonic() + limits.header_seconds
        while True:
            try:
                async with asyncio.timeout(None if self._is_known else until - time.monotonic()):
                    message = await self._receive()
            except TimeoutError:
                return self.close(POLICY, "api-key: authorize first")
            if message["type"] == "websocket.disconnect":
                return None
            text = message.get("text")
            if text is None:
                return self.close(NOT_TEXT, "media-type: send JSON as text")
            if len(text) > limits.message_bytes:
                return self.close(TOO_LARGE, f"too-large: at most {limits.message_bytes:,}")
            if not self._caller.admits():
                return self.close(POLICY, "too-many: messages come faster than they may")
            await self._answer(text)

    async def _answer(self, text: str) -> None:
        """Does what a message says."""
        said: Said | None = None
        try:
            said = read(text)
            if said.authorize is not None:
                await self._authorize(said.authorize)
            elif not self._is_known:
                self.close(POLICY, "api-key: authorize first")
            elif said.subscribe is not None:
                await self._subscribe(said.id or "", said.subscribe)
            elif said.unsubscribe is not None:
                await self._unsubscribe(said.unsubscribe)
            else:
                await self._send(Told(pong=said.ping))
        except FocusmeshError as error:
            await self._tell_problem(None if said is None else said.id, error)

    async def _authorize(self, key: str) -> None:
        name = self._caller.authorize(key)
        if name is None:
            self.close(POLICY, "api-key: nobody's who may")
        else:
            self._is_known = True
            await self._send(Told(authorized=name))

    async def _subscribe(self, name: str, wanted: Subscription) -> None:
        most = self._live.limits.subscriptions
        if name in self._subscribed:
            raise ParameterError(f"there is a subscription {name!r} already; unsubscribe it first")
        if len(self._subscribed) >= most:
            raise ParameterError(
                f"a socket has at most {most:,} subscriptions: unsubscribe one first"
            )
        self._subscribed[name] = asyncio.create_task(self._tell(name, wanted))

    async def _unsubscribe(self, name: str) -> None:
        task = self._subscribed.pop(name, None)
        if task is None:
            raise NotThereError(f"there is no subscription {name!r}")
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await self._send(Told(id=name, ended=True))

    async def _tell(self, name: str, wanted: Subscription) -> None:
        """Sends the events of a subscription, one after the other."""
        metrics = self._live.metrics
        metrics.add("live_subscriptions", 1)
        try:
            await self._send(Told(id=name, subscribed=True))
            async with aclosing(self._live.hub.subscribe(wanted)) as events:
                async for event in events:
                    metrics.add("live_events_total", 1)
                    metrics.add("live_skipped_total", event.skipped)
                    await self._send(Told(id=name, event=event))
        except Exception as error:
            self._subscribed.pop(name, None)
            await self._tell_problem(name, error)
        finally:
            metrics.add("live_subscriptions", -1)

    async def _tell_problem(self, name: str | None, error: Exception) -> None:
        problem = problem_of(error)
        log_unexpected(LOG, "/v1/live", error, problem)
        await self._send(Told(id=name, problem=document(problem)))

    async def _keep_alive(self) -> None:
        """Says something when nothing was said for a while, so that either side learns that the other is gone."""
        seconds = self._live.limits.alive_seconds
        while True:
            rest = self._sent_at + seconds - time.monotonic()
            if rest > 0:
                await asyncio.sleep(rest)
            else:
                await self._send(Told(alive=True))

    async def _send(self, told: Told) -> None:
        """Sends a message whole, even where nobody waits for that any more; ends the socket that takes too long."""
        if not self._is_over.is_set():
            await asyncio.shield(asyncio.ensure_future(self._in_turn(written(told))))

    async def _in_turn(self, text: str) -> None:
        async with self._turn:
            if self._is_over.is_set():
                return
            try:
                async with asyncio.timeout(self._live.limits.send_seconds):
                    await self._sending({"type": "websocket.send", "text": text})
                self._sent_at = time.monotonic()
            except Exception as error:
                LOG.debug("a web socket takes nothing more: %r", error)
                self._is_over.set()
