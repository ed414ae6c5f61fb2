"""Where validators agree: one engine an epoch, if a validator's key is here; what is decided becomes the chain's.

Who has no such key follows by syncing alone, and so does a validator until it is where its peers are: only then it
votes. A validator that lost its vote records begins with the next epoch: it may have voted in this one.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from focusmesh.errors import ProofError, StoreError
from focusmesh.kernel.consensus import BatchedEngine, Cut, Decision, accuse, epoch_of_number
from focusmesh.kernel.node.presence import jail_notice
from focusmesh.kernel.node.producer import check_agreement
from focusmesh.kernel.node.voting.accusations import Accusations
from focusmesh.kernel.node.voting.address_book import AddressBook, ValidatorCard
from focusmesh.kernel.node.voting.agreement import AgreementStatus
from focusmesh.kernel.node.voting.commit import Decisions
from focusmesh.kernel.node.voting.engine_run import EngineRun, Hands, VoteLogSlot
from focusmesh.kernel.node.voting.engine_start import last_decision, number_of
from focusmesh.kernel.node.voting.engines import begun_engine
from focusmesh.kernel.node.voting.lane_builder import LaneBuilder
from focusmesh.kernel.node.voting.packet_reader import PacketReader
from focusmesh.kernel.node.voting.proposals import Proposals
from focusmesh.kernel.node.voting.validator_channels import ValidatorChannels
from focusmesh.kernel.node.voting.validator_requests import ValidatorRequests
from focusmesh.kernel.node.voting.vote_pruning import VotePruning
from focusmesh.kernel.node.voting.vote_records import VoteLog
from focusmesh.kernel.node.voting.votes import VotePermission
from focusmesh.kernel.node.voting.wrong_blocks import WrongBlocks
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.transport import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine

    from focusmesh.kernel.block import Block, Candidates
    from focusmesh.kernel.consensus import ValidationRequest, ValidatorSet
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.kernel.node.peers import Peers
    from focusmesh.kernel.node.voting.agreement import AgreementSettings
    from focusmesh.kernel.node.voting.commit import Commits
    from focusmesh.kernel.node.voting.wrong_blocks import Prove
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.packet import Packet
    from focusmesh.protocol.world import World

    ValidatorKey = Callable[[Collection[bytes]], SigningKey | None]


class ValidatorNode:
    """``run`` until it is cancelled. ``trouble`` is why nothing goes on, "" otherwise."""

    def __init__(
        self,
        candidates: Candidates,
        votes: Store,
        validator: ValidatorKey,
        world: World[Store],
        peers: Peers,
        mempool: Mempool,
        workers: Workers,
        deciding: Commits,
        catch_up: Callable[[], None],
        caught_up: asyncio.Event,
        settings: AgreementSettings,
        prove: Prove,
        *,
        alone_s: float,
        block_s: float,
    ) -> None:
        """``validator`` gives the key of one of the validators in its argument, if here; ``catch_up`` asks peers."""
        self.candidates, self.chain = candidates, candidates.decided
        self.settings = settings
        self.trouble, self._fork, self.cards = "", "", AddressBook(self.chain.network)
        self.accusing = Accusations(self.chain, mempool)
        self.lines = ValidatorChannels(peers, self.cards, self._hear, self._got)
        self.questions = ValidatorRequests(
            peers, self.cards, self.chain.parameters, self._body_of, self._moved_of
        )
        self.moving: Proposals | None = None
        """While this node votes."""
        self._run: EngineRun | None = None
        self._key: SigningKey | None = None
        self._laning: LaneBuilder | None = None
        self._world, self._peers, self._mempool, self._workers = world, peers, mempool, workers
        self._deciding, self._catch_up, self._caught_up = deciding, catch_up, caught_up
        self._validator, self._alone_s, self._block_s = validator, alone_s, block_s
        book = self._book = VoteLogSlot(VoteLog(votes), workers)
        self._trimming = VotePruning(self.chain, book, workers)
        given = self.chain, candidates.store, book, workers, caught_up, world.rng
        self._permission = VotePermission(*given, forgets=settings.forgets)
        reader = self._reader = PacketReader(self.chain, world.pool)
        self._wrong = WrongBlocks(candidates, workers, reader, prove, self.accusing.add_wrong)
        self._lacks, self._time = 0, asyncio.get_running_loop().time
        self._epoch_over = asyncio.Event()
        told = self._before, self._handle_missing, self._conflict, self._say_trouble
        self._decisions = Decisions(deciding, *told, settings.stale_s / 2)
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
        validator_set, run = self.chain.validator_set, self._run
        mine = [] if run is None or self._key is None else [self._key.public]
        here = tuple(dict.fromkeys([*mine, *self.lines.present()]))
        last = self._deciding.decided_at
        return AgreementStatus(
            self.chain.epoch,
            0 if run is None else run.engine.round_told,
            run is not None,
            0 if run is None else run.votes,
            here,
            0 if validator_set is None else validator_set.total,
            0 if validator_set is None else validator_set.weight_of(here),
            len(self.accusing.guilty),
            None if last is None else self._time() - last,
            {} if run is None else dict(run.refused),
            self.accusing.count_jailed(),
        )

    def note_reached(self, decision: bytes) -> None:
        """Blocks of peers became this node's; the last one was decided so."""
        if self.moving is not None:
            self.moving.look_again()
        if decision and self._run is not None:
            found = Decision.from_bytes(decision)
            if found.proposal.epoch == self._run.epoch:
                with suppress(ProofError):
                    self._run.take(self._run.engine.hear(self._run.now, found))
        self._note_height()

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        self._tasks = Tasks()
        await self._tasks.run(self._main())

    async def _main(self) -> None:
        self._expect_validators()
        for work in (self.lines.run(), self._decisions.run(), self._keep_feeding()):
            self._tasks.start(work)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._alone_s):
                await self._caught_up.wait()
        while True:
            self._epoch_over.clear()
            self.chain.check_rules()
            check_agreement(self.chain, is_voted=True)
            self._expect_validators()
            run = await self._began()
            if run is not None:
                self._tasks.start(run.run())
            await self._epoch_over.wait()
            if run is not None:
                self._run = self.moving = self._laning = None
                run.stop()

    def _validator_set(self) -> ValidatorSet:
        validator_set = self.chain.validator_set
        assert validator_set is not None, "where nobody votes nobody agrees"
        return validator_set

    def _expect_validators(self) -> None:
        self.cards.expect(self._validator_set().weights)
        key = self._key = self._validator(self._validator_set().weights)
        if key is None:
            self._say_trouble(jail_notice(self.chain, self._validator))
            return
        transport = self._peers.transport
        here = Contact(transport.key, transport.address)
        self.cards.add(
            ValidatorCard.sign(self.chain.network, here, max(self._world.clock(), 0), key).encode()
        )

    async def _began(self) -> EngineRun | None:
        """The engine of this epoch at work; None where this node has no vote in it."""
        epoch, key = await self._workers.in_slot(partial(number_of, self.chain)), self._key
        if key is None or not await self._may_vote(epoch):
            return None
        decision = await self._workers.in_slot(partial(last_decision, self.chain, epoch))
        book, validator_set = self._book.book, self._validator_set()
        kept = await self._workers.beside(partial(book.vote_records, epoch))
        moved = [] if decision is None else await self._workers.beside(book.proposal_data)
        by = self.settings.pace, self._world.rng
        engine = begun_engine(self.chain, validator_set, epoch, key, decision, moved, kept, *by)
        return self._at_work(engine, epoch, key)

    def _run_of(self, engine: BatchedEngine, epoch: int, moving: Proposals) -> EngineRun:
        hands = Hands(
            say=partial(self._say, epoch),
            inquire=self._request_validation,
            take_slot=moving.take_slot,
            decided=self._decisions.put,
            conflict=self._conflict,
            accuse=self.accusing.add,
            after=self._after_call,
            trouble=self._say_trouble,
        )
        return EngineRun(engine, epoch, self._book, hands)

    def _at_work(self, engine: BatchedEngine, epoch: int, key: SigningKey) -> EngineRun:
        moving = self.moving = Proposals(
            self.candidates,
            self._reader,
            self._workers,
            self._world.clock,
            key,
            self.questions.body_of,
            self.lines.push,
            self._block_s,
            partial(self._run_of, engine, epoch),
            self._deciding.note_good,
            lambda signals: laning.doubt(signals),
        )
        run = self._run = moving.run
        mine = key.public, tuple(self._validator_set().weights), lambda: run.now
        least_ms = round(1_000 * self.settings.batch_s)
        laning = self._laning = LaneBuilder(
            self.chain,
            self._mempool,
            *mine,
            least_ms,
            self._reader.note,
            self.lines.present,
            lambda signal: signal in moving.weigher.elsewhere,
            self._deciding.finality.note_batched,
        )
        for data in self._book.book.proposal_data():
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
        """Whether this node has all votes of its validator in an epoch, or there were none."""
        refusal = await self._permission.refusal(epoch)
        if refusal:
            self._say_trouble(refusal)
        return not refusal

    def _note_height(self) -> None:
        if self._run is None or number_of(self.chain) != self._run.epoch:
            self._epoch_over.set()

    # What the engine is told, and says.

    def _say(self, epoch: int, validator: bytes | None, notice: bytes) -> None:
        self.lines.say(validator, epoch, notice)

    def _hear(self, validator: bytes, epoch: int, notice: bytes) -> bool:
        run = self._run
        if run is None or epoch != run.epoch:
            if epoch_of_number(epoch) > self.chain.epoch:
                self._catch_up()
            return True
        return run.hear(validator, notice)

    def _got(self, block: bytes, body: bytes) -> None:
        if self.moving is not None:
            self.moving.got(block, body)

    def _body_of(self, block: bytes) -> bytes | None:
        return None if self.moving is None else self.moving.body(block)

    def _moved_of(self, name: bytes) -> bytes | None:
        return None if self.moving is None else self.moving.data.get(name)

    def _request_validation(self, inquiry: ValidationRequest) -> Coroutine[Any, Any, None]:
        """What the cut of a proposal brings is read now: it is let go of when the proposal is decided."""
        run, moving = self._run, self.moving
        assert run is not None, "an engine asks"
        assert moving is not None, "an engine asks"
        engine = run.engine
        self._deciding.finality.note_block(inquiry.proposal.subject, "proposal")
        cut = Cut(engine.cut_of(inquiry.digest), inquiry.data).to_bytes()
        moving.keep(cut)
        datas = None
        if engine.is_open(inquiry.proposal):
            with suppress(ProofError):
                datas = engine.signals(engine.cut_of(inquiry.digest), inquiry.proposal.parent)
        return self._wrong.judge(moving, inquiry, datas)

    def _after_call(self) -> None:
        if self.moving is not None:
            self._wrong.look(self.moving.run.engine)
            self.moving.look_ahead()
            self.moving.look()

    def _say_trouble(self, words: str) -> None:
        self.trouble = self._fork or words

    def _conflict(self, decision: Decision) -> None:
        """More than a third of the weight lied: nobody can go on; what proves it is kept, and told."""
        self.trouble = self._fork = (
            f"another block {decision.proposal.height} than this node's was decided: more than a third of votes lied; "
            "this validator has stopped"
        )
        if self._run is not None:
            self.accusing.add(accuse(self._run.engine.certificates()))
            self._run.stop()

    async def _before(self, decision: Decision) -> None:
        """What travelled with a decided proposal is durable before its block is: an engine begins with both."""
        moving = self.moving
        if moving is None:
            return
        judged = moving.judging.get(decision.certificate.ballot.value)
        if judged is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.settings.stale_s):
                    await asyncio.shield(judged)
        data = moving.data.get(decision.proposal.data)
        if data is not None:
            await self._book.do(partial(self._book.book.keep_moved, data))

    def _handle_missing(self, decision: Decision) -> None:
        """A decided block is not here."""
        self._lacks = max(self._lacks, decision.proposal.height)
        self._catch_up()

    def passed_over(self) -> list[bytes]:
        """Signals of this validator that a decided block left out since this was last asked."""
        return [] if self._laning is None else self._laning.passed_over()

    def late(self) -> list[Packet]:
        """Signals of this machine's users that no block has had for a while: others are to know of them."""
        return [] if self._laning is None else self._laning.late()

    def made_by_us(self, block: Block) -> bool:
        """Whether this node's validator made a block: then it tells everybody."""
        return self._key is not None and block.header.proposer == self._key.public

    async def note_decided(self, block: Block) -> None:
        """A block became this node's."""
        moving, laning, run = self.moving, self._laning, self._run
        if moving is not None and laning is not None:
            laning.pass_over(moving.signals.pop(block.header.id, ()))
            moving.look_again()
        if run is not None:
            await self._trimming.note_decided(run, block.header.height)
        self.feed()
        self._note_height()

    async def _seek_cuts(self, run: EngineRun) -> None:
        """Asks for what travelled with a decided proposal, where that came another way."""
        engine = run.engine
        while True:
            await asyncio.sleep(self.settings.look_s)
            proposal = engine.lacking
            if proposal is None:
                continue
            data, moving = await self.questions.proposal_data(proposal.data), self.moving
            if data is None or engine.lacking is not proposal or moving is None:
                continue
            moving.keep(data)
            with suppress(StoreError):
                await self._book.do(partial(self._book.book.keep_moved, data))
            if engine.lacking is proposal and self._laning is not None:
                run.take(engine.settle(run.now, data))
                self._laning.restart()

    async def _keep_feeding(self) -> None:
        while True:
            await asyncio.sleep(self.settings.look_s)
            self.feed()

    def feed(self) -> None:
        """What may go into this validator's lane goes there."""
        run, laning, moving = self._run, self._laning, self.moving
        if run is not None and moving is not None and moving.is_heartbeat_due:
            run.take(run.engine.rouse(run.now))
        due = [] if laning is None else laning.due()
        if run is not None and due:
            run.take(run.engine.add(run.now, due))
