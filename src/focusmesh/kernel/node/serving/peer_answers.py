"""What a node answers its peers: headers, bodies, contents, signals that wait. Each question is bounded (wire.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import BlockError, NetworkError
from focusmesh.kernel.block import read_signed_headers
from focusmesh.kernel.node.wire import (
    CONTENTS_MAX,
    HEADERS_A_FRAME,
    HEADERS_MAX,
    IDS_A_FRAME,
    PACKETS_MAX,
    PROTOCOL_VERSION,
    Digests,
    Height,
    Hello,
    Range,
    chunks,
    read,
)
from focusmesh.protocol.transport import answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.transport import RequestHandler

_DIGESTS_BYTES = 64 + 40 * CONTENTS_MAX


class PeerAnswers:
    """The table of handlers of one node. ``heard`` is told of every hello that a peer sends."""

    def __init__(
        self, chain: Chain, mempool: Mempool, address: str, heard: Callable[[bytes, Hello], None]
    ) -> None:
        self.chain = chain
        self._mempool = mempool
        self._address = address
        self._heard = heard

    def handlers(self) -> dict[str, RequestHandler]:
        """By name."""
        return {
            "hello": answers(self._hello),
            "genesis": answers(self._genesis, cost=16),
            "headers": answers(self._headers, cost=8),
            "body": answers(self._body, cost=8),
            "contents": answers(self._contents, request_bytes_max=_DIGESTS_BYTES, cost=16),
            "pool": answers(self._pool, cost=8),
            "packets": answers(self._packets, request_bytes_max=_DIGESTS_BYTES, cost=8),
        }

    def hello(self) -> Hello:
        """What this node says of itself."""
        tip = self.chain.tip
        return Hello(
            PROTOCOL_VERSION,
            self.chain.network,
            tip.height,
            tip.id,
            self.chain.base,
            len(self._mempool),
            self._address,
        )

    async def _hello(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        said = read(body, Hello, "hello")
        verify_hello(said, self.chain.network)
        yield self.hello().value()
        self._heard(peer, said)

    async def _genesis(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        for chunk in chunks(0, self.chain.genesis.encode()):
            yield chunk

    async def _headers(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        wanted = read(body, Range, "a question for headers")
        last = min(wanted.first + min(wanted.count, HEADERS_MAX) - 1, self.chain.height)
        for start in range(wanted.first, last + 1, HEADERS_A_FRAME):
            stop = min(start + HEADERS_A_FRAME - 1, last)
            yield [signed.encode() for signed in read_signed_headers(self.chain, start, stop)]

    async def _body(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        height = read(body, Height, "a question for a body")
        for chunk in chunks(0, self.chain.block(height).body):
            yield chunk

    async def _contents(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        wanted = read(body, Digests, "a question for contents")[:CONTENTS_MAX]
        for number, digest in enumerate(wanted):
            with self.chain.state.at() as view:
                content = view.content(digest)
            if content is None:
                content = self._mempool.contents([digest]).get(digest)
            for chunk in chunks(number, content) if content is not None else ():
                yield chunk

    async def _pool(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        ids = self._mempool.ids()
        for start in range(0, len(ids), IDS_A_FRAME):
            yield ids[start : start + IDS_A_FRAME]

    async def _packets(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        wanted = read(body, Digests, "a question for signals")[:PACKETS_MAX]
        for number, signal in enumerate(wanted):
            entry = self._mempool.entry(signal)
            for chunk in chunks(number, entry.packet.encode()) if entry is not None else ():
                yield chunk


def verify_hello(said: Hello, network: bytes) -> None:
    """Raises NetworkError where a peer speaks another protocol, or is of another network."""
    if said.version != PROTOCOL_VERSION:
        raise NetworkError(
            "version",
            f"the peer speaks version {said.version} of the protocol, this node {PROTOCOL_VERSION}",
        )
    if said.network != network:
        raise NetworkError(
            "network",
            f"the peer is of network {said.network.hex()[:16]}, not of {network.hex()[:16]}",
        )


def is_absent(error: Any) -> bool:
    """Whether a peer says that it has no such block."""
    return isinstance(error, BlockError) and error.code == "height"
