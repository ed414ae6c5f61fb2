"""The driver: a GossipCore over connections that somebody else owns, on whatever event loop there is."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from focusmesh.errors import CodecError
from focusmesh.protocol.gossip.core import GossipCore
from focusmesh.protocol.gossip.messages import decode_message
from focusmesh.protocol.gossip.outbox import Arrived, Blamed, Send, Verdict
from focusmesh.protocol.gossip.send_queues import Lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
    from typing import Any, Self

    from focusmesh.protocol.gossip.contacts import Contact
    from focusmesh.protocol.gossip.settings import GossipSettings

_LEAVING_SECONDS_MAX = 1.0


class GossipLinks(Protocol):
    """The connections of a node, as far as gossip needs them."""

    async def reach(self, contact: Contact) -> None:
        """Makes sure that there is a connection with ``contact.key``. NetworkError where there can be none."""

    async def tell(self, key: bytes, body: bytes) -> None:
        """A message to a connected peer, in order; waits while it is behind. NetworkError where it is gone."""


class Received(NamedTuple):
    """A message of somebody else's that was accepted; ``peer`` is who passed it on, not who wrote it."""

    id: bytes
    topic: str
    data: bytes
    peer: bytes


@dataclass(frozen=True)
class GossipStats:
    """Counted since the gossip began. ``duplicates`` were pushed here though they were here already."""

    neighbours: int
    eager: int
    known: int
    sent: int
    sent_bytes: int
    heard: int
    heard_bytes: int
    accepted: int
    duplicates: int
    blamed: int


class Gossip:
    """Membership and broadcast of one node.

    ``async with`` it; hand it what peers say (``hear``) and whom was lost (``lose``); then ``broadcast`` reaches
    everybody, and what others broadcast comes out of ``messages``, each message once. ``validate(topic, data, peer)``
    is asked before anything is delivered or passed on, several messages at a time; it should be quick (a signature,
    not a block). ``blame(peer, fault)`` is told of peers that break the rules, by a fault of FAULTS.
    """

    def __init__(
        self,
        me: Contact,
        links: GossipLinks,
        rng: Callable[[int], bytes],
        *,
        settings: GossipSettings | None = None,
        validate: Callable[[str, bytes, bytes], Awaitable[Verdict]] | None = None,
        blame: Callable[[bytes, str], None] | None = None,
    ) -> None:
        self._core = GossipCore(me, rng, settings)
        self._validate = validate
        self._blame = blame
        self._lines = Lines(links, self._core.settings.queue_bytes)
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._inbox: deque[Received] = deque()
        self._changed = asyncio.Event()
        self._is_over = False
        self._is_closed = False
        self._error: BaseException | None = None
        self._heard_count = 0
        self._heard_bytes = 0
        self._accepted_count = 0
        self._blamed_count = 0

    async def __aenter__(self) -> Self:
        self._start(self._tick())
        self._start(self._mend())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        # A coroutine that is thrown away, as those of a process that is killed, may not wait for anything.
        if kind is not GeneratorExit:
            await self.close()

    @property
    def neighbours(self) -> tuple[Contact, ...]:
        """Those that messages go to."""
        return self._core.neighbours

    @property
    def messages(self) -> AsyncIterator[Received]:
        """Messages of others, for one reader; ends when the gossip is closed. Unread ones hold peers up."""
        return self._read()

    async def join(self, contacts: Iterable[Contact]) -> None:
        """Joins the network that one of ``contacts`` is in, now and whenever all neighbours are lost."""
        self._core.join(contacts)
        self._carry_out()

    async def broadcast(self, topic: str, data: bytes) -> bytes:
        """Sends a message to everybody else, and returns its id; one that was sent before is not sent again.

        Returns when there is room for another, or after EASE_SECONDS_MAX where a neighbour is behind.
        InputError for an empty topic or one above TOPIC_BYTES_MAX, and for data above DATA_BYTES_MAX.
        """
        digest = self._core.publish(topic, data)
        self._carry_out()
        await self._lines.ease()
        return digest

    async def hear(self, key: bytes, body: bytes) -> None:
        """What the peer with this proved key says; returns when there is room for more. Never raises for bad bytes."""
        self._heard_count += 1
        self._heard_bytes += len(body)
        try:
            message = decode_message(body)
        except CodecError:
            self._core.blame(key, "malformed")
        else:
            self._core.receive(key, message)
        self._carry_out()
        while len(self._inbox) >= self._core.settings.received_count and not self._is_over:
            await self._next_change()

    def lose(self, key: bytes) -> None:
        """The last connection with this peer is gone."""
        self._core.lose(key)
        self._carry_out()

    def stats(self) -> GossipStats:
        """What went through, and how many are near."""
        return GossipStats(
            neighbours=len(self._core.neighbours),
            eager=len(self._core.eager),
            known=len(self._core.known_contacts),
            sent=self._lines.sent_count,
            sent_bytes=self._lines.sent_bytes,
            heard=self._heard_count,
            heard_bytes=self._heard_bytes,
            accepted=self._accepted_count,
            duplicates=self._core.duplicate_count,
            blamed=self._blamed_count,
        )

    async def close(self) -> None:
        """Says goodbye to the neighbours, within a second, and ends; raises what a validation raised."""
        if not self._is_closed:
            self._is_closed = True
            self._core.leave()
            self._carry_out()
            self._end()
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            try:
                async with asyncio.timeout(_LEAVING_SECONDS_MAX):
                    await self._lines.flush()
            except TimeoutError:
                pass  # Who does not listen finds out by the connection.
            await self._lines.close()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._error is not None:
            raise self._error

    async def _read(self) -> AsyncIterator[Received]:
        while True:
            while self._inbox:
                message = self._inbox.popleft()
                self._change()
                yield message
            if self._is_over:
                return
            await self._next_change()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._core.settings.tick_ms / 1_000)
            self._core.tick()
            self._carry_out()

    async def _mend(self) -> None:
        """Tells the core of peers that messages could not be sent to."""
        while True:
            await self._lines.woken.wait()
            self._lines.woken.clear()
            failed, slow = list(self._lines.failed), list(self._lines.slow)
            self._lines.failed.clear()
            self._lines.slow.clear()
            for key in failed:
                self._core.unreachable(key)
            for key in slow:
                self._core.blame(key, "slow")
                self._core.lose(key)
            self._carry_out()

    def _carry_out(self) -> None:
        """Does what the core wants done, and what follows from that."""
        while effects := self._core.take():
            for effect in effects:
                if isinstance(effect, Send):
                    if not self._is_over:
                        self._lines.send(*effect)
                elif isinstance(effect, Blamed):
                    self._blamed_count += 1
                    if self._blame is not None:
                        self._blame(*effect)
                elif self._validate is None:
                    self._settle(effect, Verdict.ACCEPT)
                elif not self._is_over:
                    self._start(self._judge(effect, self._validate))

    async def _judge(
        self, arrived: Arrived, validate: Callable[[str, bytes, bytes], Awaitable[Verdict]]
    ) -> None:
        verdict = await validate(arrived.topic, arrived.data, arrived.peer)
        self._settle(arrived, verdict)
        self._carry_out()

    def _settle(self, arrived: Arrived, verdict: Verdict) -> None:
        self._core.settle(arrived.id, verdict)
        if verdict is Verdict.ACCEPT:
            self._accepted_count += 1
            self._inbox.append(Received(*arrived))
            self._change()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._end_task)

    def _end_task(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and task.exception() is not None and self._error is None:
            self._error = task.exception()
            self._end()

    def _end(self) -> None:
        self._is_over = True
        self._change()

    def _change(self) -> None:
        """Wakes who waits for something in the inbox, or for room in it."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _next_change(self) -> None:
        await self._changed.wait()
