"""Keeps one QUIC connection going: datagrams in and out, its timer, a sign of life now and then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from focusmesh.protocol.transport.quic.library import QuicConnectionError, events

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.protocol.transport.addresses import SocketAddress
    from focusmesh.protocol.transport.quic.library import PinnedConnection


FAILURE = 0x1FFF
"""The number that is sent where the library, not the other side, is at fault."""


class Driven(Protocol):
    """Who uses the connection."""

    def take_event(self, event: events.QuicEvent) -> None: ...

    def note_room(self) -> None:
        """Something came or was sent: who waits for room may look again."""
        ...

    def over(self, code: int, reason: str) -> None:
        """The connection is gone or going; called once."""
        ...

    def note_terminated(self) -> None:
        """Nothing more is sent or awaited: its ids can be forgotten."""
        ...


class QuicDriver:
    """``send(datagrams, address)`` is the socket's; ``driven`` hears what happens."""

    __slots__ = (
        "_address",
        "_driven",
        "_is_over",
        "_is_terminated",
        "_is_transmitting",
        "_keepalive",
        "_keepalive_seconds",
        "_loop",
        "_send",
        "_timer",
        "_timer_at",
        "quic",
        "received_bytes",
        "sent_bytes",
    )

    def __init__(
        self,
        quic: PinnedConnection,
        driven: Driven,
        send: Callable[[list[bytes], SocketAddress], None],
        keepalive_seconds: float,
    ) -> None:
        self.quic = quic
        self._driven = driven
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._is_transmitting = False
        self._is_over = False
        self._is_terminated = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self.sent_bytes = 0
        self.received_bytes = 0
        self._keepalive_seconds = keepalive_seconds
        self._keepalive = self._loop.call_later(keepalive_seconds, self._show_life)

    def connect(self, address: SocketAddress) -> None:
        """The first flight of a dialler."""
        self.quic.connect(address, now=self._loop.time())
        self._transmit()

    def receive(self, datagrams: Sequence[bytes], address: SocketAddress) -> None:
        """Takes what came for this connection; whatever it is, nothing is raised."""
        self.received_bytes += sum(map(len, datagrams))
        now = self._loop.time()
        try:
            if len(datagrams) == 1:
                self.quic.receive_datagram(datagrams[0], address, now)
            else:
                self.quic.receive_many_datagrams(list(datagrams), address, now)
        except Exception as error:
            # Strangers choose these bytes; whatever the library makes of them, it ends this connection alone.
            self.close(0, f"the library failed: {error}")
        self._take_events()
        self._transmit()

    def soon(self) -> None:
        """Something waits to be sent: it goes out with whatever else is written before the loop turns."""
        if not self._is_transmitting:
            self._is_transmitting = True
            self._loop.call_soon(self._transmit)

    def close(self, code: int, reason: str) -> None:
        """Tells the other side, if it can still be told."""
        if not self._is_over:
            try:
                self.quic.close(error_code=code, reason_phrase=reason)
            except (QuicConnectionError, ValueError):
                self._terminate()
            self._end(code, reason)
            self.soon()

    def abandon(self) -> None:
        """Nothing more happens: the socket is going."""
        self._transmit()
        self._end(0, "this end closed its transport")
        self._terminate()

    def _take_events(self) -> None:
        while (event := self.quic.next_event()) is not None:
            if isinstance(event, events.ConnectionTerminated):
                self._end(event.error_code, event.reason_phrase)
                self._terminate()
            elif not self._is_over or isinstance(event, events.ConnectionIdRetired):
                self._driven.take_event(event)
        if not self._is_over:
            ending = self.quic.ending
            if ending is not None:
                self._end(ending.error_code, ending.reason_phrase)
            else:
                self._driven.note_room()

    def _transmit(self) -> None:
        self._is_transmitting = False
        if self._is_terminated:
            return
        now = self._loop.time()
        run: list[bytes] = []
        to: SocketAddress = ()
        for data, address in self._datagrams_to_send(now):
            if run and address != to:
                self._hand_over(run, to)
                run = []
            run.append(data)
            to = address
        if run:
            self._hand_over(run, to)
        self._arm()
        if not self._is_over:
            self._driven.note_room()

    def _datagrams_to_send(self, now: float) -> list[tuple[bytes, SocketAddress]]:
        try:
            return self.quic.datagrams_to_send(now=now)
        except (QuicConnectionError, ValueError) as error:
            # qh3 2.1.0 may lose its place among the streams when packets are lost ("reserved stream is missing"), and
            # sends what it held then never again: better an end that both sides know of.
            self._fail(error)
        try:
            return self.quic.datagrams_to_send(now=now)
        except (QuicConnectionError, ValueError):
            self._terminate()
            return []

    def _fail(self, error: Exception) -> None:
        self.close(FAILURE, f"the library failed: {error}")

    def _hand_over(self, datagrams: list[bytes], address: SocketAddress) -> None:
        self.sent_bytes += sum(map(len, datagrams))
        self._send(datagrams, address)

    def _arm(self) -> None:
        timer_at = self.quic.get_timer()
        if timer_at == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_at = timer_at
        if timer_at is not None:
            self._timer = self._loop.call_at(timer_at, self._on_timer)

    def _on_timer(self) -> None:
        # The loop may be a little early.
        now = max(self._timer_at or 0.0, self._loop.time())
        self._timer = None
        self._timer_at = None
        self.quic.handle_timer(now=now)
        self._take_events()
        self._transmit()

    def _show_life(self) -> None:
        if not self._is_over:
            self.quic.send_ping(0)
            self.soon()
            self._keepalive = self._loop.call_later(self._keepalive_seconds, self._show_life)

    def _end(self, code: int, reason: str) -> None:
        if not self._is_over:
            self._is_over = True
            self._keepalive.cancel()
            self._driven.over(code, reason)

    def _terminate(self) -> None:
        if not self._is_terminated:
            self._is_terminated = True
            if self._timer is not None:
                self._timer.cancel()
            self._driven.note_terminated()
