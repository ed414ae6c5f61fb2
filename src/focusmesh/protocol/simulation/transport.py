"""The simulated transport: connections and streams as QUIC has them, over the lines of a SimNetwork.

A stream is in order and whole whatever its line does, and may come to an end in the middle; streams overtake each
other. Keys are believed, which is what a real handshake proves.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError
from focusmesh.protocol.simulation.stream import SimStream
from focusmesh.protocol.transport import DATAGRAM_BYTES_MAX, TransportStats

if TYPE_CHECKING:
    from typing import Self

    from focusmesh.protocol.simulation.network import SimNetwork
    from focusmesh.protocol.simulation.processes import Process

CONNECT_S = 5.0
"""Who does not answer for so long is taken to be unreachable."""
IDLE_S = 10.0
"""A connection is given up once nothing came through for so long."""
STREAMS_MAX = 256
"""Streams of one end of a connection that are open at a time."""
DATAGRAMS_MAX = 256
"""Datagrams that wait for whoever receives them; those that come then are lost."""
WAITING_MAX = 128
"""Connections that wait to be accepted."""
_HELLO, _DATAGRAM, _CLOSE = b"h", b"d", b"c"


class SimTransport:
    """See Transport. Made by ``SimNetwork.transport``."""

    def __init__(self, network: SimNetwork, process: Process, key: bytes, address: str) -> None:
        self._network, self.process = network, process
        self._key, self._address = key, address
        self._stats = TransportStats()
        self._waiting: deque[SimConnection] = deque()
        self._changed = asyncio.Event()
        self.is_over = False
        process.at_end(self._die)

    @property
    def key(self) -> bytes:
        return self._key

    @property
    def address(self) -> str:
        return self._address

    async def connect(self, key: bytes, address: str) -> SimConnection:
        if self.is_over:
            raise NetworkError("closed", f"the transport at {self._address} is closed")
        answer = self.process.create_future()
        network, line = self._network, (self._address, address)

        def take_reply(reply: SimConnection | NetworkError) -> None:
            if answer.done():
                # Too late: nobody waits for it any more, and the other end is to know.
                if isinstance(reply, SimConnection):
                    reply.end("the dialler gave up")
                return
            if isinstance(reply, NetworkError):
                answer.set_exception(reply)
            else:
                answer.set_result(reply)

        def arrive(_: bytes) -> None:
            found = network.host(address).transport
            if found is None or found.is_over:
                return
            reply, back = found._greet(self, key), line[::-1]
            network.carry_surely(
                found.process, back, self.process, lambda _: take_reply(reply), _HELLO
            )

        # A dead or missing host answers nothing: the dialler finds that out by waiting.
        receiver = network.host(address).transport
        if receiver is not None:
            network.carry_surely(self.process, line, receiver.process, arrive, _HELLO + key)
        try:
            async with asyncio.timeout(CONNECT_S):
                connection: SimConnection = await answer
        except TimeoutError:
            message = f"nobody answers at {address} within {CONNECT_S:g} s"
            raise NetworkError("unreachable", message) from None
        self.count(connections=1)
        return connection

    def _greet(self, dialler: SimTransport, key: bytes) -> SimConnection | NetworkError:
        """What becomes of somebody who dials: its end of a connection, or why there is none."""
        if key != self._key:
            self.count(refused=1)
            message = f"at {self._address} is {self._key.hex()}, not {key.hex()}"
            return NetworkError("handshake", message)
        if len(self._waiting) >= WAITING_MAX:
            self.count(refused=1)
            return NetworkError("refused", f"{self._address} takes no more connections for now")
        here = SimConnection(self._network, self, dialler, is_dialler=False)
        there = SimConnection(self._network, dialler, self, is_dialler=True)
        here.join(there)
        there.join(here)
        self.count(connections=1)
        self._waiting.append(here)
        # The dialler may be gone by now.
        self._network.watch(*here.line)
        self._changed.set()
        return there

    async def accept(self) -> SimConnection:
        while not self._waiting:
            if self.is_over:
                raise NetworkError("closed", f"the transport at {self._address} is closed")
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.popleft()

    def stats(self) -> TransportStats:
        return self._stats

    async def close(self) -> None:
        if self.is_over:
            return
        self.is_over = True
        for connection in list(self._network.host(self._address).connections):
            await connection.close("the transport was closed")
        self._changed.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def count(self, **more: int) -> None:
        """Adds to what is counted."""
        fields = {name: getattr(self._stats, name) + number for name, number in more.items()}
        self._stats = replace(self._stats, **fields)

    def _die(self) -> None:
        """The process is gone: nothing is said to anybody, who find out by waiting."""
        self.is_over = True
        for connection in self._network.host(self._address).connections:
            connection.die()


class SimConnection:
    """See Connection: one end of it."""

    def __init__(
        self, network: SimNetwork, mine: SimTransport, other: SimTransport, *, is_dialler: bool
    ) -> None:
        self.network, self.transport, self._other = network, mine, other
        self._is_dialler = is_dialler
        self.line = (mine.address, other.address)
        self.process = mine.process
        self.over = ""
        self.heard_at = network.time.now
        self._streams: dict[int, SimStream] = {}
        self._opened = 0 if is_dialler else 1
        self._open_count = 0
        self._new: deque[SimStream] = deque()
        self._datagrams: deque[bytes] = deque()
        self._changed = asyncio.Event()
        network.host(mine.address).connections.append(self)

    def join(self, peer: SimConnection) -> None:
        """Tells this end of the other one."""
        self.peer = peer

    @property
    def peer_key(self) -> bytes:
        return self._other.key

    @property
    def is_dialler(self) -> bool:
        return self._is_dialler

    async def open_stream(self) -> SimStream:
        self.check()
        if self._open_count >= STREAMS_MAX:
            raise NetworkError("limit", f"{STREAMS_MAX} streams to {self.line[1]} are open already")
        stream = SimStream(self, self._opened)
        self._streams[self._opened] = stream
        self._opened += 2
        self._open_count += 1
        self.transport.count(streams=1)
        return stream

    async def accept_stream(self) -> SimStream:
        while not self._new:
            self.check()
            await self._wait()
        return self._new.popleft()

    def send_datagram(self, data: bytes) -> None:
        self.check()
        if len(data) > DATAGRAM_BYTES_MAX:
            message = f"a datagram of {len(data)} bytes; at most {DATAGRAM_BYTES_MAX} are carried"
            raise NetworkError("size", message)
        self.transport.count(bytes_sent=len(data))
        self.network.carry(
            self.process, self.line, self.peer.process, self.peer.take_datagram, data
        )

    async def receive_datagram(self) -> bytes:
        while not self._datagrams:
            self.check()
            await self._wait()
        return self._datagrams.popleft()

    async def close(self, reason: str = "") -> None:
        self.end(reason)

    def end(self, reason: str) -> None:
        """Ends the connection, and says so to the other end."""
        if self.over:
            return
        self.finish(f"closed here: {reason}" if reason else "closed here")
        peer, said = self.peer, reason or "no reason given"

        def tell(_: bytes) -> None:
            peer.finish(f"closed by {self.line[0]}: {said}")

        self.network.carry_surely(
            self.process, self.line, peer.process, tell, _CLOSE + said.encode()
        )

    async def wait_closed(self) -> str:
        while not self.over:
            await self._wait()
        return self.over

    def check(self) -> None:
        """Raises NetworkError ("closed") once this end is over."""
        if self.over:
            raise NetworkError("closed", f"the connection with {self.line[1]} is gone: {self.over}")

    def carry(self, number: int, order: int, kind: str, data: bytes) -> None:
        """Brings something of a stream to the other end."""
        if not self.over:
            self.network.carry_surely(
                self.process,
                self.line,
                self.peer.process,
                lambda data: self.peer.take(number, order, kind, data),
                data,
            )

    def take(self, number: int, order: int, kind: str, data: bytes) -> None:
        """Something of a stream has come; the first that comes makes the stream known."""
        if self.over:
            return
        self.heard_at = self.network.time.now
        stream = self._streams.get(number)
        if stream is None:
            is_own = number % 2 == (0 if self._is_dialler else 1)
            if is_own or kind == "credit":
                return  # It is over at this end already.
            stream = self._streams[number] = SimStream(self, number)
            self._new.append(stream)
            self._changed.set()
        stream.take(order, kind, data)

    def take_datagram(self, data: bytes) -> None:
        if self.over or len(self._datagrams) >= DATAGRAMS_MAX:
            return
        self.heard_at = self.network.time.now
        self.transport.count(bytes_received=len(data))
        self._datagrams.append(data)
        self._changed.set()

    def forget(self, stream: SimStream) -> None:
        """A stream is over in both directions."""
        if self._streams.pop(stream.number, None) and stream.is_own:
            self._open_count -= 1

    def give_up(self) -> None:
        """Ends the connection where nothing has come through for too long, and nothing can."""
        now = self.network.time.now
        if not self.over and self._is_cut() and now - self.heard_at >= IDLE_S - 1e-6:
            self.finish(f"nothing was heard of {self.line[1]} for {IDLE_S:g} s")
            self.network.watch(*self.line)

    def _is_cut(self) -> bool:
        other = self.peer.process
        cuts = (self.network.is_cut(*self.line), self.network.is_cut(*self.line[::-1]))
        return any(cuts) or other.is_dead or other.is_paused or bool(self.peer.over)

    def die(self) -> None:
        """The process of this end is gone."""
        self.over = "its process ended"
        self.network.watch(*self.line)

    def forgotten(self) -> None:
        """Who listens at this end's address now knows nothing of the connection, and says so to the other end."""
        self.over = self.over or "forgotten"
        peer, host = self.peer, self.line[0]
        self.network.carry_surely(
            self.network.outside,
            self.line,
            peer.process,
            lambda _: peer.finish(f"{host} knows nothing of it"),
            _CLOSE,
        )

    def finish(self, why: str) -> None:
        """This end is over; whoever waits on it hears why."""
        if self.over:
            return
        self.over = why
        connections = self.network.host(self.line[0]).connections
        if self in connections:
            connections.remove(self)
        for stream in self._streams.values():
            stream.wake()
        self._changed.set()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()
