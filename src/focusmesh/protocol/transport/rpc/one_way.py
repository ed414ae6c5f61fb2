"""Telling a peer many things in order: one long stream of frames that nobody answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError
from focusmesh.protocol.transport.rpc.frames import read_answer
from focusmesh.protocol.transport.rpc.rpc_client import open_long
from focusmesh.protocol.transport.rpc.rpc_server import streams

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from focusmesh.protocol.transport.interface import Connection, Stream
    from focusmesh.protocol.transport.rpc.rpc_server import RequestHandler


class Teller:
    """Frames for the handler ``name`` (``listens``) of the other end; the stream is opened with the first of them."""

    __slots__ = ("_connection", "_error", "_name", "_stream", "_turn", "_watching")

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._stream: Stream | None = None
        self._watching: asyncio.Task[None] | None = None
        self._error: tuple[type[NetworkError], str, str] | None = None
        self._turn = asyncio.Lock()

    async def tell(self, data: bytes) -> None:
        """Hands ``data`` (≤ FRAME_BYTES_MAX) over, after all that was told before; waits while the peer is behind.

        PeerError once the peer has refused to listen, NetworkError as streams raise it; then nothing more can be told.
        """
        async with self._turn:
            if self._stream is None:
                self._stream = await open_long(self._connection, self._name, None)
                self._watching = asyncio.get_running_loop().create_task(self._watch(self._stream))
            if self._error is not None:
                kind, code, message = self._error
                raise kind(code, message)
            await self._stream.send(data)

    def close(self) -> None:
        """No more is told; what the peer has not received may be lost."""
        if self._watching is not None:
            self._watching.cancel()
        if self._stream is not None:
            self._stream.reset()

    async def _watch(self, stream: Stream) -> None:
        """Whoever listens says nothing, but for that it does so no more."""
        peer = self._connection.peer_key
        try:
            frame = await stream.receive()
            if frame is not None:
                read_answer(frame, peer)
            self._error = (
                NetworkError,
                "reset",
                f"peer {peer.hex()} listens to {self._name!r} no more",
            )
        except NetworkError as error:
            self._error = type(error), error.code, str(error)
        stream.reset()


def listens(
    handler: Callable[[bytes, bytes], Awaitable[None]], *, streams_max: int = 1
) -> RequestHandler:
    """``handler(peer key, data)`` hears everything that ``Teller`` tells, one after the other, in order."""

    async def take(connection: Connection, stream: Stream, body: object) -> None:
        while (data := await stream.receive()) is not None:
            await handler(connection.peer_key, data)

    return streams(take, streams_max=streams_max)
