"""A QUIC server on a wire, what it accepted, and whom it blamed; and the frames of a proof, to be made amiss."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from focusmesh.errors import NetworkError
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.transport.framing import frame_bytes
from focusmesh.protocol.transport.handshake import DOMAIN, proved_digest
from focusmesh.protocol.transport.quic.link import CLOSING_BASE, CLOSINGS
from tests.protocol.transport.wires import NETWORK, RawDialler, Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from focusmesh.protocol.transport import Connection, QuicTransport

SERVER, DIALLER, OTHER, WICKED = (SigningKey(letter * 32) for letter in (b"s", b"d", b"o", b"w"))
"""Ports: SERVER listens at 1, OTHER at 2, WICKED at 3; DIALLER is at 9."""
SECONDS_MAX = 20.0


class Site:
    """A server on a wire, what it accepted, and whom it blamed."""

    def __init__(self, wire: Wire, **keywords: Any) -> None:
        self.wire = wire
        self.faults: list[tuple[bytes | str, str]] = []
        self.server = wire.transport(
            SERVER, 1, blame=lambda who, fault: self.faults.append((who, fault)), **keywords
        )
        self.accepted: list[Connection] = []
        self._accepting = asyncio.ensure_future(self._accept(self.server))

    async def _accept(self, transport: QuicTransport) -> None:
        try:
            while True:
                self.accepted.append(await transport.accept())
        except NetworkError:
            return

    async def close(self) -> None:
        await self.server.close()
        await self._accepting


@asynccontextmanager
async def site(wire: Wire | None = None, **keywords: Any) -> AsyncIterator[Site]:
    made = Site(wire or Wire(), **keywords)
    try:
        async with asyncio.timeout(SECONDS_MAX):
            yield made
    finally:
        await made.close()


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


def hello(key: SigningKey = DIALLER, network: bytes = NETWORK, version: int = 1) -> bytes:
    return frame_bytes(encode([version, network, key.public]))


def signed(
    challenge: bytes,
    key: SigningKey = DIALLER,
    server: bytes = SERVER.public,
    claimed: bytes | None = None,
) -> bytes:
    digest = proved_digest(NETWORK, server, claimed or key.public, challenge)
    return frame_bytes(encode([key.sign(DOMAIN, digest)]))


async def challenged(raw: RawDialler, key: SigningKey = DIALLER) -> bytes:
    """The challenge that a dialler gets that claims ``key``."""
    raw.send(hello(key))
    (challenge,) = decode(await raw.frame())
    assert len(challenge) == 32
    return bytes(challenge)


async def ends_with(raw: RawDialler, word: str) -> None:
    code, reason = await raw.end()
    assert (CLOSINGS[code - CLOSING_BASE], bool(reason)) == (word, True), (code, reason)


async def welcome(at: Site, port: int = 900) -> RawDialler:
    """A dialler that is proved, and can now break the other rules."""
    raw = await RawDialler(at.wire, SERVER.public, port=port).complete()
    raw.send(signed(await challenged(raw)))
    assert decode(await raw.frame()) == [True]
    return raw
