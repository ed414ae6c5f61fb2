"""A simulated machine: a disk, a clock, a letterbox, a node that runs on them, dies, and begins again."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

from focusmesh.errors import AgreementChangedError, NetworkError, StoreError
from focusmesh.kernel.block import Candidates, Chain, read_book_name
from focusmesh.kernel.node import (
    AgreedParts,
    AtOnce,
    NetworkJoin,
    Replica,
    ReplicaSettings,
    VoteLog,
    begin_book,
    mark_unknown,
)
from focusmesh.kernel.simulation.disks import MachineDisk
from focusmesh.kernel.simulation.letterbox import Letterbox
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.world import SameProcess, World

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.simulation import Process, SimNetwork

BEGINNING_MS = 1_700_000_000_000
AGAIN_S = 1.0
"""A node that ended because its disk failed is begun again after so long."""
_REOPEN_S = 0.01
"""And so soon one whose network goes on under others."""
_SETTINGS = ReplicaSettings(look_s=0.2)
"""A look at users' signals costs no virtual time, and as much real time as anywhere."""


class Machine:
    """One of the machines of a network. ``key`` proves its transport; ``ledger`` is the id of the network's genesis."""

    def __init__(
        self,
        network: SimNetwork,
        number: int,
        ledger: bytes,
        registry: Registry,
        *,
        proposer: SigningKey | None,
        recovers: bool,
        validator: SigningKey | None = None,
    ) -> None:
        self.number, self.name = number, f"node{number}"
        self.key = SigningKey(Random(f"transport {network.seed} {number}").randbytes(32))
        self.contact = Contact(self.key.public, self.name)
        self.contacts: Sequence[Contact] = ()
        self.letterbox = Letterbox()
        self.disk = MachineDisk(lambda fault: network.fault(fault, self.name), recovers=recovers)
        self.votes = MachineDisk(lambda fault: network.fault(fault, self.name), recovers=recovers)
        """The disk of a validator's vote records."""
        self.skew_ms = 0
        self.lives = 0
        self.hands_over = False
        """Whether its node ended since others decide blocks now: the next one begins a book of votes where none is."""
        self.is_retired = False
        """Whether it is down for good."""
        self.process: Process | None = None
        self.replica: Replica | None = None
        self._network, self._registry, self._proposer = network, registry, proposer
        self._validator = validator
        self._ledger = ledger

    @property
    def is_alive(self) -> bool:
        return self.process is not None and not self.process.is_dead

    @property
    def chain(self) -> Chain | None:
        """The chain of the node that runs now."""
        return self.replica.chain if self.is_alive and self.replica is not None else None

    @property
    def validator_key(self) -> bytes:
        """The public key of its validator; nothing where it has none."""
        return b"" if self._validator is None else self._validator.public

    @property
    def disks(self) -> list[MachineDisk]:
        """All that it writes to."""
        return [self.disk] if self._validator is None else [self.disk, self.votes]

    def begin(self) -> None:
        """Begins a node on what the disk has; does nothing beside one that lives."""
        if self.is_alive or self.is_retired:
            return
        self.lives += 1
        self.replica = None
        self.process = self._network.process(f"{self.name}.{self.lives}")
        self._network.note("begins", self.process.name)
        self.process.spawn(self._run(self.process))

    async def _run(self, process: Process) -> None:
        try:
            await self._replicate(process)
        except AgreementChangedError as change:
            # As the command does, which goes on in its process.
            self._network.note("ends", process.name, change)
            self.hands_over = True
            process.kill()
            self._network.outside.call_later(_REOPEN_S, self.begin)
        except StoreError as error:
            self._network.note("ends", process.name, error)
            process.kill()
            self._network.outside.call_later(AGAIN_S, self.begin)
        except Exception as error:
            process.fails(f"{error!r} ends the node")
        else:
            process.fails("the node ends by itself")

    async def _replicate(self, process: Process) -> None:
        store = self.disk.open(process)
        world: World[Store] = World(
            lambda: BEGINNING_MS + round(self._network.time.now * 1_000) + self.skew_ms,
            Random(f"chance {self._network.seed} {process.name}").randbytes,
            lambda path: store,
            self.letterbox.open(process),
            SameProcess(),
        )
        chain = await self._chain(process, store, world)
        self._admit_loss(store, chain)
        agreed = None
        if chain.validator_set is not None:
            candidates = Candidates(store, self._registry, world.pool)
            votes = self.votes.open(process)
            if self.hands_over and VoteLog(votes).name() is None:
                begin_book(store, VoteLog(votes), world.rng)
            agreed = AgreedParts(candidates, votes, self._validator_of)
            chain = candidates.decided
        transport = self._network.transport(self.key.public, self.name, process)
        async with transport:
            self.replica = Replica(
                chain,
                world,
                transport,
                keys=self._keys() if agreed is None else None,
                contacts=self.contacts,
                settings=_SETTINGS,
                agreed=agreed,
            )
            await self.replica.run()

    def _admit_loss(self, store: Store, chain: Chain) -> None:
        """Who lost everything before block 1 may have voted for it: `node join --may-have-voted`."""
        if self._validator is None or not self.disk.was_lost or chain.height:
            return
        with store.read() as reader:
            said = read_book_name(reader)
        if said is None:
            mark_unknown(store)

    def _validator_of(self, validators: Collection[bytes]) -> SigningKey | None:
        return (
            self._validator
            if self._validator is not None and self._validator.public in validators
            else None
        )

    async def _chain(self, process: Process, store: Store, world: World[Store]) -> Chain:
        """The chain on the disk, or the one that comes of the peers where a disk was lost."""
        try:
            return Chain(store, self._registry, world.pool)
        except StoreError:
            if not self.disk.was_lost:
                raise
        # Nobody knows the key and the address of who joins: by turns by a snapshot, and from the first block on.
        key = Random(f"joining {self._network.seed} {process.name}").randbytes(32)
        async with self._network.transport(key, f"{process.name} joins", process) as transport:
            attempt = self.lives
            while True:
                attempt += 1
                joining = NetworkJoin(transport, self.contacts, self._ledger, AtOnce())
                try:
                    await joining.connect()
                    genesis = await joining.genesis()
                    if attempt % 2 and self.disk.is_empty:
                        return Chain.create(store, genesis, self._registry, world.pool)
                    return await joining.restore(store, genesis, self._registry, world.pool)
                except NetworkError as error:
                    self._network.note("cannot join", self.name, error)
                    if attempt % 2 and not self.disk.is_empty:
                        # As the command does for whoever asks for all blocks where no peer has a snapshot any more.
                        self.disk.lose()
                        raise StoreError("what an attempt by snapshot left is removed") from error
                    await asyncio.sleep(AGAIN_S)
                finally:
                    await joining.close()

    @property
    def may_lose_disk(self) -> bool:
        """Whether the network goes on without what only this machine knows."""
        return self._proposer is None and (self._validator is None or self.number == 1)

    def _keys(self) -> Callable[[Collection[bytes]], SigningKey] | None:
        proposer = self._proposer
        return None if proposer is None else lambda _: proposer
