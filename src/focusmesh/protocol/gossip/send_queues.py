"""What waits to be sent to each peer: in order, bounded, carried by a task for as long as there is something."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError
from focusmesh.protocol.gossip.messages import Announce, Push, encode_message, message_id

if TYPE_CHECKING:
    from focusmesh.protocol.gossip.contacts import Contact
    from focusmesh.protocol.gossip.driver import GossipLinks
    from focusmesh.protocol.gossip.messages import Message

EASE_SECONDS_MAX = 1.0
"""How long peers that are behind hold up who broadcasts."""

_SMALL_BYTES = 128
"""About what a message other than a push has; an announcement more, which its ids say."""


class _Line:
    def __init__(self, contact: Contact) -> None:
        self.contact = contact
        self.waiting: deque[tuple[Message, int]] = deque()
        self.waiting_bytes = 0


class Lines:
    """Sends over ``links``. A peer that is behind gets announcements instead of pushes, one far behind is lost.

    ``failed`` has the keys that could not be reached since it was last emptied, ``slow`` those far behind; ``woken`` is
    set with either.
    """

    def __init__(self, links: GossipLinks, bytes_max: int) -> None:
        self.failed: dict[bytes, None] = {}
        self.slow: dict[bytes, None] = {}
        self.woken = asyncio.Event()
        self.sent_count = 0
        self.sent_bytes = 0
        self._links = links
        self._bytes_max = bytes_max
        self._lines: dict[bytes, _Line] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._eased = asyncio.Event()
        self._encoded: tuple[Message, bytes] | None = None

    def send(self, contact: Contact, message: Message) -> None:
        """Puts a message behind those that wait for the same peer."""
        line = self._lines.get(contact.key)
        if line is None:
            line = self._lines[contact.key] = _Line(contact)
            task = asyncio.get_running_loop().create_task(self._carry(line))
            self._tasks[task] = None
            task.add_done_callback(lambda done: self._tasks.pop(done, None))
        size = _size(message)
        if isinstance(message, Push) and line.waiting and self._is_behind(line):
            message = Announce(((message_id(message.topic, message.data), message.hops),))
            size = _size(message)
        if line.waiting_bytes + size > self._bytes_max:
            line.waiting.clear()
            line.waiting_bytes = 0
            self.slow[contact.key] = None
            self.woken.set()
            return
        line.waiting.append((message, size))
        line.waiting_bytes += size

    async def ease(self) -> None:
        """Waits while a peer is behind, but not for long: then it gets announcements."""
        try:
            async with asyncio.timeout(EASE_SECONDS_MAX):
                while any(self._is_behind(line) for line in self._lines.values()):
                    self._eased.clear()
                    await self._eased.wait()
        except TimeoutError:
            pass

    async def flush(self) -> None:
        """Waits until everything is sent, or could not be."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Drops what waits."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, line: _Line) -> None:
        key = line.contact.key
        try:
            await self._links.reach(line.contact)
            while line.waiting:
                message, size = line.waiting.popleft()
                body = self._bytes_of(message)
                await self._links.tell(key, body)
                line.waiting_bytes = max(0, line.waiting_bytes - size)
                if not self._is_behind(line):
                    self._eased.set()
                self.sent_count += 1
                self.sent_bytes += len(body)
        except NetworkError:
            self.failed[key] = None
            self.woken.set()
        finally:
            del self._lines[key]
            self._eased.set()

    def _is_behind(self, line: _Line) -> bool:
        return line.waiting_bytes > self._bytes_max // 2

    def _bytes_of(self, message: Message) -> bytes:
        """The same push goes to several peers one after the other."""
        if self._encoded is None or self._encoded[0] is not message:
            self._encoded = message, encode_message(message)
        return self._encoded[1]


def _size(message: Message) -> int:
    if isinstance(message, Push):
        return _SMALL_BYTES + len(message.data)
    if isinstance(message, Announce):
        return _SMALL_BYTES + 40 * len(message.have)
    return _SMALL_BYTES
