"""Blocks between a turn and a decision: made of a cut by whoever leads, judged by everybody else.

With a proposal travels ``[header, proof, body]``, a long body before it on the validators' lines: who missed it asks.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, NetworkError, ProofError, StoreError
from focusmesh.kernel.admission import first_of_cut
from focusmesh.kernel.block import VERSION_CHANGING, Block, check_data_root
from focusmesh.kernel.consensus import BatchedEngine, Cut, data_digest, epoch_of_number
from focusmesh.kernel.node.heartbeat import is_heartbeat_due
from focusmesh.kernel.node.voting.packet_reader import BatchWeigher
from focusmesh.kernel.node.voting.proposal_data import Moved, is_empty, split_carried
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from focusmesh.kernel.block import Candidates, Header, Inclusion
    from focusmesh.kernel.consensus import LeaderSlot, Tip, ValidationRequest
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.voting.engine_run import EngineRun
    from focusmesh.kernel.node.voting.packet_reader import PacketReader
    from focusmesh.kernel.runtime import Result
    from focusmesh.protocol.identity import SigningKey

MOTION_BYTES_MAX = 60_000
"""What travels with a proposal at most, its cut included; longer bodies go by themselves."""
AHEAD_MS_MAX = 10_000
"""Nobody votes for a block whose time is further ahead of its own clock, before it is not."""
BODIES_KEPT = DATA_KEPT = 64
SIGNALS_KEPT = 256
"""Of so many open blocks it is known what their cuts bring: as many as are kept of those that were judged."""
LATE_KEPT = 8
AGAIN_S, FIRST_S, OPEN_S = 0.2, 0.05, 0.25
"""``OPEN_S``: where a parent is not decided after so long, a block without signals is made, and voted for."""
_HALVINGS = (64, 32, 16, 8, 4, 2, 1)


class Proposals:
    """The blocks of one epoch. ``ask(proposer, id)`` gives a body that did not come, as often as it is asked."""

    def __init__(
        self,
        candidates: Candidates,
        reader: PacketReader,
        workers: Workers,
        clock: Callable[[], int],
        key: SigningKey,
        ask: Callable[[bytes, Block], Awaitable[bytes]],
        push: Callable[[bytes, bytes], None],
        least_s: float,
        begin: Callable[[Proposals], EngineRun],
        on_good: Callable[[bytes, dict[bytes, Result]], None],
        on_barren: Callable[[list[bytes]], None],
    ) -> None:
        """``clock`` is the time in ms since 1970; ``least_s`` seconds lie between two blocks of one leader.

        ``begin`` makes the run of the engine that these blocks are of, out of what is here. ``on_good`` hears of each
        good block, and what its signals came to if it was made here, ``on_barren`` of own signals that bring nothing.
        """
        self._candidates, self._reader, self._workers = candidates, reader, workers
        self._clock, self._key, self._ask, self._push = clock, key, ask, push
        self._least_s, self._on_good = least_s, on_good
        self.judging: dict[bytes, asyncio.Future[None]] = {}
        """Proposals that are being judged now."""
        self.signals: dict[bytes, list[bytes]] = {}
        """Ids of the signals that the cut of an open block brings, by its id."""
        self.data: dict[bytes, bytes] = {}
        """What travelled with open proposals, by the digest that they have of it."""
        self._bodies: dict[bytes, bytes] = {}
        self._late: dict[bytes, tuple[Block, tuple[Tip, ...]]] = {}
        """By parent: the last block that was made or found good here, and the cut that it is of."""
        self.weigher = BatchWeigher(reader, workers, key.public, on_barren)
        self._fruitless: tuple[bytes | None, tuple[Tip, ...]] | None = None
        """A proposal, and a cut that makes no block with a signal after it."""
        self._turn: LeaderSlot | None = None
        self._is_making, self._last = False, 0.0
        self._changed = asyncio.Event()
        self.run = begin(self)

    def got(self, block: bytes, body: bytes) -> None:
        """A body that somebody pushed; whether it is the right one is seen when it is judged."""
        self._bodies.setdefault(block, body)
        while len(self._bodies) > BODIES_KEPT:
            del self._bodies[next(iter(self._bodies))]

    def body(self, block: bytes) -> bytes | None:
        """For who asks for it."""
        return self._bodies.get(block)

    def keep(self, data: bytes) -> None:
        """What travelled with a proposal; the last DATA_KEPT of them stay."""
        self.data[data_digest(data)] = data
        while len(self.data) > DATA_KEPT:
            del self.data[next(iter(self.data))]

    def look_again(self) -> None:
        """Blocks were decided, or came another way: what waited for them looks again."""
        self._changed.set()
        self._changed = asyncio.Event()
        self.look_ahead()

    def look_ahead(self) -> None:
        """Has new batches read: when a block of one comes, its signatures are checked."""
        self.weigher.look(self.run, self._candidates.final.id)

    # Judging.

    async def judge(self, inquiry: ValidationRequest, datas: list[bytes] | None) -> bool | None:
        """Tells the engine whether a block is good. ``datas``: the packets of its cut; None where it is past."""
        done = self.judging[inquiry.digest] = asyncio.get_running_loop().create_future()
        try:
            good = await self._validate(inquiry, datas)
            if good:
                self._on_good(inquiry.proposal.subject, {})
            if good is not None:
                run, wanted = self.run, await self._is_wanted(inquiry)
                run.take(run.engine.judge(run.now, inquiry.digest, good, wanted))
            return good
        finally:
            if self.judging.get(inquiry.digest) is done:
                del self.judging[inquiry.digest]
            done.set_result(None)

    async def _is_wanted(self, inquiry: ValidationRequest) -> bool:
        """Whether this validator votes for a block, if it is good: not for one without a signal that nothing needs.

        Such a block is needed to decide its parent, to go on in a lane that is crowded, or to come to what a block had
        no room for. It is valid all the same: where a quorum decides it, this node follows.
        """
        is_late = False
        with suppress(BlockError, ProofError):
            block = Moved.read(inquiry.data).block
            if not is_empty(block):
                return True
            is_late = self._is_heartbeat(block.header.time)
        await self._wait_for_parent(inquiry.parent, OPEN_S)
        engine = self.run.engine
        cut, before = engine.cut_of(inquiry.digest), engine.cut_of(inquiry.proposal.parent)
        return (
            inquiry.parent != self._candidates.final.id
            or is_late
            or engine.is_crowded(inquiry.proposer, cut, before)
            or (cut != before and engine.leaves_some(cut))
        )

    async def _validate(self, inquiry: ValidationRequest, datas: list[bytes] | None) -> bool | None:
        try:
            block, has_body = Moved.read(inquiry.data)
        except (BlockError, ProofError):
            return False
        named = inquiry.proposal.subject, inquiry.proposal.height
        if (block.header.id, block.header.height) != named:
            return False
        self.run.engine.note_block(block.header.id, ends_epoch=block.header.ends_epoch)
        if not await self._until(block.header, inquiry.parent):
            return None
        if not has_body:
            body = await self._body(block, inquiry)
            if body is None:
                return None
            block = Block(block.header, block.header_bytes, block.proof, body)
        self.got(block.header.id, block.body)
        return await self._execute(block, inquiry, datas)

    async def _body(self, block: Block, inquiry: ValidationRequest) -> bytes | None:
        """The body that a header names; None when it is of no use any more before somebody gave it."""
        engine, candidates = self.run.engine, self._candidates
        while block.header.height > candidates.final.height and not engine.has_let_go(inquiry):
            pushed = self._bodies.pop(block.header.id, None)
            try:
                if pushed is not None:
                    params = self._candidates.parameters
                    check = partial(check_data_root, block.header, pushed, params)
                    await self._workers.beside(check)
                    return pushed
            except BlockError:
                self.run.refused["body"] += 1
            try:
                return await self._ask(inquiry.proposer, block)
            except NetworkError:
                await asyncio.sleep(AGAIN_S)
        return None

    async def _execute(
        self, block: Block, inquiry: ValidationRequest, datas: list[bytes] | None
    ) -> bool | None:
        """Carries a block out, once its parent is here."""
        while True:
            changed = self._changed
            try:
                good = await self._workers.in_slot(partial(self._judge, block, inquiry, datas))
            except StoreError as error:
                self.run.trouble(str(error))
                await asyncio.sleep(AGAIN_S)
                continue
            if good is not None:
                return good
            await changed.wait()

    def _judge(
        self, block: Block, inquiry: ValidationRequest, datas: list[bytes] | None
    ) -> bool | None:
        """None while its parent is not here."""
        candidates, header = self._candidates, block.header
        if header.height <= candidates.final.height:
            return candidates.decided.header(header.height).id == header.id
        if inquiry.parent != candidates.final.id and candidates.block(inquiry.parent) is None:
            return None
        if datas is None:
            return None
        if header.version >= VERSION_CHANGING and header.epoch != self._epoch:
            self.run.refused["block epoch"] += 1
            return False
        carried = self._reader.read(datas)
        try:
            candidates.judge(block, inquiry.parent, *split_carried(carried), choose=first_of_cut)
        except BlockError as error:
            if error.code == "weights":
                return None  # It joined a moment ago: others decide this one.
            self.run.refused[f"block {error.code}"] += 1
            return False
        self.signals[header.id] = [each.signed.id for each in carried]
        while len(self.signals) > SIGNALS_KEPT:
            del self.signals[next(iter(self.signals))]
        with suppress(ProofError):
            if not is_empty(block):
                cut = Cut.from_bytes(self.data.get(inquiry.proposal.data, b""))
                self._remember(block, cut.tips)
        return True

    async def _until(self, header: Header, parent: bytes) -> bool:
        """Until a block's time is that of its parent, or not far ahead; False when its height is decided before."""
        while (ahead := header.time - self._clock() - AHEAD_MS_MAX) > 0:
            before = self._candidates.block(parent)
            if header.time <= (self._candidates.final if before is None else before.header).time:
                return True
            if header.height <= self._candidates.final.height:
                return False
            await asyncio.sleep(min(ahead / 1_000, 1.0))
        return True

    # Making.

    def take_slot(self, turn: LeaderSlot) -> None:
        """A block is wanted of this node."""
        self._turn = turn
        self.look()

    def look(self) -> None:
        """Begins to make the block that is wanted, if there is something new to make it of."""
        turn = self._turn
        if turn is None or self._is_making or not self._is_due(turn):
            return
        self._is_making = True
        self.run.start(self._make(turn))

    @property
    def is_heartbeat_due(self) -> bool:
        """Whether an empty block is to follow the last decided one by now."""
        return self._is_heartbeat(self._clock())

    def _is_heartbeat(self, time: int) -> bool:
        candidates = self._candidates
        return is_heartbeat_due(candidates.parameters, candidates.final, time)

    @property
    def _epoch(self) -> int:
        return epoch_of_number(self.run.epoch)

    def _is_due(self, turn: LeaderSlot) -> bool:
        engine = self.run.engine
        if engine.round != turn.round:
            self._turn = None
            return False
        if engine.lacking is not None:
            return False
        return self._has_news(engine) or self._may_be_empty(engine, turn, engine.cut())

    def _has_news(self, engine: BatchedEngine) -> bool:
        """Whether a block of what is here may have a signal."""
        found = engine.base, engine.cut()
        return found[1] != engine.cut_of(engine.base) and found != self._fruitless

    def _may_be_empty(self, engine: BatchedEngine, turn: LeaderSlot, cut: tuple[Tip, ...]) -> bool:
        """Whether a block is needed even if it has no signal: see ``_is_wanted``."""
        before = engine.cut_of(engine.base)
        is_crowded = engine.is_crowded(self._key.public, cut, before)
        return turn.parent != engine.root.subject or is_crowded or self.is_heartbeat_due

    async def _make(self, turn: LeaderSlot) -> None:
        try:
            loop = asyncio.get_running_loop()
            if self._moves_again(turn):
                return
            await asyncio.sleep(max(self._last + self._least_s - loop.time(), 0.0))
            await self._wait_for_parent(turn.parent)
            await self._news(self.run.engine, turn)
            for batches_max in _HALVINGS:
                if not self._is_due(turn) or await self._moves(turn, batches_max):
                    break
            self._last = loop.time()
        except StoreError as error:
            self.run.trouble(str(error))
            await asyncio.sleep(AGAIN_S)
        finally:
            self._is_making = False
        self.look()

    async def _news(self, engine: BatchedEngine, turn: LeaderSlot) -> None:
        """Gives a block without signals a moment to become needless."""
        until = self.run.now + 1_000 * OPEN_S
        while self.run.now < until and self._is_due(turn) and not self._has_news(engine):
            await asyncio.sleep(FIRST_S / 5)

    async def _wait_for_parent(self, parent: bytes, seconds: float = FIRST_S) -> None:
        """Gives the parent a moment to be decided: its users would wait for this block else."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._candidates.final.id != parent:
                    await self._changed.wait()

    def _moves_again(self, turn: LeaderSlot) -> bool:
        """Whether a block that came too late for an earlier round was moved: nobody has to carry it out once more."""
        found = self._late.get(turn.parent)
        if found is None or self._candidates.block(found[0].header.id) is None:
            return False
        engine = self.run.engine
        numbers = {tip.author: tip.number for tip in found[1]}
        before = engine.cut_of(engine.base)
        if any(tip.number > numbers.get(tip.author, 0) for tip in before):
            # A parent that was moved twice may have more behind it than when its child was made.
            del self._late[turn.parent]
            return False
        self._move(turn, *found)
        return True

    def _remember(self, block: Block, cut: tuple[Tip, ...]) -> None:
        self._late[block.header.parent] = block, cut
        while len(self._late) > LATE_KEPT:
            del self._late[next(iter(self._late))]

    async def _moves(self, turn: LeaderSlot, batches_max: int) -> bool:
        """Whether a block of so many batches of a lane was made, and moved."""
        engine = self.run.engine
        cut = engine.cut(batches_max, 1 if batches_max == 1 else None)
        datas, base = engine.signals(cut, engine.base), engine.base
        # Where not all have room in a block, the first may be of batches that bring nothing.
        empty = batches_max < _HALVINGS[0] or not self._has_news(engine)
        try:
            made = await self._workers.in_slot(partial(self._build_block, turn, datas, empty))
        except BlockError as error:
            if error.code in ("too-large", "body", "weights") and batches_max > 1:
                return False
            self.run.refused[f"turn {error.code}"] += 1
            if error.code in ("absent", "epoch"):
                # Its parent is decided and on its way here, or ends the epoch and is not decided.
                await self._changed.wait()
            return True
        if made.block is None:
            self._fruitless = base, cut
            return True
        self._on_good(made.block.header.id, made.results)
        if made.results:
            self._remember(made.block, cut)
        self._move(turn, made.block, cut)
        return True

    def _build_block(self, turn: LeaderSlot, datas: list[bytes], empty: bool) -> Inclusion:
        decided = self._candidates.decided
        if decided.parameters.can_change and decided.epoch != self._epoch:
            raise BlockError("epoch", f"epoch {self._epoch} is over: its engine makes no blocks")
        carried = self._reader.read(datas)
        signals, contents = split_carried(carried)
        at = self._clock()
        made = self._candidates.make(
            turn.parent, signals, at, self._key, contents, empty=empty, choose=first_of_cut
        )
        if made.block is not None:
            self.signals[made.block.id] = [each.id for each in signals]
        return made

    def _move(self, turn: LeaderSlot, block: Block, cut: tuple[Tip, ...]) -> None:
        run, name = self.run, block.header.id
        self.got(name, block.body)
        data = encode([block.header_bytes, block.proof, block.body])
        if len(Cut(cut, data).to_bytes()) > MOTION_BYTES_MAX:
            self._push(name, block.body)
            data = encode([block.header_bytes, block.proof, None])
        self._turn = None
        self.keep(Cut(cut, data).to_bytes())
        run.engine.note_block(name, ends_epoch=block.header.ends_epoch)
        run.take(run.engine.propose(run.now, turn.round, name, data, cut))
