"""The hub of a process: it notices what is new once, however many want to know, and each hears of it at its own pace.

Nothing is kept for a subscriber but what it was told last. Whoever asks for the next event gets it of the newest
moment, so that a slow one misses what lies between, is told how much that was, and takes no memory.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from focusmesh.engine.support import parallel
from focusmesh.errors import FocusmeshError, InputError
from focusmesh.host.service.deadline import Deadline
from focusmesh.host.service.moment import verify_few
from focusmesh.host.service.particle_names import find
from focusmesh.host.service.problems import UnavailableError, problem_of
from focusmesh.host.service.subscriptions import (
    AnswerEvent,
    BlockEvent,
    BlocksWanted,
    Difference,
    Moved,
    ParticlesEvent,
    ParticlesWanted,
    QueryWanted,
    Trouble,
    particles_moved,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence

    from focusmesh.host.service.moment import Moment
    from focusmesh.host.service.questions.live import Query
    from focusmesh.host.service.records.records import BlockSummary, Name
    from focusmesh.host.service.service import Service
    from focusmesh.host.service.subscriptions import AnyAnswer, LiveEvent, Subscription

Result = TypeVar("Result")

LOG = logging.getLogger("focusmesh.live")
BLOCKS_KEPT = 64
"""How far behind a subscriber may be and still hear of every block; further behind it goes on with the newest."""
ANSWERS_KEPT = 256
"""How many different questions are answered once for all who asked them."""
_SECONDS_BETWEEN_LOOKS = 0.05


class Hub:
    """Subscriptions of one process, in one event loop. Iterate ``subscribe``; closing the iterator ends it."""

    def __init__(
        self,
        service: Service,
        moment: Callable[[], Awaitable[Moment]] | None = None,
        *,
        answer_seconds: float = 10.0,
    ) -> None:
        """``moment`` gives the newest one, prepared (default: made in a thread of the hub)."""
        self._service = service
        self._newest_moment = moment or self._make_moment
        self._answer_seconds = answer_seconds
        # One thread: however much is subscribed to, what is asked outright has the others.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="live")
        self._turn_of_thread = asyncio.Semaphore(1)
        self._answers: dict[Query, _Shared] = {}
        self._blocks: deque[BlockSummary] = deque(maxlen=BLOCKS_KEPT)
        self._tip: int | None = None
        self._moment: Moment | None = None
        self._moments_seen = 0
        self._wanting_blocks = self._wanting_moments = 0
        self._watching: asyncio.Task[None] | None = None
        self._turn = asyncio.Event()
        self._is_over = False

    @property
    def subscription_count(self) -> int:
        """How many listen now."""
        return self._wanting_blocks + self._wanting_moments

    def subscribe(self, wanted: Subscription) -> AsyncGenerator[LiveEvent, None]:
        """Events from now on, until the hub stops; ``aclose`` it to have done with it.

        The first step raises what is wrong with ``wanted``, and NotThereError for blocks where there are none.
        """
        if isinstance(wanted, BlocksWanted):
            return self._of_blocks(wanted)
        if isinstance(wanted, ParticlesWanted):
            return self._of_particles(wanted)
        return self._of_answers(wanted)

    async def stop(self) -> None:
        """Ends all subscriptions, as if there were nothing more to tell."""
        self._is_over = True
        self._wake()
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        for shared in self._answers.values():
            shared.stop()
        self._thread.shutdown(wait=False)

    async def _of_blocks(self, wanted: BlocksWanted) -> AsyncGenerator[LiveEvent, None]:
        _ = self._service.ledger  # raises where there is none
        async with self._listening(blocks=True):
            await self._look_for_blocks()
            tip = -1 if self._tip is None else self._tip
            following = 1 + (tip if wanted.after is None else min(wanted.after, tip))
            while not self._is_over:
                tip = -1 if self._tip is None else self._tip
                if following > tip:
                    await self._news()
                    continue
                behind = tip - following
                # Further behind than what is kept, one goes on with the newest.
                skipped = behind if behind >= len(self._blocks) else 0
                following += skipped
                block = self._blocks[following - tip - 1]
                following += 1
                yield BlockEvent(
                    root=block.state_root, height=block.height, block=block, skipped=skipped
                )

    async def _of_particles(self, wanted: ParticlesWanted) -> AsyncGenerator[LiveEvent, None]:
        verify_few(wanted.particles)
        told: dict[Name, Moved] = {}
        async with aclosing(self._moments()) as moments:
            async for moment, skipped in moments:
                now = await self._in_thread(partial(_standing, moment, wanted.particles))
                moved = particles_moved(told, now, wanted.threshold)
                if moved:
                    told |= {one.particle: now[one.particle] for one in moved}
                    yield ParticlesEvent(
                        root=moment.root,
                        height=moment.height,
                        bound=_bound(moment),
                        items=moved,
                        skipped=skipped,
                    )

    async def _of_answers(self, wanted: QueryWanted) -> AsyncGenerator[LiveEvent, None]:
        told: AnyAnswer | None = None
        trouble: Trouble | None = None
        async with aclosing(self._moments()) as moments:
            async for moment, skipped in moments:
                try:
                    answer = await self._answer(moment, wanted.query)
                except (FocusmeshError, OSError, MemoryError) as error:
                    if told is None:
                        raise
                    problem = problem_of(error)
                    if trouble is None or trouble.code != problem.code:
                        trouble = Trouble(code=problem.code, detail=problem.message)
                        yield AnswerEvent.of(moment, None, skipped, trouble=trouble)
                    continue
                difference = Difference(told, answer, wanted.threshold)
                if difference.is_any or trouble is not None:
                    told, trouble = answer, None
                    yield AnswerEvent.of(moment, answer, skipped, difference)

    async def _moments(self) -> AsyncGenerator[tuple[Moment, int], None]:
        """The newest moment whenever it is another one, and how many were passed over since the one before."""
        async with self._listening(blocks=False):
            self._notice(await self._newest_moment())
            seen = self._moments_seen - 1
            while not self._is_over:
                if self._moments_seen == seen or self._moment is None:
                    await self._news()
                    continue
                skipped, seen = self._moments_seen - seen - 1, self._moments_seen
                yield self._moment, skipped

    @asynccontextmanager
    async def _listening(self, *, blocks: bool) -> AsyncIterator[None]:
        if self._is_over:
            raise UnavailableError("the server is ending")
        self._wanting_blocks += blocks
        self._wanting_moments += not blocks
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._wanting_blocks -= blocks
            self._wanting_moments -= not blocks

    async def _watch(self) -> None:
        """Looks again and again while somebody listens; as long as a look took, that long it rests."""
        trouble = ""
        while self.subscription_count:
            begun, trouble_before = time.monotonic(), trouble
            trouble = ""
            try:
                if self._wanting_blocks:
                    await self._look_for_blocks()
                if self._wanting_moments:
                    self._notice(await self._newest_moment())
            except (FocusmeshError, OSError) as error:
                trouble = str(error)
            if trouble not in ("", trouble_before):
                LOG.warning("cannot look what is new: %s", trouble)
            await asyncio.sleep(max(_SECONDS_BETWEEN_LOOKS, time.monotonic() - begun))
        # Who listens next begins with what is there then.
        self._tip = None
        self._blocks.clear()

    async def _look_for_blocks(self) -> None:
        ledger = self._service.ledger
        newest = ledger.newest(wait=False)
        if newest is None or newest == self._tip:
            return
        # Some may be made while these are read.
        count = BLOCKS_KEPT if self._tip is None else newest - self._tip + 4
        page = await self._in_thread(lambda: ledger.blocks(min(count, BLOCKS_KEPT)))
        last = -1 if self._tip is None else self._tip
        new = [block for block in reversed(page.items) if block.height > last]
        if new and new[0].height != last + 1:
            self._blocks.clear()
        self._blocks.extend(new)
        self._tip = page.height
        self._wake()

    def _notice(self, moment: Moment) -> None:
        if moment is self._moment:
            return
        self._moment = moment
        self._moments_seen += 1
        self._answers.clear()
        self._wake()

    async def _news(self) -> None:
        await self._turn.wait()

    def _wake(self) -> None:
        self._turn.set()
        self._turn = asyncio.Event()

    async def _answer(self, moment: Moment, query: Query) -> AnyAnswer:
        """The answer, worked out once for all who want it, and given up when none of them is left."""
        if moment is not self._moment:
            return await self._worked_out(moment, query).result()
        shared = self._answers.get(query)
        if shared is None:
            shared = self._answers[query] = self._worked_out(moment, query)
            if len(self._answers) > ANSWERS_KEPT:
                del self._answers[next(iter(self._answers))]
        try:
            return await shared.result()
        finally:
            if not shared.is_good and self._answers.get(query) is shared:
                del self._answers[query]

    def _worked_out(self, moment: Moment, query: Query) -> _Shared:
        deadline = Deadline(self._answer_seconds)
        ask: Callable[[Moment, Deadline], AnyAnswer] = query.ask
        work = self._in_thread(partial(ask, moment, deadline))
        return _Shared(asyncio.create_task(work), deadline)

    async def _make_moment(self) -> Moment:
        def make() -> Moment:
            moment = self._service.moment()
            moment.prepare()
            return moment

        return await self._in_thread(make)

    async def _in_thread(self, call: Callable[[], Result]) -> Result:
        def call_limited() -> Result:
            with parallel.limited(1):
                return call()

        # Who gives up while waiting leaves no work behind.
        async with self._turn_of_thread:
            if self._is_over:
                raise UnavailableError("the server is ending")
            return await asyncio.wrap_future(self._thread.submit(call_limited))


class _Shared:
    """An answer that is being worked out, and how many wait for it."""

    def __init__(self, task: asyncio.Task[AnyAnswer], deadline: Deadline) -> None:
        self._task = task
        self._deadline = deadline
        self._waiting = 0
        # Nobody may be left to ask what became of it.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    @property
    def is_good(self) -> bool:
        """Whether it is there, or somebody waits for it."""
        if not self._task.done():
            return self._waiting > 0
        return not self._task.cancelled() and self._task.exception() is None

    async def result(self) -> AnyAnswer:
        """The answer, or what it failed with."""
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._task.done():
                self.stop()
                self._task.cancel()

    def stop(self) -> None:
        """Stops the work at its next step."""
        self._deadline.stop()


def _standing(moment: Moment, names: Sequence[Name]) -> dict[Name, Moved]:
    """Where each of the particles stands; nowhere, if it is not there or nothing is ranked yet."""
    standing = {}
    for name in names:
        try:
            at = find(moment.graph, name)
            ranks = moment.ranks
        except InputError:  # no such particle, or a ledger whose blocks carry no focus yet
            standing[name] = Moved(particle=name, score=None, rank=None)
        else:
            place = int(ranks.places[at]) + 1
            standing[name] = Moved(particle=name, score=float(ranks.scores[at]), rank=place)
    return standing


def _bound(moment: Moment) -> float | None:
    with suppress(InputError):
        return moment.ranks.bound
    return None
