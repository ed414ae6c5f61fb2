"""Shares from a node of a network, over its transport: for light nodes that have no server."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, TypeVar

from focusmesh.errors import FileError, NetworkError, ParameterError, PeerError
from focusmesh.host.node import ANYWHERE, Peer, listening
from focusmesh.host.service import (
    HEADERS_MAX,
    NotThereError,
    SharedLine,
    SharedShare,
    SquareRoots,
)
from focusmesh.ids import digest
from focusmesh.kernel.block import SignedHeader
from focusmesh.kernel.node import PeerSquares
from focusmesh.protocol.identity import KEY_BYTES, SigningKey

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from focusmesh.host.light.share_sources import Axis
    from focusmesh.host.service import NamespaceShares

ResultT = TypeVar("ResultT")


class PeerSource:
    """A Source: the node ``KEY@ADDRESS#NETWORK``. FileError: it cannot be reached; NotThereError: it has no such thing.

    The event loop runs while something is asked; a connection that ended meanwhile is made again.
    """

    def __init__(self, where: str) -> None:
        """Raises ParameterError."""
        self._peer = Peer.parse(where)
        if self._peer.network is None:
            raise ParameterError(
                f"{where}: say of which network the node is, KEY@ADDRESS#ID, as its `node address` does"
            )
        self._network = self._peer.network
        self._runner = asyncio.Runner()
        self._opened = AsyncExitStack()
        self._squares: PeerSquares | None = None

    def tip(self) -> int:
        return self._ask(lambda squares: squares.tip())

    def roots(self, height: int) -> SquareRoots:
        told = self._ask(lambda squares: squares.roots(height))
        return SquareRoots(
            height=height,
            id=digest(told.header).hex(),
            header_bytes=told.header.hex(),
            proof=told.proof.hex(),
            width=len(told.rows) // 2,
            rows=[root.hex() for root in told.rows],
            columns=[root.hex() for root in told.columns],
        )

    def share(self, height: int, row: int, column: int, axis: Axis) -> SharedShare:
        told = self._ask(lambda squares: squares.share(height, row, column, axis))
        return SharedShare(
            height=height,
            row=told.row,
            column=told.column,
            axis=axis,
            share=told.share.hex(),
            start=told.start,
            stop=told.stop,
            nodes=[node.hex() for node in told.nodes],
        )

    def line(self, height: int, line: int, axis: Axis) -> SharedLine:
        shares = self._ask(lambda squares: squares.line(height, line, axis))
        return SharedLine(
            height=height, axis=axis, line=line, shares=[share.hex() for share in shares]
        )

    def namespace(self, height: int, name: str) -> NamespaceShares:
        raise NotThereError(
            "nodes answer only shares and whole lines: ask a server, or a ledger's folder"
        )

    def headers(self, first: int, last: int) -> list[SignedHeader]:
        count = min(last - first + 1, HEADERS_MAX)
        told = self._ask(lambda squares: squares.headers(first, count))
        return [SignedHeader.decode(data) for data in told]

    def genesis(self) -> bytes:
        return self._ask(lambda squares: squares.genesis())

    def validators(self, height: int) -> bytes:
        """Those of the genesis; nodes show others with the first header that they make final."""
        return b""

    def frauds(self) -> list[bytes]:
        """None where it is a node of before they were asked."""
        try:
            return self._ask(lambda squares: squares.frauds())
        except NotThereError:
            return []

    def fraud(self, block: bytes) -> bytes:
        return self._ask(lambda squares: squares.fraud(block))

    def close(self) -> None:
        """Ends the connection."""
        self._runner.run(self._opened.aclose())
        self._runner.close()

    def _ask(self, question: Callable[[PeerSquares], Awaitable[ResultT]]) -> ResultT:
        try:
            return self._runner.run(self._answer(question))
        except PeerError as error:
            raise NotThereError(str(error)) from error
        except NetworkError as error:
            raise FileError(f"{self._peer.contact.address} does not answer: {error}") from error

    async def _answer(self, question: Callable[[PeerSquares], Awaitable[ResultT]]) -> ResultT:
        if self._squares is not None:
            try:
                return await question(self._squares)
            except PeerError:
                raise
            except NetworkError:
                await self._opened.aclose()
        self._squares = await self._dial()
        return await question(self._squares)

    async def _dial(self) -> PeerSquares:
        key, contact = SigningKey(os.urandom(KEY_BYTES)), self._peer.contact
        transport = await self._opened.enter_async_context(listening(key, self._network, ANYWHERE))
        connection = await transport.connect(contact.key, contact.address)
        return PeerSquares(connection, self._network)
