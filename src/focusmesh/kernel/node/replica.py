"""The node of a network: one chain, its peers, the signals that wait; it follows, and makes blocks if it has the key.

Signals of this machine's users come from the World's net and stay there until a block of this chain has them: who left
one there need not come again. Everything that peers send is checked before it counts; a fault of theirs is blamed.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from focusmesh.errors import StoreError
from focusmesh.kernel.block import Body
from focusmesh.kernel.node.admission import SignalAdmission
from focusmesh.kernel.node.executors import AtOnce
from focusmesh.kernel.node.gossip.fraud_proofs import Frauds
from focusmesh.kernel.node.gossip.gossip import NodeGossip
from focusmesh.kernel.node.gossip.signal_exchange import SignalExchange
from focusmesh.kernel.node.local_signals import LocalSignals
from focusmesh.kernel.node.mempool import Mempool, MempoolLimits
from focusmesh.kernel.node.peers import PeerLimits, Peers
from focusmesh.kernel.node.pool_review import PoolReview
from focusmesh.kernel.node.producer import Producer, check_agreement, forgotten_in
from focusmesh.kernel.node.serving.peer_answers import PeerAnswers, verify_hello
from focusmesh.kernel.node.serving.snapshots import SnapshotServer
from focusmesh.kernel.node.signal_status import outcomes
from focusmesh.kernel.node.squares import ShareServer
from focusmesh.kernel.node.sync.block_fetch import BlockFetcher
from focusmesh.kernel.node.sync.block_sync import BlockSync
from focusmesh.kernel.node.sync.missing_contents import MissingContents
from focusmesh.kernel.node.voting.agreement import AgreementSettings
from focusmesh.kernel.node.voting.commit import Commits
from focusmesh.kernel.node.voting.validator_node import ValidatorNode
from focusmesh.kernel.node.wire import Hello, read
from focusmesh.protocol.transport import Tasks, ask_one

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from focusmesh.kernel.block import Block, Candidates, Chain
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.sync.block_fetch import Fetched
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.gossip import Contact
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.transport import Connection, Scores, Transport
    from focusmesh.protocol.world import World

    Keys = Callable[[Collection[bytes]], SigningKey]
    ValidatorKey = Callable[[Collection[bytes]], SigningKey | None]


@dataclass(frozen=True)
class ReplicaSettings:
    """Times in seconds.

    ``block_s``: the least time between blocks of its own. ``look_s``: how often it looks for its users' signals.
    ``poll_s``: how often it asks a peer how far it is. ``alone_s``: how long a node that makes blocks waits at first
    for a peer that may have more of its own chain. ``patience_s``: how long a signal may wait for those before it.
    ``review_s``: how often it looks through what waits.
    """

    block_s: float = 0.05
    look_s: float = 0.05
    poll_s: float = 1.0
    alone_s: float = 5.0
    patience_s: float = 120.0
    retry_s: float = 1.0
    review_s: float = 1.0
    agreement: AgreementSettings = field(default_factory=AgreementSettings)
    mempool: MempoolLimits = field(default_factory=MempoolLimits)
    peers: PeerLimits = field(default_factory=PeerLimits)


@dataclass(frozen=True)
class AgreedParts:
    """What a node has where validators agree: ``votes`` stores its vote records, ``validator`` its key, if any."""

    candidates: Candidates
    votes: Store
    validator: ValidatorKey


@dataclass(frozen=True)
class ReplicaStatus:
    """How a node stands. ``target``: the greatest height that a peer speaks of. ``trouble``: what it waits for."""

    height: int
    target: int
    peers: tuple[bytes, ...]
    waiting: int
    makes_blocks: bool
    trouble: str


class Replica:
    """``run`` until it is cancelled; it is used once. See the module for what it does."""

    def __init__(
        self,
        chain: Chain,
        world: World[Store],
        transport: Transport,
        *,
        keys: Keys | None = None,
        contacts: Sequence[Contact] = (),
        settings: ReplicaSettings | None = None,
        workers: Workers | None = None,
        scores: Scores | None = None,
        tell: Callable[[Block], None] = lambda block: None,
        agreed: AgreedParts | None = None,
        on_fraud: Callable[[bytes, bytes], None] = lambda block, proof: None,
    ) -> None:
        """``keys`` as a Producer has them; without them the node follows. ``tell`` hears of every new block.

        ``on_fraud`` hears of every block that was proved wrong, with the proof.

        Where validators agree, ``chain`` is what is decided of the candidates in ``agreed``, and there are no ``keys``.
        Made within a running event loop. Raises what ``keys`` raises.
        """
        self.chain = chain
        self.settings = settings or ReplicaSettings()
        self.peers = Peers(
            transport, world.rng, self._greet, self.settings.peers, scores, self._handle_loss
        )
        self.caught_up = asyncio.Event()
        """Set once this node was as far as the furthest peer that it had heard of."""
        self._world = world
        self._workers: Workers = workers or AtOnce()
        self._tell = tell
        self._contacts = tuple(contact for contact in contacts if contact.key != transport.key)
        # Wall clocks are put right now and then, some of them by hours: nobody waits by them.
        waiting_ms = partial(_milliseconds, asyncio.get_running_loop().time)
        self.mempool = Mempool.of(chain, world.net, waiting_ms, self.settings.mempool)
        self._producer: Producer | None = None
        if keys is not None:
            inner = replace(world, net=self.mempool)
            patience_ms = round(1_000 * self.settings.patience_s)
            self._producer = Producer(chain, keys, inner, patience_ms, waiting_ms)
        self._trouble = ""
        self._work: Tasks
        self._make_parts(agreed, on_fraud)

    def _make_parts(
        self, agreed: AgreedParts | None, on_fraud: Callable[[bytes, bytes], None]
    ) -> None:
        chain, peers, mempool, workers = self.chain, self.peers, self.mempool, self._workers
        world, address = self._world, self.peers.transport.address
        candidates = None if agreed is None else agreed.candidates
        self.frauds = Frauds(chain, peers, workers, candidates, on_fraud)
        self.syncing = BlockSync(chain, peers, self.frauds.watch(self._accept))
        self.fetching = BlockFetcher(
            chain, peers, mempool, workers, self.syncing.sources, self.syncing.patience.note_failure
        )
        self.syncing.fetching = self.fetching
        self.admitting = SignalAdmission(chain, mempool, self.fetching, workers, world.pool)
        self.lacking = MissingContents(
            chain, peers, self.fetching, workers, world.rng, self.settings.poll_s
        )
        self.review = PoolReview(chain, mempool)
        self.local = LocalSignals(chain, mempool, workers, world.pool)
        self.snapshots = SnapshotServer(chain, workers)
        self.squares = ShareServer(chain, workers)
        self.serving = PeerAnswers(chain, mempool, address, self._handle_hello)
        self.deciding: Commits | None = None
        self.agreeing: ValidatorNode | None = None
        if agreed is not None:
            self.deciding = Commits(agreed.candidates, mempool, workers, self._handle_block)
            self.agreeing = self._make_agreeing(agreed, self.deciding)
        self.exchanging = SignalExchange(
            chain,
            peers,
            mempool,
            self.syncing,
            self.serving,
            self.admitting,
            world.rng,
            self.settings.poll_s,
            self.agreeing,
        )
        pull = self.exchanging.pull
        self.spreading = NodeGossip(
            chain, peers, mempool, self.syncing, self.admitting, workers, pull, self.frauds
        )

    def _make_agreeing(self, parts: AgreedParts, deciding: Commits) -> ValidatorNode:
        settings = self.settings
        return ValidatorNode(
            parts.candidates,
            parts.votes,
            parts.validator,
            self._world,
            self.peers,
            self.mempool,
            self._workers,
            deciding,
            self.syncing.news.set,
            self.caught_up,
            settings.agreement,
            self.frauds.prove,
            alone_s=settings.alone_s,
            block_s=settings.block_s,
        )

    async def run(self) -> None:
        """Goes on until it is cancelled. Raises what is no fault of a peer and no full disk.

        AgreementChangedError once others decide blocks than this was made for: whoever runs it makes another.
        """
        self._work = Tasks()
        parts = self.snapshots, self.squares, self.frauds, self.serving
        handlers = {name: each for part in parts for name, each in part.handlers().items()}
        if self.agreeing is not None:
            handlers |= self.agreeing.questions.handlers()
        await self._work.run(self.peers.run(handlers, self._main))

    def status(self) -> ReplicaStatus:
        """How it stands now."""
        trouble = self._trouble or (self.agreeing.trouble if self.agreeing is not None else "")
        if self.peers.unreached and not self.peers.present():
            trouble = trouble or f"no peer is reached: {next(iter(self.peers.unreached.values()))}"
        if self.syncing.is_forked:
            trouble = "two different blocks of one height were signed by who may make blocks"
        if self.syncing.invalid is not None:
            trouble = str(self.syncing.invalid)
        return ReplicaStatus(
            self.chain.height,
            self.syncing.target,
            self.peers.present(),
            len(self.mempool),
            self.makes_blocks,
            trouble,
        )

    @property
    def makes_blocks(self) -> bool:
        """Whether this node makes blocks, alone or in its turn among validators."""
        return self._producer is not None or (
            self.agreeing is not None and self.agreeing.moving is not None
        )

    async def _main(self) -> None:
        for contact in self._contacts:
            self._work.start(self.peers.keep(contact))
        self._work.start(self.spreading.run(self._contacts, self._world.rng))
        self._work.start(self.lacking.run())
        self._work.start(self.snapshots.run())
        self._work.start(self.frauds.run())
        for loop in (self._follow, self.exchanging.run, self._look, self._produce, self._review):
            self._work.start(loop())
        if self.agreeing is not None:
            self._work.start(self.agreeing.run())
        await asyncio.get_running_loop().create_future()

    async def _greet(self, connection: Connection) -> None:
        answer = await ask_one(connection, "hello", self.serving.hello().value())
        said = read(answer, Hello, "hello")
        verify_hello(said, self.chain.network)
        self.syncing.hear(connection.peer_key, said)
        if self.agreeing is not None:
            await self.agreeing.questions.greet(connection)

    def _handle_hello(self, peer: bytes, said: Hello) -> None:
        if said.address:
            self.peers.introduce(peer)
            self.syncing.hear(peer, said)

    def _handle_loss(self, peer: bytes) -> None:
        self.syncing.lose(peer)
        self.spreading.lose(peer)

    async def _follow(self) -> None:
        """Goes where the peers are, whenever one says that it is further."""
        began = asyncio.get_running_loop().time()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.settings.poll_s):
                    await self.syncing.news.wait()
            self.syncing.news.clear()
            if self.agreeing is None or self.agreeing.follows:
                await self._persisting(self.syncing.catch_up)
            is_late = asyncio.get_running_loop().time() - began > 2 * self.settings.alone_s
            if self.syncing.told and self.chain.height >= self.syncing.target:
                self.caught_up.set()
            elif is_late and self.syncing.is_level:
                # A peer that speaks of blocks which it never gives is not waited for without end.
                self.caught_up.set()

    async def _look(self) -> None:
        """Takes the signals of this machine's users, again and again."""
        while True:
            await self._persisting(self._look_once)
            await asyncio.sleep(self.settings.look_s)

    async def _look_once(self) -> None:
        votes = self.agreeing is not None and self.agreeing.moving is not None
        for packet in await self.local.look():
            if not votes:  # A validator's own batches bring them to all who need them.
                await self.spreading.signal(packet)
        if votes and self.agreeing is not None:
            self.agreeing.feed()
            for packet in self.agreeing.late():
                await self.spreading.signal(packet)
            await self.local.judge(self.agreeing.passed_over())
        elif self._producer is None and self.caught_up.is_set():
            await self.local.judge()

    async def _review(self) -> None:
        """Drops what waits in vain, again and again."""
        while True:
            await asyncio.sleep(self.settings.review_s)
            await self._persisting(self._review_once)

    async def _review_once(self) -> None:
        self.chain.check_rules()
        self._check_agreement()
        await self._workers.in_slot(self.review.run)

    async def _produce(self) -> None:
        """Makes blocks of what waits, once it is sure that its peers have no later ones of its own."""
        if self._producer is None:
            return
        if self._contacts:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.settings.alone_s):
                    await self.caught_up.wait()
        while True:
            has_work = len(self.mempool) or self._producer.is_heartbeat_due
            if has_work and self.syncing.promised <= self.chain.height:
                await self._persisting(self._step)
            await asyncio.sleep(self.settings.block_s)

    async def _step(self) -> None:
        assert self._producer is not None
        made = await self._workers.in_slot(self._producer.step)
        if made is not None and made.block is not None:
            self._tell(made.block)
            await self.spreading.block(made.block)
            self._check_agreement()

    async def _accept(self, run: Sequence[Fetched], decision: bytes) -> None:
        """Carries out blocks of a peer. Raises BlockError where one does not hold."""
        if self.deciding is None or self.agreeing is None:
            for fetched in run:
                await self._accept_one(fetched)
                self._check_agreement()
            return
        await self.deciding.take(run, decision)
        for fetched in run:
            self.lacking.add(fetched.lacking)
        self.agreeing.note_reached(decision)

    async def _handle_block(self, block: Block) -> None:
        """A block became this node's, whoever made it."""
        assert self.agreeing is not None
        self._tell(block)
        await self.agreeing.note_decided(block)
        if self.agreeing.made_by_us(block):
            await self.spreading.block(block)

    def _check_agreement(self) -> None:
        check_agreement(self.chain, is_voted=self.agreeing is not None)

    async def _accept_one(self, fetched: Fetched) -> None:
        done, forgotten = await self._workers.in_slot(partial(self._carry_out, fetched))
        if forgotten:
            self.mempool.drop(forgotten, done)
        self.mempool.remove(done)
        self.lacking.add(fetched.lacking)
        self._tell(fetched.block)

    def _carry_out(self, fetched: Fetched) -> tuple[list[bytes], set[bytes]]:
        """The signals of the block, and what they forgot."""
        self.chain.accept(fetched.block, fetched.contents)
        bytes_max = self.chain.parameters.block_bytes_max
        placed, body = list(outcomes(fetched.block, bytes_max)), fetched.block.body
        wires, codes = Body.decode(body, bytes_max).signals, [each.code for each in placed]
        return [each.signal for each in placed], forgotten_in(zip(wires, codes, strict=True))

    async def _persisting(self, work: Callable[[], Awaitable[None]]) -> None:
        """Does something, unless the disk is full or gone: then it waits a while, and says so."""
        try:
            await work()
            self._trouble = ""
        except StoreError as error:
            self._trouble = str(error)
            await asyncio.sleep(self.settings.retry_s)


def _milliseconds(clock: Callable[[], float]) -> int:
    return round(1_000 * clock())
