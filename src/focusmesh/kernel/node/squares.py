"""Shares of blocks for light nodes: roots of a square with the header, single shares with proofs, whole lines."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Annotated

import msgspec

from focusmesh.errors import BlockError, NetworkError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.availability import SHARE_BYTES
from focusmesh.kernel.block import square_of
from focusmesh.kernel.fraud import FRAUD_BYTES_MAX
from focusmesh.kernel.node.serving.peer_answers import verify_hello
from focusmesh.kernel.node.sync.join import GENESIS_BYTES_MAX
from focusmesh.kernel.node.wire import (
    FRAUDS_MAX,
    HEADERS_A_FRAME,
    HEADERS_MAX,
    PROTOCOL_VERSION,
    Axis,
    Digest,
    Height,
    Hello,
    LineOf,
    ShareMessage,
    SharesOf,
    SquareMessage,
    gathered_one,
    read,
)
from focusmesh.protocol.transport import answers, ask, ask_one

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from focusmesh.kernel.availability import Square
    from focusmesh.kernel.block import Block, Chain
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.transport import Connection, RequestHandler

SQUARES_KEPT = 2
"""Squares that stay in memory: the largest has 40 MB with its leaves."""
_QUESTION_BYTES = 4_096
_Frauds = Annotated[list[Digest], msgspec.Meta(max_length=FRAUDS_MAX)]
_Headers = Annotated[list[bytes], msgspec.Meta(max_length=HEADERS_A_FRAME)]


class ShareServer:
    """Answers ``square``, ``shares`` and ``line``; a square is made of the stored body when it is asked for."""

    def __init__(self, chain: Chain, workers: Workers) -> None:
        self._chain = chain
        self._workers = workers
        self._squares: dict[int, Square] = {}
        self._turn = asyncio.Lock()

    def handlers(self) -> dict[str, RequestHandler]:
        """By name."""
        return {
            "square": answers(self._roots, cost=32),
            "shares": answers(self._shares, request_bytes_max=_QUESTION_BYTES, cost=4),
            "line": answers(self._line, cost=8),
        }

    async def _roots(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        height = read(body, Height, "a question for a square")
        block, roots = self._block(height), (await self._square(height)).roots
        yield [block.header_bytes, block.proof, list(roots.rows), list(roots.columns)]

    async def _shares(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        wanted = read(body, SharesOf, "a question for shares")
        square = await self._square(wanted.height)
        for row, column in wanted.places:
            proved = square.prove(row, column, wanted.axis)
            nodes = list(proved.proof.nodes)
            yield [row, column, proved.share, proved.proof.start, proved.proof.stop, nodes]

    async def _line(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        wanted = read(body, LineOf, "a question for a line of shares")
        shares = (await self._square(wanted.height)).shares
        if wanted.line >= len(shares):
            raise BlockError("shares", f"the square has {len(shares)} rows and columns")
        shown = shares[wanted.line] if wanted.axis == "row" else shares[:, wanted.line]
        yield shown.tobytes()

    def _block(self, height: int) -> Block:
        if not height or not self._chain.parameters.has_squares:
            raise BlockError("no-square", f"block {height} has no square to sample")
        return self._chain.block(height)

    async def _square(self, height: int) -> Square:
        async with self._turn:
            found = self._squares.pop(height, None)
            if found is None:
                body = self._block(height).body
                found = await self._workers.beside(partial(square_of, body))
            self._squares[height] = found
            while len(self._squares) > SQUARES_KEPT:
                del self._squares[next(iter(self._squares))]
        return found


class PeerSquares:
    """What a light node asks a node; nothing of it is believed. Raises NetworkError, PeerError."""

    def __init__(self, connection: Connection, network: bytes) -> None:
        self._connection = connection
        self._network = network

    async def tip(self) -> int:
        """The height that the peer says it is at."""
        hello = Hello(PROTOCOL_VERSION, self._network, 0, bytes(DIGEST_BYTES), 0, 0, "")
        said = read(await ask_one(self._connection, "hello", hello.value()), Hello, "hello")
        verify_hello(said, self._network)
        return said.height

    async def roots(self, height: int) -> SquareMessage:
        """The header of a block, and the roots of its square."""
        return read(await ask_one(self._connection, "square", height), SquareMessage, "a square")

    async def share(self, height: int, row: int, column: int, axis: Axis) -> ShareMessage:
        """One share with its proof."""
        question = [height, axis, [[row, column]]]
        return read(await ask_one(self._connection, "shares", question), ShareMessage, "a share")

    async def headers(self, first: int, count: int) -> list[bytes]:
        """Headers as they travel, ``count`` or HEADERS_MAX at most, from height ``first`` on."""
        found: list[bytes] = []
        question = [first, min(count, HEADERS_MAX)]
        async with aclosing(ask(self._connection, "headers", question)) as told:
            async for frame in told:
                found += read(frame, _Headers, "headers")
                if len(found) > count:
                    raise NetworkError(
                        "form", f"the peer sent more than the {count} headers that were asked for"
                    )
        return found

    async def genesis(self) -> bytes:
        """What the network's id is the digest of."""
        async with aclosing(ask(self._connection, "genesis", None)) as told:
            _, data = await gathered_one(told, GENESIS_BYTES_MAX)
        return data

    async def frauds(self) -> list[bytes]:
        """The ids of blocks that the peer has proofs against."""
        told = read(await ask_one(self._connection, "frauds", None), _Frauds, "blocks")
        return [*told]

    async def fraud(self, block: bytes) -> bytes:
        """Such a proof; it is still to be verified."""
        async with aclosing(ask(self._connection, "proof", block)) as told:
            _, data = await gathered_one(told, FRAUD_BYTES_MAX)
        return data

    async def line(self, height: int, line: int, axis: Axis) -> list[bytes]:
        """All shares of a row or column."""
        data = read(await ask_one(self._connection, "line", [height, axis, line]), bytes, "a line")
        return [data[at : at + SHARE_BYTES] for at in range(0, len(data), SHARE_BYTES)]
