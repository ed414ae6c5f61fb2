"""Telling a peer many things in order: one long stream of frames that nobody answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from focusmesh.protocol.transport.asking import open_long
from focusmesh.protocol.transport.requests import streams

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from focusmesh.protocol.transport.interface import Connection, Stream
    from focusmesh.protocol.transport.requests import RequestHandler


class Teller:
    """Frames for the handler ``name`` (``listens``) of the other end; the stream is opened with the first of them."""

    __slots__ = ("_connection", "_name", "_stream", "_turn")

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._stream: Stream | None = None
        self._turn = asyncio.Lock()

    async def tell(self, data: bytes) -> None:
        """Hands ``data`` (≤ FRAME_BYTES_MAX) over, after all that was told before; waits while the peer is behind.

        NetworkError as streams raise it; then nothing more can be told.
        """
        async with self._turn:
            if self._stream is None:
                self._stream = await open_long(self._connection, self._name, None)
            await self._stream.send(data)

    def close(self) -> None:
        """No more is told; what the peer has not received may be lost."""
        if self._stream is not None:
            self._stream.reset()


def listens(
    handler: Callable[[bytes, bytes], Awaitable[None]], *, streams_max: int = 1
) -> RequestHandler:
    """``handler(peer key, data)`` hears everything that ``Teller`` tells, one after the other, in order."""

    async def take(connection: Connection, stream: Stream, body: object) -> None:
        while (data := await stream.receive()) is not None:
            await handler(connection.peer_key, data)

    return streams(take, streams_max=streams_max)
