"""Decided blocks become this node's, one after the other, whether its own engine decided them or peers sent them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import BlockError, StoreError
from focusmesh.kernel.block import Body
from focusmesh.kernel.node.producer import forgotten_in
from focusmesh.kernel.node.signal_status import placed_in
from focusmesh.kernel.node.voting.engine_start import with_statement
from focusmesh.kernel.node.voting.finality import Finality

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from focusmesh.kernel.block import Block, Candidates
    from focusmesh.kernel.consensus import Decision
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.kernel.node.sync.block_fetch import Fetched
    from focusmesh.kernel.runtime import Result

MADE_KEPT = 64


class _Decided(NamedTuple):
    """A block, the ids of its signals, and the contents that they forgot."""

    block: Block
    done: list[bytes]
    forgotten: set[bytes]


class Commits:
    """``told(block)`` hears of every new block, in order, once it is durable and its signals are answered."""

    def __init__(
        self,
        candidates: Candidates,
        mempool: Mempool,
        workers: Workers,
        told: Callable[[Block], Awaitable[None]],
    ) -> None:
        self.candidates = candidates
        self.finality = Finality(asyncio.get_running_loop().time)
        self.decided_at: float | None = None
        """When the last block was decided, by the loop's time."""
        self._mempool, self._workers, self._told = mempool, workers, told
        self._words: dict[bytes, dict[bytes, str]] = {}
        self._time = asyncio.get_running_loop().time

    def note_good(self, block: bytes, results: dict[bytes, Result]) -> None:
        """A block may be voted for; ``results`` are those of signals if this node made it.

        What they say of signals that changed nothing is told once it is decided.
        """
        self.finality.note_block(block, "proposal")
        self.finality.note_block(block, "check")
        if results:
            said = {key: each.message for key, each in results.items() if each.message}
            self._words[block] = said
        while len(self._words) > MADE_KEPT:
            del self._words[next(iter(self._words))]

    async def decide(self, decision: Decision) -> bool:
        """Whether the block is here and its node's own now; where not, peers have to be asked. Raises StoreError."""
        proposal = decision.proposal
        work = partial(self._decide, proposal.subject, decision)
        try:
            decided = await self._workers.in_slot(work)
        except BlockError as error:
            if error.code != "absent":
                raise
            return False
        await self._after(decided)
        return True

    async def take(self, run: Sequence[Fetched], decision: bytes) -> None:
        """Blocks of peers, the last of which is decided so. Raises BlockError, StoreError."""
        pairs = [(fetched.block, fetched.contents) for fetched in run]
        await self._after(await self._workers.in_slot(partial(self._take, pairs, decision)))

    def _decide(self, block: bytes, decision: Decision) -> list[_Decided]:
        shown = with_statement(self.candidates.decided, decision)
        return self._read(self.candidates.decide(block, shown.to_bytes()))

    def _take(
        self, pairs: list[tuple[Block, dict[bytes, bytes]]], decision: bytes
    ) -> list[_Decided]:
        height = self.candidates.final.height
        new = [pair for pair in pairs if pair[0].header.height > height]
        return self._read(self.candidates.take(new, decision) if new else [])

    def _read(self, blocks: Sequence[Block]) -> list[_Decided]:
        bytes_max = self.candidates.parameters.block_bytes_max
        found = []
        for block in blocks:
            body = Body.decode(block.body, bytes_max)
            done = [placed.signal for placed in placed_in(block, body)]
            codes = (outcome.code for outcome in body.results)
            forgotten = forgotten_in(zip(body.signals, codes, strict=True))
            found.append(_Decided(block, done, forgotten))
        return found

    async def _after(self, decided: Sequence[_Decided]) -> None:
        for each in decided:
            self.decided_at = self._time()
            self._answer(each)
            await self._told(each.block)

    def _answer(self, decided: _Decided) -> None:
        """Whoever waits for a signal goes on when it is taken away: all else has to be done by then."""
        words = self._words.pop(decided.block.header.id, {})
        if words:
            self._mempool.fail(words)
        if decided.forgotten:
            self._mempool.drop(decided.forgotten, decided.done)
        for signal in decided.done:
            waited = self._mempool.waiting_seconds(signal)
            if waited is not None:
                self.finality.add(signal, decided.block.header.id, waited)
        self.finality.let_go(decided.block.header.id)
        self._mempool.remove(decided.done)


class Decisions:
    """What an engine decided, in order.

    ``lacks`` hears of a decision whose block has to come from peers, ``conflict`` of one against what is decided here.
    """

    def __init__(
        self,
        deciding: Commits,
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
        self._deciding.finality.note_block(decision.proposal.subject, "votes")
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
