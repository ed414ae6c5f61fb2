"""A node that makes blocks, one that follows, and whoever attacks: replicas over QUIC on a wire, in virtual time.

Attackers have keys and pass the handshake. What a node holds for all of its peers is counted, not estimated.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from focusmesh.kernel.block import Chain
from focusmesh.kernel.node import PeerLimits, Replica, ReplicaSettings, fresh_scores
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.signal import Signal, parse, sign
from focusmesh.protocol.simulation import SimNetwork
from focusmesh.protocol.world import SameProcess, World
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, genesis, particle
from tests.kernel.node.networks import BEGINNING_MS, Users
from tests.protocol.transport.wires import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from focusmesh.protocol.transport import Connection, QuicTransport, RequestHandler

WICKED_PORT = 500
OVER_S = 300.0
"""Within so long of virtual time a connection of an attacker is to be over."""


class Attacked:
    """``maker`` and ``follower`` know each other; the attackers know where the maker is."""

    def __init__(
        self, stack: AsyncExitStack, limits: PeerLimits, more: Mapping[str, RequestHandler]
    ) -> None:
        self.wire = Wire()
        self.genesis = genesis()
        self.users = Users()
        self._stack, self._limits, self._more = stack, limits, more
        self._wicked = 0
        self._nonce = 0
        self._running: list[asyncio.Task[None]] = []
        self.maker = self.node(1, self.users)
        self.follower = self.node(2, Users(), self.maker)

    def node(self, port: int, users: Users, *contacts: Replica) -> Replica:
        """A node that runs; it makes blocks where it has no contacts."""
        store = MemoryStore()
        Chain.create(store, self.genesis, REGISTRY)
        scores = fresh_scores()
        found: list[Replica] = []

        def blame(who: bytes | str, fault: str) -> None:
            if isinstance(who, bytes) and found:
                found[0].peers.blame(who, fault)

        key = SigningKey(bytes([port]) * 32)
        transport = self.wire.transport(
            key, port, network=self.genesis.network, blame=blame, admit=scores.why_not
        )
        self._stack.push_async_exit(transport)
        loop = asyncio.get_running_loop()

        def clock() -> int:
            return BEGINNING_MS + round(1_000 * loop.time())

        rng = Random(port).randbytes
        world: World[Any] = World(clock, rng, lambda path: store, users, SameProcess())
        replica = Replica(
            Chain(store, REGISTRY),
            world,
            transport,
            keys=None if contacts else lambda proposers: PROPOSER,
            contacts=[contact_of(each) for each in contacts],
            settings=ReplicaSettings(peers=self._limits),
            scores=scores,
        )
        found.append(replica)
        true = replica.serving.handlers()
        replica.serving.handlers = lambda: {**true, **self._more}  # type: ignore[method-assign]
        self._running.append(loop.create_task(replica.run()))
        return replica

    def attacker(self, number: int = 0) -> QuicTransport:
        """Another key each time, unless a number is given: it keeps the rules of QUIC and of the handshake."""
        self._wicked += 1
        number = number or self._wicked
        key = SigningKey(number.to_bytes(2, "big") * 16)
        return self.wire.transport(key, WICKED_PORT + self._wicked, network=self.genesis.network)

    async def attack(self, number: int = 0) -> Connection:
        """A connection of an attacker with the node that makes blocks."""
        transport = self.attacker(number)
        self._stack.push_async_exit(transport)
        return await transport.connect(*contact_of(self.maker))

    async def linked(self, count: int = 1) -> None:
        """A user's signals come to be in blocks that both nodes have."""
        for _ in range(count):
            operation: list[Any] = ["link/1", particle(self._nonce), particle("b"), b"", 10]
            signed = parse(
                sign(
                    Signal(
                        network=self.genesis.network,
                        neuron=KEYS[1].public,
                        nonce=self._nonce,
                        expires_height=1_000,
                        operations=(tuple(operation),),
                    ),
                    KEYS[1],
                )
            )
            self._nonce += 1
            self.users.leave(signed)
        await self.until(lambda: len(self.users.placed) == self._nonce)
        await self.until(lambda: self.follower.chain.tip.id == self.maker.chain.tip.id)

    async def until(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        """Lets time pass until something holds."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not holds():
            assert asyncio.get_running_loop().time() < deadline
            self.check()
            await asyncio.sleep(0.05)

    def check(self) -> None:
        """Nobody ended."""
        for task in self._running:
            if task.done():
                task.result()
                raise AssertionError("a node ended")

    async def close(self) -> None:
        self.check()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


async def raw(connection: Any, data: bytes, is_last: bool = False) -> int:
    """Bytes on a stream of their own, whatever they are."""
    stream = await connection.open_stream()
    connection.write(stream._number, data, is_last)
    return int(stream._number)


async def over(connection: Connection, seconds: float | None = None) -> str:
    async with asyncio.timeout(seconds or OVER_S):
        return await connection.wait_closed()


def contact_of(replica: Replica) -> Contact:
    transport = replica.peers.transport
    return Contact(transport.key, transport.address)


def attacked(
    body: Callable[[Attacked], Coroutine[Any, Any, None]],
    limits: PeerLimits | None = None,
    more: Mapping[str, RequestHandler] = MappingProxyType({}),
) -> None:
    """Runs ``body`` with two nodes, in virtual time; both answer ``more`` besides."""

    async def run() -> None:
        async with AsyncExitStack() as stack:
            at = Attacked(stack, limits or PeerLimits(), more)
            await at.until(lambda: bool(at.follower.peers.present()))
            await at.linked()
            await body(at)
            await at.linked(3)
            await at.close()

    network = SimNetwork(7)
    try:
        network.complete(run(), limit_s=3_600)
    finally:
        network.close()


def buffered_bytes(replica: Replica) -> int:
    """What all connections of a node hold of what came and nobody took."""
    transport: Any = replica.peers.transport
    return sum(
        stream._reader.held_bytes + sum(map(len, stream._frames))
        for link in transport._open
        for stream in link._streams.values()
    )


def entries(replica: Replica) -> dict[str, int]:
    """How much a node remembers of peers, by table."""
    peers: Any = replica.peers
    gossip: Any = replica.spreading._gossip
    members, broadcast = gossip._core._members, gossip._core._broadcast
    return {
        "connections": len(peers._alive),
        "peers": len(peers._connections),
        "dialled": len(peers._dialling),
        "tellers": len(peers._tellers),
        "links": len(peers.transport._open),
        "told": len(replica.syncing.told),
        "announced": len(replica.syncing._announced),
        "bodies": len(replica.fetching._kept),
        "passive": len(members.passive),
        "asked": len(members._asked),
        "gone": len(members._gone),
        "lines": len(gossip._lines._lines),
        "pending": len(broadcast._pending),
        "missing": len(broadcast._missing),
        "signals": len(replica.mempool),
        "tasks": len(asyncio.all_tasks()),
    }
