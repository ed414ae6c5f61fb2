"""Decided blocks become this node's, one after the other, whether its own engine decided them or peers sent them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, StoreError
from focusmesh.kernel.block import Body
from focusmesh.kernel.replication.finality import Finality
from focusmesh.kernel.replication.placing import outcomes
from focusmesh.kernel.replication.producer import forgotten_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from focusmesh.kernel.block import Block, Candidates
    from focusmesh.kernel.consensus import Decision
    from focusmesh.kernel.replication.fetching import Fetched
    from focusmesh.kernel.replication.mempool import Mempool
    from focusmesh.kernel.replication.working import Workers
    from focusmesh.kernel.runtime import Result

MADE_KEPT = 64


class Deciding:
    """``told(block)`` hears of every new block, in order, once it is durable and its signals are answered."""

    def __init__(
        self,
        candidates: Candidates,
        mempool: Mempool,
        workers: Workers,
        told: Callable[[Block], Awaitable[None]],
    ) -> None:
        self.candidates = candidates
        self.finality = Finality()
        self.decided_at: float | None = None
        """When the last block was decided, by the loop's time."""
        self._mempool, self._workers, self._told = mempool, workers, told
        self._words: dict[bytes, dict[bytes, str]] = {}
        self._time = asyncio.get_running_loop().time

    def made(self, block: bytes, results: dict[bytes, Result]) -> None:
        """A block of this node: what it says of signals that changed nothing is told once it is decided."""
        self._words[block] = {key: each.message for key, each in results.items() if each.message}
        while len(self._words) > MADE_KEPT:
            del self._words[next(iter(self._words))]

    async def decide(self, decision: Decision) -> bool:
        """Whether the block is here and its node's own now; where not, peers have to be asked. Raises StoreError."""
        motion = decision.motion
        work = partial(self.candidates.decide, motion.subject, decision.to_bytes())
        try:
            blocks = await self._workers.in_turn(work)
        except BlockError as error:
            if error.code != "absent":
                raise
            return False
        await self._after(blocks)
        return True

    async def take(self, run: Sequence[Fetched], decision: bytes) -> None:
        """Blocks of peers, the last of which is decided so. Raises BlockError, StoreError."""
        pairs = [(fetched.block, fetched.contents) for fetched in run]
        await self._after(await self._workers.in_turn(partial(self._take, pairs, decision)))

    def _take(self, pairs: list[tuple[Block, dict[bytes, bytes]]], decision: bytes) -> list[Block]:
        height = self.candidates.final.height
        new = [pair for pair in pairs if pair[0].header.height > height]
        return self.candidates.take(new, decision) if new else []

    async def _after(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            self.decided_at = self._time()
            self._answer(block)
            await self._told(block)

    def _answer(self, block: Block) -> None:
        """Whoever waits for a signal goes on when it is taken away: all else has to be done by then."""
        bytes_max = self.candidates.parameters.block_bytes_max
        placed = list(outcomes(block, bytes_max))
        done = [each.signal for each in placed]
        wires = Body.decode(block.body, bytes_max).signals
        forgotten = forgotten_in(zip(wires, (each.code for each in placed), strict=True))
        words = self._words.pop(block.header.id, {})
        if words:
            self._mempool.fail(words)
        if forgotten:
            self._mempool.drop(forgotten, done)
        for signal in done:
            waited = self._mempool.waited(signal)
            if waited is not None:
                self.finality.add(waited)
        self._mempool.remove(done)


class Decisions:
    """What an engine decided, in order.

    ``lacks`` hears of a decision whose block has to come from peers, ``conflict`` of one against what is decided here.
    """

    def __init__(
        self,
        deciding: Deciding,
        before: Callable[[Decision], Awaitable[None]],
        lacks: Callable[[Decision], None],
        conflict: Callable[[Decision], None],
        trouble: Callable[[str], None],
        retry_s: float,
    ) -> None:
        self._deciding, self._before, self._lacks = deciding, before, lacks
        self._conflict = conflict
        self._trouble, self._retry_s = trouble, retry_s
        self._queue: asyncio.Queue[Decision] = asyncio.Queue()

    def put(self, decision: Decision) -> None:
        """One more."""
        self._queue.put_nowait(decision)

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            decision = await self._queue.get()
            while True:
                try:
                    await self._before(decision)
                    if not await self._deciding.decide(decision):
                        self._lacks(decision)
                except StoreError as error:
                    self._trouble(str(error))
                    await asyncio.sleep(self._retry_s)
                except BlockError:
                    # Peers gave another block of this height that is decided too.
                    self._conflict(decision)
                    break
                else:
                    self._trouble("")
                    break
