"""Datagrams without sockets, with faults by a seed; and a dialler that does what no honest one does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from focusmesh.protocol.transport.framing import FrameReader
from focusmesh.protocol.transport.quic.driver import QuicDriver
from focusmesh.protocol.transport.quic.endpoint import QuicTransport
from focusmesh.protocol.transport.quic.library import PinnedConnection, configuration, events

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.transport import SocketAddress

    Receive = Callable[[Sequence[bytes], SocketAddress], None]

NETWORK = b"n" * 32
IDLE_S = 30.0


class Wire:
    """Where datagrams go by address. ``spoil(datagram)`` says what arrives instead, and after how many seconds."""

    def __init__(self, spoil: Callable[[bytes], list[tuple[float, bytes]]] | None = None) -> None:
        self.receivers: dict[SocketAddress, Receive] = {}
        self.spoil = spoil or (lambda datagram: [(0.0, datagram)])
        self.carried: list[tuple[SocketAddress, SocketAddress, bytes]] = []

    def carry(self, datagrams: Sequence[bytes], sender: SocketAddress, to: SocketAddress) -> None:
        for datagram in datagrams:
            self.carried.append((sender, to, datagram))
            for seconds, arriving in self.spoil(datagram):
                self._later(seconds, arriving, sender, to)

    def _later(
        self, seconds: float, datagram: bytes, sender: SocketAddress, to: SocketAddress
    ) -> None:
        def arrive() -> None:
            receive = self.receivers.get(to)
            if receive is not None:
                receive([datagram], sender)

        loop = asyncio.get_running_loop()
        if seconds:
            loop.call_later(seconds, arrive)
        else:
            loop.call_soon(arrive)

    def transport(self, key: SigningKey, port: int, **keywords: Any) -> QuicTransport:
        """A QUIC transport over this wire, at [::1]:port."""
        random = keywords.pop("random", None) or counter()
        network = keywords.pop("network", NETWORK)
        return QuicTransport(key, network, WireEnd(self, port), random, **keywords)


class WireEnd:
    """What QuicTransport takes for a socket."""

    def __init__(self, wire: Wire, port: int) -> None:
        self.wire = wire
        self.address: SocketAddress = ("::1", port, 0, 0)

    def start(self, receive: Receive) -> None:
        self.wire.receivers[self.address] = receive

    def send(self, datagrams: list[bytes], address: SocketAddress) -> None:
        self.wire.carry(datagrams, self.address, address)

    def close(self) -> None:
        self.wire.receivers.pop(self.address, None)


def counter() -> Callable[[int], bytes]:
    """Bytes that never come again, and are no secret."""
    state = 0

    def random(count: int) -> bytes:
        nonlocal state
        state += 1
        return state.to_bytes(count, "big")

    return random


def losing(random: Random, chance: float) -> Callable[[bytes], list[tuple[float, bytes]]]:
    """A line that loses, doubles, and delays, each with this chance."""

    def spoil(datagram: bytes) -> list[tuple[float, bytes]]:
        if random.random() < chance:
            return []
        times = 2 if random.random() < chance else 1
        late = random.random() < chance
        return [(random.uniform(0, 0.01) if late else 0.0, datagram) for _ in range(times)]

    return spoil


class RawDialler:
    """QUIC and TLS as they should be, and from there on whatever a test does with ``quic``.

    ``frames`` is what came on stream 0, ``code`` and ``reason`` say how the connection ended.
    """

    def __init__(
        self,
        wire: Wire,
        server_key: bytes,
        port: int = 900,
        to: int = 1,
        connection: type[PinnedConnection] = PinnedConnection,
        **keywords: Any,
    ) -> None:
        self._end = WireEnd(wire, port)
        self.quic = connection(
            configuration=configuration(None, IDLE_S), server_key=server_key, **keywords
        )
        self.driver = QuicDriver(self.quic, self, self._end.send, IDLE_S / 3)
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()
        self.data: dict[int, bytes] = {}
        self.is_complete = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._reader = FrameReader()
        self._end.start(self.driver.receive)
        self.driver.connect(("::1", to, 0, 0))

    async def complete(self) -> RawDialler:
        """TLS is done and stream 0 open."""
        await asyncio.wait_for(asyncio.shield(self.is_complete), 5)
        assert self.quic._open_stream() == 0
        return self

    def send(self, data: bytes, stream: int = 0, is_last: bool = False) -> None:
        """Bytes on a stream."""
        self.quic.send_stream_data(stream, data, is_last)
        self.driver.soon()

    async def frame(self) -> bytes:
        """The next frame on stream 0."""
        return await asyncio.wait_for(self.frames.get(), 5)

    async def end(self) -> tuple[int, str]:
        """How it ended."""
        return await asyncio.wait_for(asyncio.shield(self.ended), 5)

    def take_event(self, event: events.QuicEvent) -> None:
        if isinstance(event, events.HandshakeCompleted):
            self.is_complete.set_result(None)
        elif isinstance(event, events.StreamDataReceived):
            if event.stream_id == 0:
                for frame in self._reader.feed(event.data):
                    self.frames.put_nowait(frame)
            else:
                self.data[event.stream_id] = self.data.get(event.stream_id, b"") + event.data

    def note_room(self) -> None:
        pass

    def over(self, code: int, reason: str) -> None:
        self.ended.set_result((code, reason))
        if not self.is_complete.done():
            self.is_complete.set_exception(ConnectionError(reason))
            self.is_complete.exception()

    def note_terminated(self) -> None:
        pass
