"""Blocks between a turn and a decision: made of a cut by whoever leads, judged by everybody else.

What travels with a motion is ``[header, proof, body]``, the body left out where it is long: then it goes before the
motion on the voters' lines, and whoever missed it asks for it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.errors import (
    BlockError,
    CodecError,
    NetworkError,
    ProofError,
    StoreError,
)
from focusmesh.ids import digest
from focusmesh.kernel.block import Block, check_data_root
from focusmesh.kernel.consensus import Cut, Quorum, data_digest
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from focusmesh.kernel.block import Candidates, Header, Proposed
    from focusmesh.kernel.consensus import Inquiry, Tip, Turn
    from focusmesh.kernel.replication.engine_run import EngineRun
    from focusmesh.kernel.replication.packet_reading import Carried, PacketReader
    from focusmesh.kernel.replication.working import Workers
    from focusmesh.kernel.runtime import Result
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import SignedSignal

MOTION_BYTES_MAX = 60_000
"""What travels with a motion at most, its cut included; longer bodies go by themselves."""
AHEAD_MS_MAX = 10_000
"""Nobody votes for a block whose time is further ahead of its own clock, before it is not."""
BODIES_KEPT = DATA_KEPT = 64
LATE_KEPT = 8
AGAIN_S = 0.2
FIRST_S = 0.05
_HALVINGS = (64, 32, 16, 8, 4, 2, 1)


class Moved(NamedTuple):
    """What travels with a motion, read."""

    block: Block
    has_body: bool

    @classmethod
    def read(cls, data: bytes) -> Moved:
        """Raises BlockError, ProofError ``"motion"``."""
        try:
            header, proof, body = decode(data, depth_max=1)
            if {type(header), type(proof)} != {bytes} or type(body) not in (bytes, type(None)):
                raise CodecError("its parts have other types")
        except (CodecError, TypeError, ValueError) as error:
            raise ProofError("motion", f"no block travels with this motion: {error}") from error
        return cls(Block.decode(header, proof, body or b""), body is not None)


class Moving:
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
    ) -> None:
        """``clock`` is the time in ms since 1970; ``least_s`` seconds lie between two blocks of one leader."""
        self._candidates, self._reader, self._workers = candidates, reader, workers
        self._clock, self._key, self._ask, self._push = clock, key, ask, push
        self._least_s = least_s
        self.run: EngineRun
        self.on_made: Callable[[bytes, dict[bytes, Result]], None] = lambda block, results: None
        self.judging: dict[bytes, asyncio.Future[None]] = {}
        """Motions that are being judged now."""
        self.signals: dict[bytes, list[bytes]] = {}
        """Ids of the signals that the cut of an open block brings, by its id."""
        self.data: dict[bytes, bytes] = {}
        """What travelled with open motions, by the digest that they have of it."""
        self._bodies: dict[bytes, bytes] = {}
        self._late: dict[bytes, tuple[Block, tuple[Tip, ...]]] = {}
        """By parent: the last block that was made or found good here, and the cut that it is of."""
        self._turn: Turn | None = None
        self._is_making = False
        self._last = 0.0
        self._changed = asyncio.Event()

    # What came.

    def got(self, block: bytes, body: bytes) -> None:
        """A body that somebody pushed; whether it is the right one is seen when it is judged."""
        self._bodies.setdefault(block, body)
        while len(self._bodies) > BODIES_KEPT:
            del self._bodies[next(iter(self._bodies))]

    def body(self, block: bytes) -> bytes | None:
        """For who asks for it."""
        return self._bodies.get(block)

    def keep(self, data: bytes) -> None:
        """What travelled with a motion; the last DATA_KEPT of them stay."""
        self.data[data_digest(data)] = data
        while len(self.data) > DATA_KEPT:
            del self.data[next(iter(self.data))]

    def changed(self) -> None:
        """Blocks were decided, or came another way: what waited for them looks again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def read_ahead(self) -> None:
        """Reads what new batches have: when a block of it comes, its signatures are checked."""
        engine: Any = self.run.engine
        fresh = engine.pool.fresh()
        if fresh:
            self.run.start(self._read(fresh))

    async def _read(self, datas: list[bytes]) -> None:
        await self._workers.in_turn(partial(self._reader.read, datas))

    # Judging.

    async def judge(self, inquiry: Inquiry, datas: list[bytes] | None) -> None:
        """Tells the engine whether a block is good. ``datas``: the packets of its cut; None where it is past."""
        done = self.judging[inquiry.digest] = asyncio.get_running_loop().create_future()
        try:
            good = await self._judged(inquiry, datas)
            if good is not None:
                run = self.run
                run.take(run.engine.judged(run.now, inquiry.digest, good))
        finally:
            del self.judging[inquiry.digest]
            done.set_result(None)

    async def _judged(self, inquiry: Inquiry, datas: list[bytes] | None) -> bool | None:
        try:
            block, has_body = Moved.read(inquiry.data)
        except (BlockError, ProofError):
            return False
        if (block.header.id, block.header.height) != (
            inquiry.motion.subject,
            inquiry.motion.height,
        ):
            return False
        if not await self._until(block.header, inquiry.parent):
            return None
        if not has_body:
            body = await self._body(block, inquiry.proposer)
            if body is None:
                return None
            block = Block(block.header, block.header_bytes, block.proof, body)
        self.got(block.header.id, block.body)
        return await self._held(block, inquiry, datas)

    async def _body(self, block: Block, proposer: bytes) -> bytes | None:
        """The body that a header names; None when the block's height is decided before somebody gave it."""
        while block.header.height > self._candidates.final.height:
            pushed = self._bodies.pop(block.header.id, None)
            try:
                if pushed is not None:
                    check = partial(
                        check_data_root, block.header, pushed, self._candidates.parameters
                    )
                    await self._workers.beside(check)
                    return pushed
            except BlockError:
                self.run.refused["body"] += 1
            try:
                return await self._ask(proposer, block)
            except NetworkError:
                await asyncio.sleep(AGAIN_S)
        return None

    async def _held(self, block: Block, inquiry: Inquiry, datas: list[bytes] | None) -> bool | None:
        """Carries a block out, once its parent is here."""
        while True:
            changed = self._changed
            try:
                good = await self._workers.in_turn(partial(self._judge, block, inquiry, datas))
            except StoreError as error:
                self.run.trouble(str(error))
                await asyncio.sleep(AGAIN_S)
                continue
            if good is not None:
                return good
            await changed.wait()

    def _judge(self, block: Block, inquiry: Inquiry, datas: list[bytes] | None) -> bool | None:
        """None while its parent is not here."""
        candidates, header = self._candidates, block.header
        if header.height <= candidates.final.height:
            return candidates.decided.header(header.height).id == header.id
        if inquiry.parent != candidates.final.id and candidates.block(inquiry.parent) is None:
            return None
        if datas is None:
            return None
        carried = self._reader.read(datas)
        try:
            candidates.judge(block, inquiry.parent, *_given(carried))
        except BlockError as error:
            self.run.refused[f"block {error.code}"] += 1
            return False
        self.signals[header.id] = [each.signed.id for each in carried]
        with suppress(ProofError):
            self._remember(block, Cut.from_bytes(self.data.get(inquiry.motion.data, b"")).tips)
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

    def take_turn(self, turn: Turn) -> None:
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

    def _is_due(self, turn: Turn) -> bool:
        engine = self.run.engine
        if not isinstance(engine, Quorum):
            return True
        if engine.round != turn.round:
            self._turn = None
            return False
        base = engine.base
        return engine.lacking is None and engine.cut() != engine.cut_of(base)

    async def _make(self, turn: Turn) -> None:
        try:
            loop = asyncio.get_running_loop()
            if self._moves_again(turn):
                return
            await asyncio.sleep(max(self._last + self._least_s - loop.time(), 0.0))
            await self._decided(turn.parent)
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

    async def _decided(self, parent: bytes) -> None:
        """Gives the parent a moment to be decided: its users would wait for this block else."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_S):
                while self._candidates.final.id != parent:
                    await self._changed.wait()

    def _moves_again(self, turn: Turn) -> bool:
        """Whether a block that came too late for an earlier round was moved: nobody has to carry it out once more."""
        found = self._late.get(turn.parent)
        if found is None or self._candidates.block(found[0].header.id) is None:
            return False
        engine: Any = self.run.engine
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

    async def _moves(self, turn: Turn, batches_max: int) -> bool:
        """Whether a block of so many batches of a lane was made, and moved."""
        engine: Any = self.run.engine
        cut = engine.cut(batches_max, 1 if batches_max == 1 else None)
        datas = engine.signals(cut, engine.base)
        try:
            made = await self._workers.in_turn(partial(self._made, turn, datas))
        except BlockError as error:
            if error.code in ("too-large", "body") and batches_max > 1:
                return False
            self.run.refused[f"turn {error.code}"] += 1
            if error.code == "absent":
                # Its parent is decided and on its way here.
                await self._changed.wait()
            return True
        if made.block is None:
            return True
        self.on_made(made.block.header.id, made.results)
        self._remember(made.block, cut)
        self._move(turn, made.block, cut)
        return True

    def _made(self, turn: Turn, datas: list[bytes]) -> Proposed:
        carried = self._reader.read(datas)
        signals, contents = _given(carried)
        made = self._candidates.make(turn.parent, signals, self._clock(), self._key, contents)
        if made.block is not None:
            self.signals[made.block.id] = [each.id for each in signals]
        return made

    def _move(self, turn: Turn, block: Block, cut: tuple[Tip, ...]) -> None:
        run, name = self.run, block.header.id
        self.got(name, block.body)
        data = encode([block.header_bytes, block.proof, block.body])
        if len(Cut(cut, data).to_bytes()) > MOTION_BYTES_MAX:
            self._push(name, block.body)
            data = encode([block.header_bytes, block.proof, None])
        self._turn = None
        self.keep(Cut(cut, data).to_bytes())
        engine: Any = run.engine
        run.take(engine.propose(run.now, turn.round, name, data, cut))


def _given(carried: Sequence[Carried]) -> tuple[list[SignedSignal], dict[bytes, bytes]]:
    """Signals, and their contents by digest."""
    contents = {digest(each): each for one in carried for each in one.contents}
    return [each.signed for each in carried], contents
