"""A false peer: it has a key of its own, says that it is further than everybody, and answers with lies."""

from __future__ import annotations

import asyncio
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from focusmesh.errors import FocusmeshError, NetworkError
from focusmesh.ids import digest
from focusmesh.kernel.simulation.lies import (
    false_headers,
    flip_bit,
    forged_packet,
    impostors_block,
    signals_of,
    touched_packet,
)
from focusmesh.protocol.codec import encode
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.transport import Requests, Tasks, answers, ask_one

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import Any

    from focusmesh.kernel.block import Block
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.simulation.machine import Machine
    from focusmesh.kernel.simulation.schedule import Fault
    from focusmesh.kernel.simulation.users import Users
    from focusmesh.protocol.packet import Packet
    from focusmesh.protocol.simulation import Process, SimConnection, SimNetwork

GARBAGE, HEADERS, SIGNALS = "garbage", "forged header", "replayed signal"
_NAMES = ("hello", "genesis", "headers", "body", "contents", "pool", "packets", "shares", "x")
_AHEAD = 3


class Forger:
    """One false peer, for one fault."""

    def __init__(
        self,
        network: SimNetwork,
        machines: Sequence[Machine],
        users: Users,
        registry: Registry,
        fault: Fault,
    ) -> None:
        self._network, self._machines, self._users = network, machines, users
        self._registry, self._fault = registry, fault
        self._random = Random(f"forger {network.seed} {fault.number}")
        self._key = SigningKey(self._random.randbytes(32))
        self._address = f"forger{fault.number}"
        self._blocks: dict[int, Block] = {}

    def begin(self) -> Process:
        """Its process, which goes on until somebody ends it."""
        process = self._network.process(self._address)
        process.spawn(self._run(process))
        return process

    async def _run(self, process: Process) -> None:
        tasks = Tasks()

        async def main() -> None:
            for node in self._fault.nodes:
                tasks.start(self._meet(process, self._machines[node]))
            await asyncio.get_running_loop().create_future()

        await tasks.run(main())

    async def _meet(self, process: Process, machine: Machine) -> None:
        """Lies to a node under one name after the other: a peer that was found out is not let in again."""
        for name in count():
            key = self._random.randbytes(32)
            address = f"{self._address}.{machine.name}.{name}"
            async with self._network.transport(key, address, process) as transport:
                try:
                    connection = await transport.connect(machine.key.public, machine.name)
                    await self._lie(connection, machine)
                except NetworkError:
                    await asyncio.sleep(0.5)

    async def _lie(self, connection: SimConnection, machine: Machine) -> None:
        handlers = {name: answers(getattr(self, f"_{name}", self._garbage)) for name in _NAMES}
        requests, tasks = Requests(handlers), Tasks()

        async def main() -> None:
            tasks.start(requests.serve(connection))
            while not connection.over:
                await asyncio.sleep(0.2)
                if self._fault.kind == GARBAGE:
                    await self._pester(connection)
                else:
                    await ask_one(connection, "hello", self._said(machine))

        await tasks.run(main())

    async def _pester(self, connection: SimConnection) -> None:
        self._network.fault(GARBAGE)
        draw = self._random.random()
        if draw < 0.3:
            connection.send_datagram(self._random.randbytes(100))
            return
        stream = await connection.open_stream()
        body: Any = self._random.choice([None, 7, -1, "x", [1] * 9, [b"\0" * 32] * 3, {"a": []}])
        first = encode([self._random.choice(_NAMES), body]) if draw < 0.7 else b"\xff\0garbage"
        await stream.send(first)
        if self._random.random() < 0.5:
            stream.reset()
        else:
            await stream.finish()

    def _said(self, machine: Machine) -> list[Any]:
        """What it says of itself to a machine."""
        chain = machine.chain
        height = chain.height if chain is not None else 0
        ahead = _AHEAD if self._fault.kind == HEADERS else 0
        waiting = 5 if self._fault.kind == SIGNALS else 0
        network = self._users.network
        return [1, network, height + ahead, bytes(32), 0, waiting, self._address]

    async def _hello(self, peer: bytes, body: Any) -> AsyncIterator[Any]:
        machine = next((each for each in self._machines if each.key.public == peer), None)
        if machine is None or self._fault.kind == GARBAGE:
            yield self._random.choice([None, [1, 2], b"hello"])
            return
        yield self._said(machine)

    async def _headers(self, peer: bytes, body: Any) -> AsyncIterator[Any]:
        if self._fault.kind == GARBAGE:
            yield [self._random.randbytes(300)]
            return
        self._network.fault(HEADERS)
        machine = next(each for each in self._machines if each.key.public == peer)
        block = self._forge(machine)
        if block is not None and self._random.random() < 0.6:
            self._blocks[block.header.height] = block
            yield [encode([block.header_bytes, block.proof, b""])]
            return
        chain = self._machines[0].chain or machine.chain
        if chain is not None:
            yield false_headers(chain, max(1, min(int(body[0]), chain.height)), self._random)

    def _forge(self, machine: Machine) -> Block | None:
        """The block after those of a machine, of signals that wait anywhere, signed by nobody who may."""
        waiting = [packet for each in self._machines for packet in each.letterbox.waiting.values()]
        try:
            signals = signals_of(waiting)
            return impostors_block(machine.disk.kept, self._registry, signals, self._key)
        except FocusmeshError:
            return None

    async def _body(self, peer: bytes, body: Any) -> AsyncIterator[Any]:
        block = self._blocks.get(body) if isinstance(body, int) else None
        chain = self._machines[0].chain
        if block is not None:
            yield [0, True, block.body]
        elif chain is not None and isinstance(body, int) and 0 < body <= chain.height:
            self._network.fault("forged body")
            yield [0, True, flip_bit(chain.block(body).body, self._random)]

    async def _pool(self, peer: bytes, body: Any) -> AsyncIterator[Any]:
        yield [packet.id for packet in self._replay()]

    async def _packets(self, peer: bytes, body: Any) -> AsyncIterator[Any]:
        known = {packet.id: packet for packet in self._replay()}
        for number, signal in enumerate(body):
            packet = known.get(signal)
            if packet is not None:
                self._network.fault(SIGNALS)
                yield [number, True, packet.encode()]

    async def _contents(self, peer: bytes, body: Any) -> AsyncIterator[Any]:
        for number, name in enumerate(body):
            yield [number, True, digest(name)]

    async def _garbage(self, peer: bytes, body: Any) -> AsyncIterator[Any]:
        yield self._random.randbytes(20)

    def _replay(self) -> list[Packet]:
        """Signals that were sent before, some with a bit changed; and ones that nobody sent, of others' nonces."""
        random = Random(f"replayed {self._fault.number}")
        sent = list(self._users.sent.values())
        old = [
            touched_packet(packet, random) if random.random() < 0.3 else packet
            for packet in sent[:40]
        ]
        return old + [
            forged_packet(packet, self._key, ahead) for packet in sent[-5:] for ahead in (0, 1)
        ]
