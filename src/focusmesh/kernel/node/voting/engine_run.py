"""An engine of one epoch at work: it is told what happens and that its time has come; what it says is done in order.

Vote records are durable before anything that follows them is done, many in one transaction where they come quicker than
the disk writes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError, StoreError
from focusmesh.kernel.node.voting.vote_records import Promised
from focusmesh.protocol.transport import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from focusmesh.kernel.consensus import (
        BatchedEngine,
        Decision,
        Effects,
        Equivocation,
        LeaderSlot,
        ValidationRequest,
        VoteRecord,
    )
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.voting.vote_records import VoteLog

AGAIN_S = 1.0
"""After so long it is tried again to keep vote records that a disk refused."""


@dataclass(frozen=True)
class Hands:
    """Who does what an engine says. ``inquire`` hears of a validation request at once, and gives what is done
    behind the vote records.

    ``after`` is called behind every call; ``trouble`` hears why nothing goes on, and "" when it does again.
    """

    say: Callable[[bytes | None, bytes], None]
    inquire: Callable[[ValidationRequest], Coroutine[Any, Any, None]]
    take_slot: Callable[[LeaderSlot], None]
    decided: Callable[[Decision], None]
    conflict: Callable[[Decision], None]
    accuse: Callable[[tuple[Equivocation, ...]], None]
    after: Callable[[], None]
    trouble: Callable[[str], None]


class VoteLogSlot:
    """One vote log, one thing after the other, beside the loop."""

    def __init__(self, book: VoteLog, workers: Workers) -> None:
        self.book = book
        self._workers = workers
        self._turn = asyncio.Lock()

    async def do(self, work: Callable[[], None]) -> None:
        """Raises StoreError."""
        async with self._turn:
            await self._workers.beside(work)


class EngineRun:
    """``call`` from the loop alone; ``run`` until it is cancelled. ``refused`` counts notices by why."""

    def __init__(self, engine: BatchedEngine, epoch: int, book: VoteLogSlot, hands: Hands) -> None:
        self.engine = engine
        self.epoch = epoch
        self.refused: Counter[str] = Counter()
        self.votes = 0
        """Vote records that it made since it began."""
        self._book, self._hands = book, hands
        self._time = asyncio.get_running_loop().time
        self._waiting: list[tuple[Effects, list[Coroutine[Any, Any, None]]]] = []
        self._news, self._moved = asyncio.Event(), asyncio.Event()
        self._is_over = False
        self._tasks = Tasks()

    @property
    def now(self) -> int:
        """Milliseconds of the clock that the engine is told of."""
        return round(1_000 * self._time())

    async def run(self) -> None:
        """Begins, and goes on until it is cancelled."""
        try:
            await self._tasks.run(self._pump())
        finally:
            self._close()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Beside the engine, and ends with it."""
        self._tasks.start(work)

    def trouble(self, words: str) -> None:
        """Says why nothing goes on."""
        self._hands.trouble(words)

    def stop(self) -> None:
        """Nothing is told to it any more, and ``run`` ends."""
        self._is_over = True
        self._news.set()

    def hear(self, sender: bytes, notice: bytes) -> bool:
        """Whether the engine took what came from a validator."""
        try:
            self.take(self.engine.deliver(self.now, sender, notice))
        except ProofError as error:
            self.refused[error.code] += 1
            return False
        return True

    def take(self, effects: Effects) -> None:
        """Sees to what the engine said just now."""
        if self._is_over:
            return
        beside = [self._hands.inquire(inquiry) for inquiry in effects.inquiries]
        self._waiting.append((effects, beside))
        self._news.set()
        self._moved.set()
        self._hands.after()

    async def _pump(self) -> None:
        self._tasks.start(self._tick())
        self.take(self.engine.begin(self.now))
        while not self._is_over:
            await self._news.wait()
            self._news.clear()
            taken, self._waiting = self._waiting, []
            vote_records = [each for effects, _ in taken for each in effects.vote_records]
            if vote_records:
                await self._keep(vote_records)
            for effects, beside in taken:
                self._do(effects, beside)

    async def _keep(self, vote_records: list[VoteRecord]) -> None:
        promised = [Promised(self.epoch, vote_record) for vote_record in vote_records]
        self.votes += len(vote_records)
        while True:
            try:
                await self._book.do(partial(self._book.book.keep, promised))
            except StoreError as error:
                self._hands.trouble(str(error))
                await asyncio.sleep(AGAIN_S)
            else:
                self._hands.trouble("")
                return

    def _do(self, effects: Effects, beside: list[Coroutine[Any, Any, None]]) -> None:
        hands = self._hands
        for notice in effects.notices:
            hands.say(notice.to, notice.data)
        for work in beside:
            self._tasks.start(work)
        for turn in effects.turns:
            hands.take_slot(turn)
        for decision in effects.decisions:
            hands.decided(decision)
        for decision in effects.conflicts:
            hands.conflict(decision)
        if effects.evidence:
            hands.accuse(effects.evidence)

    async def _tick(self) -> None:
        while True:
            self._moved.clear()
            due = self.engine.deadline
            wait_s = None if due is None else max(due - self.now, 1) / 1_000
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._moved.wait()
            due = self.engine.deadline
            if due is not None and self.now >= due:
                self.take(self.engine.tick(self.now))

    def _close(self) -> None:
        for _, beside in self._waiting:
            for work in beside:
                work.close()
