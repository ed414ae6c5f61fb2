"""Blocks whose headers are known: fetched from whichever peers have them, several at a time, handed out in order."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import BlockError, NetworkError, SignalError
from focusmesh.ids import digest
from focusmesh.kernel.block import Block, Body, check_data_root
from focusmesh.kernel.node.wire import CONTENTS_MAX, gather_parts
from focusmesh.protocol.signal import parse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence

    from focusmesh.kernel.block import Chain, Header
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.kernel.node.peers import Peers
    from focusmesh.kernel.state import Parameters
    from focusmesh.protocol.signal import SignedSignal

BLOCKS_AHEAD = 8
BYTES_AHEAD = 1 << 26
"""How much of bodies and contents waits to be carried out, about."""
KEPT_MAX = 64
"""Bodies that came by themselves and wait for their turn; none is long."""
_PUT_BLOB = b"put_blob/1"


class Known(NamedTuple):
    """A checked header, as it travels, the proof of its proposer, the decision of its validators, if any.

    ``parameters`` hold for its block.
    """

    header: Header
    header_bytes: bytes
    proof: bytes
    decision: bytes
    parameters: Parameters


class Fetched(NamedTuple):
    """A block whose body is the one that its header names; contents that were to be had, and sizes of the others."""

    block: Block
    contents: dict[bytes, bytes]
    lacking: dict[bytes, int]

    @property
    def size_bytes(self) -> int:
        return len(self.block.body) + sum(map(len, self.contents.values()))


class BlockFetcher:
    """Asks peers for bodies and contents. ``sources(height)`` gives those that may have a block, best first.

    ``failed(peer)`` hears of those that did not give what they were asked for.
    """

    def __init__(
        self,
        chain: Chain,
        peers: Peers,
        mempool: Mempool,
        workers: Workers,
        sources: Callable[[int], Sequence[bytes]],
        failed: Callable[[bytes], None],
    ) -> None:
        self._chain = chain
        self._peers = peers
        self._mempool = mempool
        self._workers = workers
        self._sources = sources
        self._failed = failed
        self._kept: dict[bytes, bytes] = {}

    def keep(self, block: bytes, body: bytes) -> None:
        """A body that came by itself, and is the one that the header of that id names."""
        self._kept[block] = body
        while len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]

    async def blocks(self, known: Sequence[Known]) -> AsyncGenerator[Fetched]:
        """The blocks of headers in a row. NetworkError ``"unavailable"`` at the first that no peer has."""
        waiting = deque(known)
        begun: deque[asyncio.Task[Fetched]] = deque()
        ahead_bytes = 0
        try:
            while waiting or begun:
                while waiting and len(begun) < BLOCKS_AHEAD and ahead_bytes < BYTES_AHEAD:
                    task = asyncio.create_task(self.block(waiting.popleft()))
                    begun.append(task)
                fetched = await begun[0]
                begun.popleft()
                ahead_bytes = sum(_size(task) for task in begun)
                yield fetched
        finally:
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)

    async def block(self, known: Known) -> Fetched:
        """One block, of the first source that has the body which the header names."""
        height = known.header.height
        kept = self._kept.pop(known.header.id, None)
        if kept is not None:
            block = Block(known.header, known.header_bytes, known.proof, kept)
            return await self._with_contents(block, known.parameters, *self._sources(height)[:1])
        for peer in self._sources(height):
            try:
                body = await self._body(peer, height, known.parameters.block_bytes_max)
                await self._workers.beside(
                    partial(check_data_root, known.header, body, known.parameters)
                )
            except BlockError:
                self._peers.blame(peer, "body")
            except NetworkError as error:
                self._failed(peer)
                if error.code in ("form", "size"):
                    self._peers.blame(peer, error.code)
            else:
                # What is wrong with it from here on is the fault of who signed it.
                block = Block(known.header, known.header_bytes, known.proof, body)
                return await self._with_contents(block, known.parameters, peer)
        raise NetworkError("unavailable", f"no peer has the body of block {height} now")

    async def _body(self, peer: bytes, height: int, bytes_max: int) -> bytes:
        async with aclosing(self._peers.ask(peer, "body", height)) as answers:
            found = await gather_parts(answers, bytes_max)
        if 0 not in found:
            raise NetworkError("absent", f"peer {peer.hex()} has no body of block {height}")
        return found[0]

    async def _with_contents(self, block: Block, parameters: Parameters, *peers: bytes) -> Fetched:
        bytes_max = parameters.block_bytes_max
        claims = await self._workers.beside(partial(claims_of, self._chain, block, bytes_max))
        if not claims:
            return Fetched(block, {}, {})
        contents = self._mempool.contents(claims)
        wanted = self.absent({name: size for name, size in claims.items() if name not in contents})
        for peer in peers if wanted else ():
            try:
                contents |= await self.contents(peer, wanted)
            except NetworkError as error:
                if error.code in ("form", "size"):
                    self._peers.blame(peer, error.code)
        lacking = {name: size for name, size in wanted.items() if name not in contents}
        return Fetched(block, contents, lacking)

    def absent(self, claims: Mapping[bytes, int]) -> dict[bytes, int]:
        """Those of the claimed contents, digest and size, that the ledger does not keep."""
        if not claims:
            return {}
        with self._chain.state.at() as view:
            kept = view.reader.get_many("contents", list(claims))
        pairs = zip(claims.items(), kept, strict=True)
        return {name: size for (name, size), content in pairs if content is None}

    async def contents(self, peer: bytes, wanted: Mapping[bytes, int]) -> dict[bytes, bytes]:
        """Those of the wanted contents, digest and size, that a peer has. Raises NetworkError.

        What is not what was asked for is blamed, and left out.
        """
        found: dict[bytes, bytes] = {}
        names = list(wanted)
        for start in range(0, len(names), CONTENTS_MAX):
            part = names[start : start + CONTENTS_MAX]
            most = sum(wanted[name] for name in part)
            async with aclosing(self._peers.ask(peer, "contents", part)) as answers:
                came = await gather_parts(answers, most, len(part))
            for number, content in came.items():
                name = part[number] if number < len(part) else b""
                if digest(content) == name and len(content) == wanted[name]:
                    found[name] = content
                else:
                    self._peers.blame(peer, "content")
        return found


def claims_of(chain: Chain, block: Block, bytes_max: int) -> dict[bytes, int]:
    """The contents that the signals of a block, of ``bytes_max`` at most, claim: digest and size. O(bytes of the body).

    Raises BlockError for a body without its form, whoever signed for it.
    """
    body = Body.decode(block.body, bytes_max)
    # To read all of a large block only to learn that nothing is in it would double the work of it.
    try:
        return claimed_contents(chain, [parse(wire) for wire in body.signals if _PUT_BLOB in wire])
    except SignalError as error:
        raise BlockError(
            "body", f"block {block.header.height} has a false signal: {error}"
        ) from error


def claimed_contents(chain: Chain, signals: Iterable[SignedSignal]) -> dict[bytes, int]:
    """The contents that signals claim, digest and size. Raises SignalError for operations that are none."""
    return {
        name: size
        for signed in signals
        for operation in chain.runtime.registry.read(
            [each for each in signed.signal.operations if each[0] == _PUT_BLOB.decode()]
        )
        for name, size in operation.contents()
    }


def _size(task: asyncio.Task[Fetched]) -> int:
    if not task.done() or task.cancelled() or task.exception() is not None:
        return 0
    return task.result().size_bytes
