"""From nothing to the head of a network: its genesis by its id, then a snapshot whose pages are verified as they come.

Whatever a peer sends that does not hold is not taken, and the peer is not asked again; the others go on.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from focusmesh.errors import BlockError, NetworkError, ProofError, UpgradeRequiredError
from focusmesh.ids import digest
from focusmesh.kernel.block import Genesis, SignedHeader, SnapshotRestore
from focusmesh.kernel.node.serving.peer_answers import verify_hello
from focusmesh.kernel.node.wire import (
    HEADERS_A_FRAME,
    HEADERS_MAX,
    PROTOCOL_VERSION,
    Hello,
    gather_parts,
    gathered_one,
    read,
)
from focusmesh.protocol.transport import ask, ask_one

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.gossip import Contact
    from focusmesh.protocol.transport import Connection, Transport
    from focusmesh.protocol.world import Checker

GENESIS_BYTES_MAX = 1 << 26
DIAL_SECONDS = 5.0
"""How long a peer may take to be there: the others do not wait for it."""
PAGES_TOGETHER = 4
"""Pages that are asked of one peer at a time."""
_MANIFEST_BYTES_MAX = 1 << 20
_Headers = Annotated[list[bytes], msgspec.Meta(max_length=HEADERS_A_FRAME)]


class NetworkJoin:
    """The way into a network that one or more peers know. ``told(what, done, total)`` hears how far it is."""

    def __init__(
        self,
        transport: Transport,
        contacts: Sequence[Contact],
        network: bytes,
        workers: Workers,
        told: Callable[[str, int, int], None] = lambda what, done, total: None,
    ) -> None:
        self._transport = transport
        self._contacts = contacts
        self._network = network
        self._workers = workers
        self._told = told
        self._peers: list[Connection] = []
        self._dialled: list[Connection] = []
        self._why = "no peer was named"

    async def connect(self) -> int:
        """Dials all peers, and says how high the highest is. Raises NetworkError where none can be reached."""
        heights = []
        for contact in self._contacts:
            try:
                connection = await self._transport.connect(contact.key, contact.address)
                self._dialled.append(connection)
                said = await self._greet(connection)
            except NetworkError as error:
                self._why = str(error)
                continue
            self._peers.append(connection)
            heights.append(said.height)
        if not heights:
            raise NetworkError("unreachable", f"no peer could be joined: {self._why}")
        return max(heights)

    async def close(self) -> None:
        """Ends the connections."""
        for connection in self._dialled:
            await connection.close("joined")

    async def _greet(self, connection: Connection) -> Hello:
        hello = Hello(PROTOCOL_VERSION, self._network, 0, bytes(32), 0, 0, "")
        said = read(await ask_one(connection, "hello", hello.value()), Hello, "hello")
        verify_hello(said, self._network)
        return said

    async def genesis(self) -> Genesis:
        """What the network's id is the digest of. Raises NetworkError where no peer has it."""
        for peer in list(self._peers):
            try:
                data = await self._whole(peer, "genesis", None, GENESIS_BYTES_MAX)
                # Nothing is decoded of bytes that are not the network's.
                if digest(data) == self._network:
                    return Genesis.decode(data)
                self._leave(peer, "its genesis is of another network")
            except (NetworkError, BlockError) as error:
                self._leave(peer, str(error))
        raise self._nobody("the genesis")

    async def restore(
        self, store: Store, genesis: Genesis, registry: Registry, checker: Checker
    ) -> Chain:
        """The chain of a snapshot in a store that is empty, or was left in the middle of this.

        Raises NetworkError where no peer gives what is missing; it can be gone on with later. UpgradeRequiredError
        where the network has gone on to what only a newer focusmesh reads.
        """
        restoring = await self._workers.in_slot(
            partial(SnapshotRestore, store, genesis, registry, checker)
        )
        await self._take_headers(restoring)
        if restoring.height is None or not await self._is_served(restoring.height):
            await self._begin(restoring)
        assert restoring.height is not None
        await self._take_pages(restoring)
        return await self._finish(restoring)

    async def _take_headers(self, restoring: SnapshotRestore) -> None:
        """All headers that there are, of any peer."""
        for peer in list(self._peers):
            try:
                while await self._take_portion(peer, restoring):
                    pass
            except (NetworkError, BlockError) as error:
                self._leave(peer, str(error))
        if not self._peers:
            raise self._nobody("the headers")

    async def _take_portion(self, peer: Connection, restoring: SnapshotRestore) -> int:
        question = [restoring.headers.tip.height + 1, HEADERS_MAX]
        found: list[SignedHeader] = []
        async with aclosing(ask(peer, "headers", question)) as answers:
            async for answer in answers:
                found += [SignedHeader.decode(each) for each in read(answer, _Headers, "headers")]
                if len(found) > HEADERS_MAX:
                    raise NetworkError(
                        "form",
                        f"the peer sent more than the {HEADERS_MAX} headers that were asked for",
                    )
        if found:
            await self._workers.in_slot(partial(_add_headers, restoring, found))
            self._told("headers", restoring.headers.tip.height, restoring.headers.tip.height)
        return len(found)

    async def _begin(self, restoring: SnapshotRestore) -> None:
        """Begins with the snapshot of the first peer that has one."""
        if restoring.height is not None:
            await self._workers.in_slot(restoring.abandon)
        for peer in list(self._peers):
            try:
                height, manifest = await self._manifest(peer, None)
                while restoring.headers.tip.height < height:
                    if not await self._take_portion(peer, restoring):
                        break
                await self._workers.in_slot(partial(restoring.begin, manifest))
            except (NetworkError, BlockError, ProofError) as error:
                self._leave(peer, str(error))
                continue
            return
        raise self._nobody("a snapshot (all blocks can be had in its place)")

    async def _is_served(self, height: int) -> bool:
        """Whether one of the peers has a snapshot of this height."""
        return bool(await self._serving(height))

    async def _serving(self, height: int) -> list[Connection]:
        """The peers that have a snapshot of this height, or made one."""
        found = []
        for peer in list(self._peers):
            try:
                await self._manifest(peer, height)
            except NetworkError:
                continue
            found.append(peer)
        return found

    async def _manifest(self, peer: Connection, height: int | None) -> tuple[int, bytes]:
        async with aclosing(ask(peer, "snapshot", height, seconds_max=120.0)) as answers:
            return await gathered_one(answers, _MANIFEST_BYTES_MAX)

    async def _take_pages(self, restoring: SnapshotRestore) -> None:
        """Pages of all peers that have them, some at a time of each."""
        height = restoring.height
        assert height is not None
        serving = await self._serving(height)
        pages = _Pages(restoring, self._workers, self._told)
        await pages.begin()
        takers = [
            self._take_of(peer, height, pages) for peer in serving for _ in range(PAGES_TOGETHER)
        ]
        await asyncio.gather(*takers)
        if not restoring.is_whole:
            raise self._nobody(f"pages of the snapshot of block {height}")

    async def _take_of(self, peer: Connection, height: int, pages: _Pages) -> None:
        """Asks one peer for one page after the other, until all are in or the peer fails."""
        while (number := await pages.next()) is not None:
            page: Any = None
            try:
                page = await ask_one(peer, "page", [height, number])
                if not isinstance(page, bytes):
                    raise NetworkError("form", "a page must be bytes")
                await pages.took(number, page)
            except (NetworkError, ProofError) as error:
                pages.requeue(number)
                self._leave(peer, str(error))
                return

    async def _finish(self, restoring: SnapshotRestore) -> Chain:
        height = restoring.height
        for peer in list(self._peers):
            try:
                body = b""
                if height:
                    most = restoring.block_bytes_max
                    body = await self._whole(peer, "body", height, most)
                return await self._workers.in_slot(partial(restoring.finish, body))
            except NetworkError as error:
                self._leave(peer, str(error))
            except BlockError as error:
                if error.code != "data-root":
                    raise
                self._leave(peer, str(error))
        raise self._nobody(f"the body of block {height}")

    async def _whole(self, peer: Connection, name: str, body: Any, bytes_max: int) -> bytes:
        async with aclosing(ask(peer, name, body)) as answers:
            found = await gather_parts(answers, bytes_max)
        if 0 not in found:
            raise NetworkError("absent", f"peer {peer.peer_key.hex()} has no {name}")
        return found[0]

    def _leave(self, peer: Connection, why: str) -> None:
        self._why = f"peer {peer.peer_key.hex()[:16]}: {why}"
        if peer in self._peers:
            self._peers.remove(peer)

    def _nobody(self, what: str) -> NetworkError:
        return NetworkError("unavailable", f"no peer has {what}: {self._why}")


def _add_headers(restoring: SnapshotRestore, found: Sequence[SignedHeader]) -> None:
    """Raises UpgradeRequiredError where a header that only a newer focusmesh reads is truly the next; BlockError."""
    first = restoring.headers.tip.height + 1
    try:
        restoring.add_headers(found)
    except BlockError as error:
        next_ = found[restoring.headers.tip.height + 1 - first]
        if error.code == "upgrade" and restoring.headers.is_newer(next_):
            raise UpgradeRequiredError("", f"this node cannot join: {error}") from error
        raise


class _Pages:
    """Which pages are asked for, and which are next."""

    def __init__(
        self, restoring: SnapshotRestore, workers: Workers, told: Callable[[str, int, int], None]
    ) -> None:
        self._restoring = restoring
        self._workers = workers
        self._told = told
        self._asked: dict[int, None] = {}
        self._free: list[int] = []
        self._changed = asyncio.Event()

    async def begin(self) -> None:
        """Looks what is missing."""
        self._free = await self._workers.in_slot(self._restoring.missing)

    async def next(self) -> int | None:
        """A page that nobody was asked for; waits for those that are on their way, since more may follow on them."""
        while True:
            while self._free:
                number = self._free.pop(0)
                if number not in self._asked:
                    self._asked[number] = None
                    return number
            if not self._asked:
                return None
            self._changed.clear()
            await self._changed.wait()

    async def took(self, number: int, page: bytes) -> None:
        """Raises ProofError for one that is false."""
        done, total, missing = await self._workers.in_slot(partial(self._take, number, page))
        self._asked.pop(number, None)
        self._told("pages", done, total)
        if not self._free:
            # A section that is whole makes others known.
            self._free = missing
        self._changed.set()

    def _take(self, number: int, page: bytes) -> tuple[int, int, list[int]]:
        self._restoring.take(number, page)
        return *self._restoring.progress, self._restoring.missing()

    def requeue(self, number: int) -> None:
        """Somebody else is to be asked for it."""
        self._asked.pop(number, None)
        self._free.append(number)
        self._changed.set()
