"""Web sockets, whatever is said over them: from the handshake to the last word, within limits on either side.

What is sent goes out whole and one message at a time: a client that reads slowly is behind by what the operating system
buffers.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.interface.server.shared import LOG

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from focusmesh.host.settings import LimitSettings
    from focusmesh.interface.server.shared import Message, Metrics, Receive, Scope

    Send = Callable[[Message], Awaitable[None]]

ENDING, NOT_TEXT, POLICY, TOO_LARGE, INTERNAL = 1001, 1003, 1008, 1009, 1011
_LAST_WORD_SECONDS = 0.5


class Known(NamedTuple):
    """Who a client is, and whether it may change anything."""

    name: str
    may_write: bool


class Caller(NamedTuple):
    """Who opened a socket: ``known``, or None for who must say so first.

    ``authorize`` says whose an API key is, None for nobody's; ``admits``: one message more.
    """

    known: Known | None
    authorize: Callable[[str], Known | None]
    admits: Callable[[], bool]


class Sockets(ABC):
    """The web sockets of one kind, of one process."""

    subprotocol = ""
    gauge = ""

    def __init__(self, limits: LimitSettings, metrics: Metrics) -> None:
        self.limits = limits
        self.metrics = metrics
        self._sockets: set[Socket] = set()

    @property
    def is_full(self) -> bool:
        """Whether there are as many as there may be."""
        return len(self._sockets) >= self.limits.sockets

    @abstractmethod
    def open_socket(self, receive: Receive, send: Send, caller: Caller) -> Socket:
        """A socket of this kind."""

    async def serve(self, scope: Scope, receive: Receive, send: Send, caller: Caller) -> None:
        """A socket from its handshake to its end; who is refused never comes here."""
        offered = scope.get("subprotocols") or ()
        chosen = self.subprotocol if self.subprotocol in offered else None
        socket = self.open_socket(receive, send, caller)
        self._sockets.add(socket)
        self.metrics.add(self.gauge, 1)
        try:
            await receive()
            await send({"type": "websocket.accept", "subprotocol": chosen})
            await socket.run()
        finally:
            self._sockets.discard(socket)
            self.metrics.add(self.gauge, -1)

    async def stop(self) -> None:
        """Tells all clients that the server ends, and to come again."""
        for socket in self._sockets:
            socket.close(ENDING, "the server is ending")
        until = time.monotonic() + _LAST_WORD_SECONDS
        while self._sockets and time.monotonic() < until:
            await asyncio.sleep(0.01)


class Socket(ABC):
    """One socket."""

    def __init__(self, limits: LimitSettings, receive: Receive, send: Send, caller: Caller) -> None:
        self._limits = limits
        self._receive, self._sending = receive, send
        self._caller = caller
        self.known = caller.known
        self._turn = asyncio.Lock()
        self._is_over = asyncio.Event()
        self._sent_at = time.monotonic()
        self._last_words: tuple[int, str] | None = None

    @abstractmethod
    async def answer(self, text: str) -> None:
        """Does what a message says. What it raises ends the socket."""

    @abstractmethod
    def tasks(self) -> Iterable[asyncio.Task[None]]:
        """What is under way; it is given up when the socket ends."""

    @abstractmethod
    def alive(self) -> str:
        """What is said when nothing else is."""

    async def run(self) -> None:
        """Hears and tells until either side has enough."""
        hearing = [asyncio.create_task(self._hear()), asyncio.create_task(self._keep_alive())]
        ended = asyncio.create_task(self._is_over.wait())
        try:
            await asyncio.wait([*hearing, ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._is_over.set()
            tasks = [*hearing, ended, *self.tasks()]
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

    def authorize(self, key: str) -> Known | None:
        """Whose a key is, from now on; closes the socket where it is nobody's."""
        self.known = self._caller.authorize(key)
        if self.known is None:
            self.close(POLICY, "api-key: nobody's who may")
        return self.known

    def refuse_unknown(self) -> None:
        """Closes the socket of who must say who it is before anything else."""
        self.close(POLICY, "api-key: authorize first")

    async def send(self, text: str) -> None:
        """Sends a message whole, even where nobody waits for that any more; ends the socket that takes too long."""
        if not self._is_over.is_set():
            await asyncio.shield(asyncio.ensure_future(self._in_slot(text)))

    async def _hear(self) -> None:
        limits = self._limits
        until = time.monotonic() + limits.header_seconds
        while True:
            try:
                wait = None if self.known is not None else until - time.monotonic()
                async with asyncio.timeout(wait):
                    message = await self._receive()
            except TimeoutError:
                return self.refuse_unknown()
            if message["type"] == "websocket.disconnect":
                return None
            text = message.get("text")
            if text is None:
                return self.close(NOT_TEXT, "media-type: send JSON as text")
            if len(text) > limits.message_bytes:
                return self.close(TOO_LARGE, f"too-large: at most {limits.message_bytes:,}")
            if not self._caller.admits():
                return self.close(POLICY, "too-many: messages come faster than they may")
            await self.answer(text)

    async def _keep_alive(self) -> None:
        """Says something when nothing was said for a while, so that either side learns that the other is gone."""
        while True:
            rest = self._sent_at + self._limits.alive_seconds - time.monotonic()
            if rest > 0:
                await asyncio.sleep(rest)
            else:
                await self.send(self.alive())

    async def _in_slot(self, text: str) -> None:
        async with self._turn:
            if self._is_over.is_set():
                return
            try:
                async with asyncio.timeout(self._limits.send_seconds):
                    await self._sending({"type": "websocket.send", "text": text})
                self._sent_at = time.monotonic()
            except Exception as error:
                LOG.debug("a web socket takes nothing more: %r", error)
                self._is_over.set()
