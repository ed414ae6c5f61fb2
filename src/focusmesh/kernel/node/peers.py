"""All connections of a node: it dials, accepts, keeps one with each peer, and answers what is asked on all of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from focusmesh.errors import NetworkError
from focusmesh.protocol.gossip import Hearsay
from focusmesh.protocol.transport import (
    COSTS,
    RequestLimits,
    Requests,
    ScoreLimits,
    Scores,
    Tasks,
    Teller,
    ask,
    listens,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.gossip import Contact
    from focusmesh.protocol.transport import Connection, RequestHandler, Transport

GOSSIP = "gossip"
"""The name of the long streams, one a direction, on which one-way messages go."""
NOTICES = "notices"
"""And of those of validators, which are not to wait behind gossip."""
RELAYS = "relays"
"""And of what validators hand on for each other."""

FAULTS = {
    # Of transports and requests.
    **COSTS,
    # What no peer sends that checks what it passes on: a header that nobody signed, a body or content that is not the
    # one asked for, a signal without its signature, answers and messages without their form.
    **dict.fromkeys(("header", "body", "content", "form", "malformed"), 100.0),
    **dict.fromkeys(("signal", "invalid"), 50.0),
    # What comes of slow lines as well.
    **dict.fromkeys(("promise", "rate", "slow"), 10.0),
}
"""What each fault costs."""


def fresh_scores() -> Scores:
    """The scores of a node's peers, by the time of the running loop."""
    return Scores(asyncio.get_running_loop().time, ScoreLimits(costs=FAULTS))


@dataclass(frozen=True)
class PeerLimits:
    """How many connections there may be, and how long a peer that cannot be reached is left alone, in seconds.

    Of ``connections_max`` places, ``reached_places`` are for peers that this node reached itself before: keys that
    dial in cost nothing, an address that answers costs a host. ``reached_max`` of those are remembered,
    ``reached_a_host`` of one host.
    ``hearsay_max`` peers that gossip names are dialled at a time. One address that gossip names is dialled
    ``address_burst`` times at once and ``address_per_s`` in the long run, one host ``host_burst`` and ``host_per_s``.
    """

    connections_max: int = 64
    reached_places: int = 16
    reached_max: int = 256
    reached_a_host: int = 2
    again_s: float = 0.25
    again_s_max: float = 10.0
    hearsay_max: int = 16
    address_burst: float = 8.0
    address_per_s: float = 0.5
    host_burst: float = 128.0
    host_per_s: float = 8.0
    requests: RequestLimits = field(default_factory=RequestLimits)


class Peers:
    """``greet`` is run on every connection that was dialled; NetworkError gives it up.

    Who dialled in is served, and is a peer once ``introduce`` was called for it: those who only ask never are.
    """

    def __init__(
        self,
        transport: Transport,
        rng: Callable[[int], bytes],
        greet: Callable[[Connection], Awaitable[None]],
        limits: PeerLimits | None = None,
        scores: Scores | None = None,
        on_lost: Callable[[bytes], None] = lambda key: None,
    ) -> None:
        """``on_lost`` hears of each peer to which no connection is left."""
        self.transport = transport
        self.limits = limits or PeerLimits()
        self.faults: Counter[str] = Counter()
        self.unreached: dict[bytes, str] = {}
        """Why peers that are dialled again and again were not reached the last time."""
        self._on_lost = on_lost
        self.on_message: Callable[[bytes, bytes], Awaitable[None]] | None = None
        self.on_notice: Callable[[bytes, bytes], Awaitable[None]] | None = None
        self.on_relay: Callable[[bytes, bytes], Awaitable[None]] | None = None
        self._rng = rng
        self._greet = greet
        self._connections: dict[bytes, list[Connection]] = {}
        self._tellers: dict[Connection, dict[str, Teller]] = {}
        self._dialling: dict[bytes, asyncio.Future[None]] = {}
        self._wanted: Counter[bytes] = Counter()
        """Peers that this node dials by itself, again and again: they are let in also where it is full."""
        self._hearsay = Hearsay(self.limits)
        self._reached: dict[bytes, str] = {}
        """Hosts of peers that this node dialled and that greeted it, the latest last."""
        self._alive: dict[Connection, None] = {}
        self._scores = scores if scores is not None else fresh_scores()
        self._tasks: Tasks
        self._requests: Requests

    async def run(
        self, handlers: Mapping[str, RequestHandler], main: Callable[[], Awaitable[None]]
    ) -> None:
        """Accepts and serves until ``main`` ends; then every connection is closed."""
        self._tasks = Tasks()
        lines = {
            GOSSIP: listens(self._hear),
            NOTICES: listens(self._receive_message),
            RELAYS: listens(self._hear_relay),
        }
        limits = self.limits.requests
        self._requests = Requests({**handlers, **lines}, limits=limits, blame=self.blame)

        async def together() -> None:
            self._tasks.start(self._accept())
            await main()

        try:
            await self._tasks.run(together())
        finally:
            for connection in self._all():
                with suppress(NetworkError):
                    await connection.close("this node ends")

    def present(self) -> tuple[bytes, ...]:
        """The peers that are there, in the order in which they came."""
        return tuple(self._connections)

    def connection(self, key: bytes) -> Connection:
        """The newest one with a peer; the other end of an older one may be gone. NetworkError ``"gone"``."""
        found = self._connections.get(key)
        if not found:
            raise NetworkError("gone", f"peer {key.hex()} is not connected")
        return found[-1]

    async def ask(self, key: bytes, name: str, body: Value) -> AsyncGenerator[Any]:
        """Answers of a peer as they come. Raises NetworkError, PeerError."""
        async with aclosing(ask(self.connection(key), name, body)) as answers:
            async for answer in answers:
                yield answer

    async def reach(self, contact: Contact) -> None:
        """Sees to it that there is a connection with a peer that gossip names. Raises NetworkError.

        Anybody may name any address: ``"limit"`` where too many are dialled at a time, or this one too often.
        """
        if contact.key in self._connections:
            return
        if contact.key in self._dialling or contact.key in self._wanted:
            await self._reach(contact)
            return
        with self._hearsay.dial(contact.address):
            await self._reach(contact)

    async def _reach(self, contact: Contact) -> None:
        if contact.key in self._connections:
            return
        if contact.key == self.transport.key:
            raise NetworkError("self", "a node does not dial itself")
        if not contact.address:
            raise NetworkError("address", f"the address of peer {contact.key.hex()} is unknown")
        if contact.key in self._dialling:
            await asyncio.shield(self._dialling[contact.key])
            return
        self._verify_welcome(contact.key)
        done = self._dialling[contact.key] = asyncio.get_running_loop().create_future()
        try:
            connection = await self.transport.connect(contact.key, contact.address)
            await self._admit(connection)
            self._note_reached(contact)
        except BaseException as error:
            gone = NetworkError("unreachable", f"peer {contact.key.hex()} was not reached: {error}")
            done.set_exception(gone)
            done.exception()  # Nobody has to ask.
            raise
        else:
            done.set_result(None)
        finally:
            del self._dialling[contact.key]

    async def tell(self, key: bytes, body: bytes, line: str = GOSSIP) -> None:
        """A one-way message, behind those before it; waits while the peer is behind. Raises NetworkError."""
        connection = self.connection(key)
        # One for each connection, for as long as it stands: the other end hears one stream of each alone.
        tellers = self._tellers.setdefault(connection, {})
        teller = tellers.get(line)
        if teller is None:
            teller = tellers[line] = Teller(connection, line)
        await teller.tell(body)

    async def keep(self, contact: Contact) -> None:
        """Dials a peer again and again, at growing intervals, for as long as it is not there."""
        self._wanted[contact.key] += 1
        try:
            await self._keep(contact)
        finally:
            self._wanted[contact.key] -= 1
            if not self._wanted[contact.key]:
                del self._wanted[contact.key]
                self.unreached.pop(contact.key, None)

    async def _keep(self, contact: Contact) -> None:
        wait = self.limits.again_s
        while True:
            try:
                await self._reach(contact)
                wait = self.limits.again_s
                self.unreached.pop(contact.key, None)
            except NetworkError as error:
                self.unreached[contact.key] = str(error)
                wait = min(2 * wait, self.limits.again_s_max)
            # Nodes that were cut off together do not all come back at the same moment.
            await asyncio.sleep(wait * (0.5 + self._rng(1)[0] / 256))

    def blame(self, key: bytes, fault: str) -> None:
        """Takes down what a peer did that breaks the rules; who has done too much of it is turned away for a while."""
        self.faults[fault] += 1
        if self._scores.blame(key, fault):
            # Those that never said hello as a node does as well.
            for connection in [each for each in self._alive if each.peer_key == key]:
                self._tasks.start(self._handle_close(connection, f"broke the rules: {fault}"))

    def _verify_welcome(self, key: bytes) -> None:
        why_not = self._scores.why_not(key)
        if why_not:
            raise NetworkError("banned", f"peer {key.hex()}: {why_not}")

    async def _accept(self) -> None:
        while True:
            try:
                connection = await self.transport.accept()
            except NetworkError:
                return
            self._tasks.start(self._welcome(connection))

    async def _welcome(self, connection: Connection) -> None:
        try:
            self._verify_welcome(connection.peer_key)
            if not self._has_place(connection.peer_key):
                raise NetworkError("full", "this node has no room for another peer")
            self._begin(connection)
        except NetworkError as error:
            await self._handle_close(connection, str(error))

    def _has_place(self, key: bytes) -> bool:
        """Whether one connection more of a peer that dialled in has room: strangers do not get all places."""
        if key in self._wanted:
            return True
        kept = 0 if key in self._reached else self.limits.reached_places
        return len(self._alive) < self.limits.connections_max - kept

    def _note_reached(self, contact: Contact) -> None:
        host = contact.address.rpartition(":")[0]
        self._reached.pop(contact.key, None)
        of_host = [key for key, known in self._reached.items() if known == host]
        for key in of_host[: len(of_host) + 1 - self.limits.reached_a_host]:
            del self._reached[key]
        self._reached[contact.key] = host
        while len(self._reached) > self.limits.reached_max:
            del self._reached[next(iter(self._reached))]

    async def _admit(self, connection: Connection) -> None:
        """Serves a connection that was dialled, and counts it among the peers once the other end was greeted."""
        self._begin(connection)
        try:
            await self._greet(connection)
            if connection not in self._alive:
                raise NetworkError(
                    "closed", f"peer {connection.peer_key.hex()} closed the connection at once"
                )
        except NetworkError as error:
            await self._handle_close(connection, str(error))
            if connection.peer_key not in self._connections:
                # What it said of itself before it broke off counts no more.
                self._on_lost(connection.peer_key)
            raise
        self.introduce(connection.peer_key)

    def _begin(self, connection: Connection) -> None:
        self._alive[connection] = None
        self._tasks.start(self._serve(connection))

    def introduce(self, key: bytes) -> None:
        """The other end has said hello as a node does: its connections count from now on."""
        known = self._connections.get(key, [])
        new = [each for each in self._alive if each.peer_key == key and each not in known]
        if new:
            self._connections[key] = known + new

    async def _serve(self, connection: Connection) -> None:
        key = connection.peer_key
        try:
            await self._requests.serve(connection)
        finally:
            del self._alive[connection]
            self._tellers.pop(connection, None)
            left = self._connections.get(key, [])
            if connection in left:
                left.remove(connection)
                if not left:
                    del self._connections[key]
                    self._on_lost(key)

    async def _handle_close(self, connection: Connection, reason: str) -> None:
        with suppress(NetworkError):
            await connection.close(reason)

    async def _hear(self, key: bytes, message: bytes) -> None:
        if self.on_message is not None:
            await self.on_message(key, message)

    async def _receive_message(self, key: bytes, message: bytes) -> None:
        if self.on_notice is not None:
            await self.on_notice(key, message)

    async def _hear_relay(self, key: bytes, message: bytes) -> None:
        if self.on_relay is not None:
            await self.on_relay(key, message)

    def _all(self) -> Sequence[Connection]:
        return list(self._alive)
