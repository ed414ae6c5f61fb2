"""Small networks of replicas in virtual time: one key makes the blocks, every node has a pool of its own users."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

from focusmesh.kernel.block import Chain
from focusmesh.kernel.node import Replica
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, parse, sign
from focusmesh.protocol.simulation import SimNetwork
from focusmesh.protocol.world import SameProcess, World
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, genesis, particle

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Any

    from focusmesh.errors import SignalError
    from focusmesh.kernel.block import Genesis
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.simulation import Process
    from focusmesh.protocol.transport import RequestHandler

BEGINNING_MS = 1_700_000_000_000


class Users:
    """The net of one machine's users: signals wait here whether or not the node runs; words come back."""

    def __init__(self) -> None:
        self.waiting: dict[bytes, Packet] = {}
        self.placed: list[bytes] = []
        self.refused: dict[bytes, SignalError] = {}
        self.failed: dict[bytes, str] = {}

    def leave(self, signed: SignedSignal, *contents: bytes) -> None:
        self.waiting[signed.id] = Packet(signed.wire, contents)

    def read(self, bytes_max: int, without: Collection[bytes] = ()) -> list[Packet]:
        return [packet for signal, packet in self.waiting.items() if signal not in without]

    def has(self, signal: bytes) -> bool:
        return signal in self.waiting

    def fail(self, messages: Mapping[bytes, str]) -> None:
        self.failed |= messages

    def remove(self, signals: Iterable[bytes]) -> None:
        self.placed += [signal for signal in signals if self.waiting.pop(signal, None) is not None]

    def refuse(self, signal: bytes, error: SignalError) -> None:
        if self.waiting.pop(signal, None) is not None:
            self.refused[signal] = error

    def drop(self, contents: Collection[bytes], without: Collection[bytes] = ()) -> None:
        from focusmesh.ids import digest

        for signal, packet in list(self.waiting.items()):
            if signal not in without and set(contents) & set(map(digest, packet.contents)):
                del self.waiting[signal]


class Node:
    """A machine: its disk and its users outlive the process."""

    def __init__(self, network: Network, number: int) -> None:
        self.network, self.number = network, number
        self.key = bytes([number + 1]) * 32
        self.address = f"node-{number}"
        self.store = MemoryStore()
        self.users = Users()
        self.process: Process | None = None
        self.lies: dict[str, RequestHandler] = {}
        """Answers in the place of the true ones."""
        self.replica: Any = None
        Chain.create(self.store, network.genesis, REGISTRY)

    @property
    def contact(self) -> Contact:
        return Contact(self.key, self.address)

    def world(self) -> World[Store]:
        random = Random(f"{self.network.sim.seed} {self.number}")
        sim = self.network.sim

        def clock() -> int:
            return BEGINNING_MS + round(1_000 * sim.time.now)

        return World(clock, random.randbytes, lambda path: self.store, self.users, SameProcess())

    def start(self, contacts: Iterable[Node], *, makes_blocks: bool = False, **more: Any) -> None:
        """Begins the node's process."""
        sim = self.network.sim
        self.process = sim.process(self.address)
        transport = sim.transport(self.key, self.address, self.process)
        dialled = [node.contact for node in contacts]

        async def run() -> None:
            chain = Chain(self.store, REGISTRY)
            self.replica = Replica(
                chain,
                self.world(),
                transport,
                keys=_proposer if makes_blocks else None,
                contacts=dialled,
                **more,
            )
            true = self.replica.serving.handlers()
            self.replica.serving.handlers = lambda: true | self.lies
            await self.replica.run()

        self.process.spawn(run())

    def stop(self) -> None:
        """The process is killed."""
        assert self.process is not None
        self.process.kill()


class Network:
    """Nodes of one genesis under one seed."""

    def __init__(self, seed: int = 1, count: int = 4, **parameters: Any) -> None:
        self.sim = SimNetwork(seed)
        self.genesis: Genesis = genesis(**parameters)
        self.nodes = [Node(self, number) for number in range(count)]
        self.nonces = dict.fromkeys(KEYS, 0)

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *exception: object) -> None:
        self.sim.close()

    def start(self, **more: Any) -> None:
        """All nodes; the first one makes the blocks, and everybody dials everybody before."""
        for node in self.nodes:
            node.start(self.nodes[: node.number], makes_blocks=not node.number, **more)

    def link(self, key: SigningKey, *pairs: tuple[object, object]) -> SignedSignal:
        """A neuron's next signal, with links between names."""
        listed = [["link/1", particle(a), particle(b), b"", 10] for a, b in pairs]
        return self.signed(key, *listed)

    def signed(self, key: SigningKey, *operations: list[Any], **head: Any) -> SignedSignal:
        """A neuron's next signal."""
        fields = {
            "network": self.genesis.network,
            "neuron": key.public,
            "nonce": self.nonces[key],
            "expires_height": 250,
            "operations": list(operations),
        } | head
        self.nonces[key] += 1
        return parse(sign(Signal(**fields), key))

    def run(self, seconds: float) -> None:
        """Lets time pass."""
        self.sim.complete(asyncio.sleep(seconds), seconds + 1)
        for node in self.nodes:
            if node.process is not None:
                assert not node.process.errors, node.process.errors

    def until(self, holds: Callable[[], bool], seconds: float = 60.0) -> float:
        """Lets time pass until something holds, and says when that was."""
        for _ in range(round(seconds / 0.1)):
            if holds():
                return self.sim.time.now
            self.run(0.1)
        raise AssertionError(f"not within {seconds} s: {[self.summary()]}")

    def summary(self) -> list[object]:
        return [node.replica.status() for node in self.nodes if node.process is not None]

    def heights(self) -> list[int]:
        return [node.replica.chain.height if node.replica else -1 for node in self.nodes]

    def tips(self) -> set[bytes]:
        return {node.replica.chain.tip.id for node in self.nodes}


def _proposer(proposers: Collection[bytes]) -> SigningKey:
    assert PROPOSER.public in proposers
    return PROPOSER
