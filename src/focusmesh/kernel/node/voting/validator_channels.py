"""What validators say to each other goes over direct lines, one a node: in order, newest kept where a line is slow.

A frame is [kind, …]: ["notice", epoch, bytes] of an engine, ["body", block id, bytes] of a block that a notice is about
to name. Whoever says it is known by the card of its validator; what comes from nodes without one is not read.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, NetworkError
from focusmesh.kernel.node.peers import NOTICES
from focusmesh.kernel.node.voting.relays import Relays
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.transport import FRAME_BYTES_MAX, Tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.node.peers import Peers
    from focusmesh.kernel.node.voting.address_book import AddressBook
    from focusmesh.protocol.gossip import Contact

LINE_BYTES_MAX = 1 << 23
"""So much waits for a slow line; then what waits longest is dropped: engines say again what still matters."""
PUSHED_BODY_BYTES_MAX = FRAME_BYTES_MAX - 4_096
"""Bodies up to here go before the proposal that names them; longer ones are asked for."""
AGAIN_S = 0.2


class _Line:
    """What waits for one node."""

    def __init__(self) -> None:
        self.waiting: deque[bytes] = deque()
        self.size = 0
        self.news = asyncio.Event()
        self.is_over = False

    def put(self, frame: bytes) -> None:
        self.waiting.append(frame)
        self.size += len(frame)
        while self.size > LINE_BYTES_MAX:
            self.size -= len(self.waiting.popleft())
        self.news.set()

    def end(self) -> None:
        self.is_over = True
        self.news.set()

    def clear(self) -> None:
        self.waiting.clear()
        self.size = 0


class ValidatorChannels:
    """``heard(validator, epoch, notice)`` and ``got(id, body)`` are told what comes; who breaks the form is blamed.

    Where several validators say that a node is theirs, each is tried until ``heard`` says that the notice is of that
    one.
    """

    def __init__(
        self,
        peers: Peers,
        cards: AddressBook,
        heard: Callable[[bytes, int, bytes], bool],
        got: Callable[[bytes, bytes], None],
    ) -> None:
        self.relays = Relays(peers, cards, heard)
        """For validators whose nodes are not to be reached from here."""
        self._peers = peers
        self._cards = cards
        self._heard, self._got = heard, got
        self._lines: dict[bytes, _Line] = {}
        self._told: dict[tuple[bytes, str], None] = {}
        """Where validators say that they are now."""
        self._tasks: Tasks
        peers.on_notice = self._hear

    async def run(self) -> None:
        """Keeps a line with every node of a validator, until it is cancelled."""
        self._tasks = Tasks()
        self._tasks.start(self.relays.run())
        await self._tasks.run(self._keep_all())

    def say(self, validator: bytes | None, epoch: int, notice: bytes) -> None:
        """To all nodes of one validator, or of all (None)."""
        self._send(validator, encode(["notice", epoch, notice]))
        self.relays.say(validator, epoch, notice)

    def push(self, block: bytes, body: bytes) -> None:
        """A body that everybody is about to need, where it is not too long."""
        if len(body) <= PUSHED_BODY_BYTES_MAX:
            self._send(None, encode(["body", block, body]))

    def present(self) -> list[bytes]:
        """Validators of which a node is connected now."""
        here = dict.fromkeys(self._peers.present())
        return list(dict.fromkeys(each for key in here for each in self._cards.validators_at(key)))

    def _send(self, validator: bytes | None, frame: bytes) -> None:
        for key in dict.fromkeys(contact.key for contact in self._cards.contacts()):
            line = self._lines.get(key)
            if line is not None and (
                validator is None or validator in self._cards.validators_at(key)
            ):
                line.put(frame)

    async def _keep_all(self) -> None:
        kept: dict[tuple[bytes, str], None] = {}
        while True:
            me = self._peers.transport.key
            told = [contact for contact in self._cards.contacts() if contact.key != me]
            self._told = {(*contact,): None for contact in told}
            for contact in told:
                if (*contact,) not in kept:
                    kept[(*contact,)] = None
                    self._tasks.start(self._keep(contact, kept))
                if contact.key not in self._lines:
                    line = self._lines[contact.key] = _Line()
                    self._tasks.start(self._write(contact.key, line))
            await asyncio.sleep(AGAIN_S)

    async def _keep(self, contact: Contact, kept: dict[tuple[bytes, str], None]) -> None:
        """For as long as a validator says that it is there."""
        tasks = Tasks()

        async def while_told() -> None:
            tasks.start(self._peers.keep(contact))
            while (*contact,) in self._told:
                await asyncio.sleep(AGAIN_S)

        await tasks.run(while_told())
        del kept[(*contact,)]
        line = self._lines.get(contact.key)
        if line is not None and all(key != contact.key for key, _ in self._told):
            del self._lines[contact.key]
            line.end()

    async def _write(self, key: bytes, line: _Line) -> None:
        while not line.is_over:
            await line.news.wait()
            line.news.clear()
            while line.waiting and not line.is_over:
                frame = line.waiting.popleft()
                line.size -= len(frame)
                try:
                    await self._peers.tell(key, frame, NOTICES)
                except NetworkError:
                    # What was said while nobody was there is said again by the engine.
                    line.clear()
                    await asyncio.sleep(AGAIN_S)

    async def _hear(self, key: bytes, frame: bytes) -> None:
        validators = self._cards.validators_at(key)
        if not validators:
            return
        try:
            kind, *parts = decode(frame, bytes_max=FRAME_BYTES_MAX)
            if kind == "notice" and list(map(type, parts)) == [int, bytes]:
                any(self._heard(validator, *parts) for validator in validators)
            elif kind == "body" and list(map(type, parts)) == [bytes, bytes]:
                self._got(parts[0], parts[1])
            else:
                raise CodecError("a frame of validators must have a kind")
        except (CodecError, TypeError, ValueError):
            self._peers.blame(key, "form")
