"""Web sockets: what one subscribes to over ``/v1/live``. The hub has the events; here is how they travel.

A socket's subscriptions take turns at sending, and none asks the hub for its next event before its last one is sent:
a client that reads slowly hears what it missed.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

from focusmesh.errors import FocusmeshError, ParameterError
from focusmesh.host.service import NotThereError, log_unexpected, problem_of
from focusmesh.interface.server.shared import LOG, document
from focusmesh.interface.server.websocket.live_messages import SUBPROTOCOL, Told, read, write_text
from focusmesh.interface.server.websocket.sockets import Socket, Sockets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.host.service import Hub, Subscription
    from focusmesh.host.settings import LimitSettings
    from focusmesh.interface.server.shared import Metrics, Receive
    from focusmesh.interface.server.websocket.live_messages import Said
    from focusmesh.interface.server.websocket.sockets import Caller, Send


class LiveSockets(Sockets):
    """The web sockets of one process."""

    subprotocol = SUBPROTOCOL
    gauge = "live_sockets"

    def __init__(self, hub: Hub, limits: LimitSettings, metrics: Metrics) -> None:
        super().__init__(limits, metrics)
        self.hub = hub

    def open_socket(self, receive: Receive, send: Send, caller: Caller) -> Socket:
        """A socket without subscriptions."""
        return _LiveSocket(self, receive, send, caller)


class _LiveSocket(Socket):
    """One socket, its subscriptions by id."""

    def __init__(self, live: LiveSockets, receive: Receive, send: Send, caller: Caller) -> None:
        super().__init__(live.limits, receive, send, caller)
        self._live = live
        self._subscribed: dict[str, asyncio.Task[None]] = {}

    def tasks(self) -> Iterable[asyncio.Task[None]]:
        """The subscriptions."""
        return self._subscribed.values()

    def alive(self) -> str:
        """That the server is there."""
        return write_text(Told(alive=True))

    async def answer(self, text: str) -> None:
        """Does what a message says."""
        said: Said | None = None
        try:
            said = read(text)
            if said.authorize is not None:
                known = self.authorize(said.authorize)
                if known is not None:
                    await self._tell(Told(authorized=known.name))
            elif self.known is None:
                self.refuse_unknown()
            elif said.subscribe is not None:
                await self._subscribe(said.id or "", said.subscribe)
            elif said.unsubscribe is not None:
                await self._unsubscribe(said.unsubscribe)
            else:
                await self._tell(Told(pong=said.ping))
        except FocusmeshError as error:
            await self._tell_problem(None if said is None else said.id, error)

    async def _subscribe(self, name: str, wanted: Subscription) -> None:
        most = self._live.limits.subscriptions
        if name in self._subscribed:
            raise ParameterError(f"there is a subscription {name!r} already; unsubscribe it first")
        if len(self._subscribed) >= most:
            raise ParameterError(
                f"a socket has at most {most:,} subscriptions: unsubscribe one first"
            )
        self._subscribed[name] = asyncio.create_task(self._follow(name, wanted))

    async def _unsubscribe(self, name: str) -> None:
        task = self._subscribed.pop(name, None)
        if task is None:
            raise NotThereError(f"there is no subscription {name!r}")
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await self._tell(Told(id=name, ended=True))

    async def _follow(self, name: str, wanted: Subscription) -> None:
        """Sends the events of a subscription, one after the other."""
        metrics = self._live.metrics
        metrics.add("live_subscriptions", 1)
        try:
            await self._tell(Told(id=name, subscribed=True))
            async with aclosing(self._live.hub.subscribe(wanted)) as events:
                async for event in events:
                    metrics.add("live_events_total", 1)
                    metrics.add("live_skipped_total", event.skipped)
                    await self._tell(Told(id=name, event=event))
        except Exception as error:
            self._subscribed.pop(name, None)
            await self._tell_problem(name, error)
        finally:
            metrics.add("live_subscriptions", -1)

    async def _tell_problem(self, name: str | None, error: Exception) -> None:
        problem = problem_of(error)
        log_unexpected(LOG, "/v1/live", error, problem)
        await self._tell(Told(id=name, problem=document(problem)))

    async def _tell(self, told: Told) -> None:
        await self.send(write_text(told))
