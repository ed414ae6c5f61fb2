"""A transport between tasks of one event loop: no loss, no delay, a few frames under way at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError
from focusmesh.protocol.transport import DATAGRAM_BYTES_MAX, FRAME_BYTES_MAX, TransportStats

if TYPE_CHECKING:
    from typing import Self

FRAMES_UNDER_WAY_MAX = 8


class MemoryStream:
    """One end of a stream."""

    def __init__(self, connection: MemoryConnection) -> None:
        self._connection = connection
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue(FRAMES_UNDER_WAY_MAX)
        self._is_reset = asyncio.Event()
        self._is_finished = False
        self.other: MemoryStream

    async def send(self, frame: bytes) -> None:
        if len(frame) > FRAME_BYTES_MAX:
            raise NetworkError("size", f"a frame of {len(frame)} bytes")
        await self._or_over(self.other._frames.put(frame))

    async def receive(self) -> bytes | None:
        if self._is_finished:
            return None
        frame = await self._or_over(self._frames.get())
        self._is_finished = frame is None
        return frame

    async def finish(self) -> None:
        await self._or_over(self.other._frames.put(None))

    def reset(self) -> None:
        self._is_reset.set()
        self.other._is_reset.set()

    async def _or_over(self, work):
        if self._is_reset.is_set() or self._connection.is_over.is_set():
            work.close()
            raise self._over()
        waiting = [
            asyncio.ensure_future(each)
            for each in (work, self._is_reset.wait(), self._connection.is_over.wait())
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if waiting[0].done():
                return waiting[0].result()
            raise self._over()
        finally:
            for task in waiting:
                task.cancel()

    def _over(self) -> NetworkError:
        if self._connection.is_over.is_set():
            return NetworkError("closed", "the connection is gone")
        return NetworkError("reset", "the other side gave the stream up")


class MemoryConnection:
    """One end of a connection."""

    def __init__(self, peer_key: bytes, is_dialler: bool) -> None:
        self.peer_key = peer_key
        self.is_dialler = is_dialler
        self.is_over = asyncio.Event()
        self.reason = ""
        self.other: MemoryConnection
        self._streams: asyncio.Queue[MemoryStream] = asyncio.Queue()
        self._datagrams: asyncio.Queue[bytes] = asyncio.Queue()

    async def open_stream(self) -> MemoryStream:
        if self.is_over.is_set():
            raise NetworkError("closed", "the connection is gone")
        mine, theirs = MemoryStream(self), MemoryStream(self.other)
        mine.other, theirs.other = theirs, mine
        self.other._streams.put_nowait(theirs)
        return mine

    async def accept_stream(self) -> MemoryStream:
        return await self._next(self._streams)

    def send_datagram(self, data: bytes) -> None:
        if len(data) > DATAGRAM_BYTES_MAX:
            raise NetworkError("size", f"a datagram of {len(data)} bytes")
        self.other._datagrams.put_nowait(data)

    async def receive_datagram(self) -> bytes:
        return await self._next(self._datagrams)

    async def close(self, reason: str = "") -> None:
        for end in (self, self.other):
            if not end.is_over.is_set():
                end.reason = reason
                end.is_over.set()

    async def closed(self) -> str:
        await self.is_over.wait()
        return self.reason

    async def _next(self, queue):
        waiting = [asyncio.ensure_future(each) for each in (queue.get(), self.is_over.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if waiting[0].done():
                return waiting[0].result()
            raise NetworkError("closed", "the connection is gone")
        finally:
            for task in waiting:
                task.cancel()


class MemoryTransport:
    """One endpoint; ``hub`` maps addresses to all of them."""

    def __init__(self, key: bytes, address: str, hub: dict[str, MemoryTransport]) -> None:
        self.key = key
        self.address = address
        self._hub = hub
        self._accepted: asyncio.Queue[MemoryConnection | None] = asyncio.Queue()
        self._connections: list[MemoryConnection] = []
        hub[address] = self

    async def connect(self, key: bytes, address: str) -> MemoryConnection:
        other = self._hub.get(address)
        if other is None:
            raise NetworkError("unreachable", f"nobody is at {address}")
        if other.key != key:
            raise NetworkError("handshake", f"{address} is not {key.hex()}")
        mine, theirs = MemoryConnection(key, True), MemoryConnection(self.key, False)
        mine.other, theirs.other = theirs, mine
        self._connections.append(mine)
        other._connections.append(theirs)
        other._accepted.put_nowait(theirs)
        return mine

    async def accept(self) -> MemoryConnection:
        connection = await self._accepted.get()
        if connection is None:
            raise NetworkError("closed", "the transport is closed")
        return connection

    def stats(self) -> TransportStats:
        return TransportStats(connections=len(self._connections))

    async def close(self) -> None:
        self._hub.pop(self.address, None)
        self._accepted.put_nowait(None)
        for connection in self._connections:
            await connection.close("the transport is closed")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()
