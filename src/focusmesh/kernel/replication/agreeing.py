"""A node where voters agree: one engine an epoch, if a voter's key is here; what is decided becomes the chain's.

Who has no such key follows by syncing alone, and so does a voter until it is where its peers are: only then it votes.
A voter without its pledges (a new disk) begins with the next epoch: it may have voted in this one.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from focusmesh.errors import ProofError, StoreError
from focusmesh.kernel.consensus import Cut, Decision, Quorum, accuse
from focusmesh.kernel.replication.accusing_voters import AccusingVoters
from focusmesh.kernel.replication.agreement import AgreementStatus
from focusmesh.kernel.replication.beginnings import last_decision
from focusmesh.kernel.replication.cards import Cards, VoterCard
from focusmesh.kernel.replication.deciding import Decisions
from focusmesh.kernel.replication.engine_run import BookTurn, EngineRun, Hands
from focusmesh.kernel.replication.engines import begun_engine
from focusmesh.kernel.replication.laning import Laning
from focusmesh.kernel.replication.lines import VoterLines
from focusmesh.kernel.replication.moving import Moving
from focusmesh.kernel.replication.packet_reading import PacketReader
from focusmesh.kernel.replication.pledges import PledgeBook
from focusmesh.kernel.replication.trimming import Trimming
from focusmesh.kernel.replication.voter_questions import VoterQuestions
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.transport import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine

    from focusmesh.kernel.block import Block, Candidates
    from focusmesh.kernel.consensus import Electorate, Inquiry
    from focusmesh.kernel.replication.agreement import AgreementSettings
    from focusmesh.kernel.replication.deciding import Deciding
    from focusmesh.kernel.replication.mempool import Mempool
    from focusmesh.kernel.replication.peers import Peers
    from focusmesh.kernel.replication.working import Workers
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.world import World

    VoterKey = Callable[[Collection[bytes]], SigningKey | None]


class Agreeing:
    """``run`` until it is cancelled. ``trouble`` is why nothing goes on, "" otherwise."""

    def __init__(
        self,
        candidates: Candidates,
        votes: Store,
        voter: VoterKey,
        world: World[Store],
        peers: Peers,
        mempool: Mempool,
        workers: Workers,
        deciding: Deciding,
        catch_up: Callable[[], None],
        caught_up: asyncio.Event,
        settings: AgreementSettings,
        *,
        alone_s: float,
        block_s: float,
    ) -> None:
        """``voter`` gives the key of one of the voters in its argument, if it is here; ``catch_up`` asks peers."""
        self.candidates, self.chain = candidates, candidates.decided
        self.settings = settings
        self.trouble = self._fork = ""
        self.cards = Cards(self.chain.network)
        self.accusing = AccusingVoters(self.chain, mempool)
        self.lines = VoterLines(peers, self.cards, self._hear, self._got)
        self.questions = VoterQuestions(
            peers, self.cards, self.chain.parameters, self._body_of, self._moved_of
        )
        self.moving: Moving | None = None
        """While this node votes."""
        self._run: EngineRun | None = None
        self._key: SigningKey | None = None
        self._laning: Laning | None = None
        self._world, self._peers, self._mempool, self._workers = world, peers, mempool, workers
        self._deciding, self._catch_up, self._caught_up = deciding, catch_up, caught_up
        self._voter, self._alone_s, self._block_s = voter, alone_s, block_s
        self._book = BookTurn(PledgeBook(votes), workers)
        self._trimming = Trimming(self.chain, self._book, workers)
        self._reader = PacketReader(self.chain, world.pool)
        self._lacks = 0
        self._time = asyncio.get_running_loop().time
        self._epoch_over = asyncio.Event()
        self._decisions = Decisions(
            deciding,
            self._before,
            self._missed,
            self._conflict,
            self._say_trouble,
            settings.stale_s / 2,
        )
        self._tasks: Tasks

    # What others ask of it.

    @property
    def follows(self) -> bool:
        """Whether blocks of peers are to be fetched: they do not come by its own engine, or not any more."""
        if self._run is None or self._lacks > self.chain.height:
            return True
        last = self._deciding.decided_at
        return last is None or self._time() - last > self.settings.stale_s

    def status(self) -> AgreementStatus:
        """How it stands now."""
        electorate, run = self._electorate(), self._run
        mine = [] if run is None or self._key is None else [self._key.public]
        here = tuple(dict.fromkeys([*mine, *self.lines.present()]))
        engine = None if run is None else run.engine
        last = self._deciding.decided_at
        return AgreementStatus(
            self.chain.epoch,
            engine.round if isinstance(engine, Quorum) else 0,
            run is not None,
            0 if run is None else run.votes,
            here,
            electorate.total,
            electorate.weight_of(here),
            len(self.accusing.guilty),
            None if last is None else self._time() - last,
            {} if run is None else dict(run.refused),
        )

    def reached(self, decision: bytes) -> None:
        """Blocks of peers became this node's; the last one was decided so."""
        if self.moving is not None:
            self.moving.changed()
        if decision and self._run is not None:
            engine, found = self._run.engine, Decision.from_bytes(decision)
            if isinstance(engine, Quorum) and found.motion.epoch == self._run.epoch:
                with suppress(ProofError):
                    self._run.take(engine.hear(self._run.now, found))
        self._note_height()

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        self._tasks = Tasks()
        await self._tasks.run(self._main())

    async def _main(self) -> None:
        self._expect_voters()
        for work in (self.lines.run(), self._decisions.run(), self._keep_feeding()):
            self._tasks.start(work)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._alone_s):
                await self._caught_up.wait()
        while True:
            self._epoch_over.clear()
            self._expect_voters()
            run = await self._began()
            if run is not None:
                self._tasks.start(run.run())
            await self._epoch_over.wait()
            if run is not None:
                self._run = self.moving = self._laning = None
                run.stop()

    # Epochs.

    def _electorate(self) -> Electorate:
        electorate = self.chain.electorate
        assert electorate is not None, "where nobody votes nobody agrees"
        return electorate

    def _expect_voters(self) -> None:
        self.cards.expect(self._electorate().weights)
        key = self._voter(self._electorate().weights)
        self._key = key
        if key is None:
            return
        transport = self._peers.transport
        here = Contact(transport.key, transport.address)
        self.cards.add(
            VoterCard.signed(self.chain.network, here, max(self._world.clock(), 0), key).encode()
        )

    async def _began(self) -> EngineRun | None:
        """The engine of this epoch at work; None where this node has no vote in it."""
        epoch, key = self.chain.epoch, self._key
        if key is None or not await self._may_vote(epoch):
            return None
        decision = await self._workers.in_turn(partial(last_decision, self.chain, epoch))
        book, electorate = self._book.book, self._electorate()
        kept = await self._workers.beside(partial(book.pledges, epoch))
        moved = [] if decision is None else await self._workers.beside(book.moved)
        by = self.settings.pace, self._world.rng
        engine = begun_engine(self.chain, electorate, epoch, key, decision, moved, kept, *by)
        return self._at_work(engine, epoch, key)

    def _at_work(self, engine: Quorum, epoch: int, key: SigningKey) -> EngineRun:
        moving = self.moving = Moving(
            self.candidates,
            self._reader,
            self._workers,
            self._world.clock,
            key,
            self.questions.body_of,
            self.lines.push,
            self._block_s,
        )
        moving.on_made = self._deciding.made
        hands = Hands(
            say=partial(self._say, epoch),
            inquire=self._inquire,
            take_turn=moving.take_turn,
            decided=self._decisions.put,
            conflict=self._conflict,
            accuse=self.accusing.add,
            after=self._after_call,
            trouble=self._say_trouble,
        )
        run = self._run = moving.run = EngineRun(engine, epoch, self._book, hands)
        mine = key.public, tuple(self._electorate().weights), lambda: run.now
        least_ms = round(1_000 * self.settings.batch_s)
        self._laning = Laning(self.chain, self._mempool, *mine, least_ms, self._reader.note)
        for data in self._book.book.moved():
            moving.keep(data)
        self._tasks.start(self._beside(run, key))
        return run

    async def _beside(self, run: EngineRun, key: SigningKey) -> None:
        """What goes on for as long as an engine does."""
        tasks = Tasks()

        async def until_over() -> None:
            tasks.start(self.accusing.run(key))
            tasks.start(self._seek_cuts(run))
            while self._run is run:
                await asyncio.sleep(self.settings.look_s)

        await tasks.run(until_over())

    async def _may_vote(self, epoch: int) -> bool:
        """Whether this node has all votes of its voter in an epoch, or there were none."""
        book = self._book.book
        since = await self._workers.beside(book.since)
        if since is None:
            fresh = not self.chain.height or self.settings.forgets
            if not fresh:
                # It may have voted in epochs that this chain has yet to reach.
                await self._caught_up.wait()
            since = epoch if fresh else self.chain.epoch + 1
            await self._book.do(partial(book.begin, since))
        if since > epoch:
            self._say_trouble(
                f"this voter has no pledges of epoch {epoch} here, and may have voted in it: it votes from epoch "
                f"{since} on"
            )
        return since <= epoch

    def _note_height(self) -> None:
        if self._run is None or self.chain.epoch != self._run.epoch:
            self._epoch_over.set()

    # What the engine is told, and says.

    def _say(self, epoch: int, voter: bytes | None, notice: bytes) -> None:
        self.lines.say(voter, epoch, notice)

    def _hear(self, voter: bytes, epoch: int, notice: bytes) -> bool:
        run = self._run
        if run is None or epoch != run.epoch:
            if epoch > self.chain.epoch:
                self._catch_up()
            return True
        return run.hear(voter, notice)

    def _got(self, block: bytes, body: bytes) -> None:
        if self.moving is not None:
            self.moving.got(block, body)

    def _body_of(self, block: bytes) -> bytes | None:
        return None if self.moving is None else self.moving.body(block)

    def _moved_of(self, name: bytes) -> bytes | None:
        return None if self.moving is None else self.moving.data.get(name)

    def _inquire(self, inquiry: Inquiry) -> Coroutine[Any, Any, None]:
        """What the cut of a motion brings is read now: it is let go of when the motion is decided."""
        run, moving = self._run, self.moving
        assert run is not None, "an engine asks"
        assert moving is not None, "an engine asks"
        engine: Any = run.engine
        cut = Cut(engine.cut_of(inquiry.digest), inquiry.data).to_bytes()
        moving.keep(cut)
        datas = None
        if inquiry.motion.round > engine.root.round:
            with suppress(ProofError):
                datas = engine.signals(engine.cut_of(inquiry.digest), inquiry.motion.parent)
        return moving.judge(inquiry, datas)

    def _after_call(self) -> None:
        if self.moving is not None:
            self.moving.read_ahead()
            self.moving.look()

    def _say_trouble(self, words: str) -> None:
        self.trouble = self._fork or words

    def _conflict(self, decision: Decision) -> None:
        """More than a third of the weight lied: nobody can go on; what proves it is kept, and told."""
        self.trouble = self._fork = (
            f"another block {decision.motion.height} than this node's was decided: more than a third of votes lied; "
            "this voter has stopped"
        )
        if self._run is not None and isinstance(self._run.engine, Quorum):
            self.accusing.add(accuse(self._run.engine.certificates()))
            self._run.stop()

    # Decisions.

    async def _before(self, decision: Decision) -> None:
        """What travelled with a decided motion is durable before its block is: an engine begins with both."""
        moving = self.moving
        if moving is None:
            return
        judged = moving.judging.get(decision.certificate.ballot.value)
        if judged is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.settings.stale_s):
                    await asyncio.shield(judged)
        data = moving.data.get(decision.motion.data)
        if data is not None:
            await self._book.do(partial(self._book.book.keep_moved, data))

    def _missed(self, decision: Decision) -> None:
        """A decided block is not here."""
        self._lacks = max(self._lacks, decision.motion.height)
        self._catch_up()

    def passed_over(self) -> list[bytes]:
        """Signals of this voter that a decided block left out since this was last asked."""
        return [] if self._laning is None else self._laning.passed_over()

    def made_by_us(self, block: Block) -> bool:
        """Whether this node's voter made a block: then it tells everybody."""
        return self._key is not None and block.header.proposer == self._key.public

    async def decided(self, block: Block) -> None:
        """A block became this node's."""
        moving, laning, run = self.moving, self._laning, self._run
        if moving is not None and laning is not None:
            laning.passed(moving.signals.pop(block.header.id, ()))
            moving.changed()
        if run is not None:
            await self._trimming.decided(run, block.header.height)
        self.feed()
        self._note_height()

    async def _seek_cuts(self, run: EngineRun) -> None:
        """Asks for what travelled with a decided motion, where that came another way."""
        engine: Any = run.engine
        while True:
            await asyncio.sleep(self.settings.look_s)
            motion = engine.lacking
            if motion is None:
                continue
            data = await self.questions.moved(motion.data)
            if data is None or engine.lacking is not motion or self.moving is None:
                continue
            self.moving.keep(data)
            with suppress(StoreError):
                await self._book.do(partial(self._book.book.keep_moved, data))
            if engine.lacking is motion and self._laning is not None:
                run.take(engine.settle(run.now, data))
                self._laning.restart()

    async def _keep_feeding(self) -> None:
        while True:
            await asyncio.sleep(self.settings.look_s)
            self.feed()

    def feed(self) -> None:
        """What may go into this voter's lane goes there."""
        run, laning = self._run, self._laning
        due = [] if laning is None else laning.due()
        if run is not None and due:
            engine: Any = run.engine
            run.take(engine.add(run.now, due))
