"""QUIC: one UDP socket, all connections of one key over it, to whoever is dialled and from whoever dials."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from focusmesh.errors import NetworkError, ParameterError
from focusmesh.protocol.transport.addresses import (
    for_socket,
    plain_host,
    read_address,
    show_address,
)
from focusmesh.protocol.transport.allowances import Allowances
from focusmesh.protocol.transport.handshake import (
    CHALLENGE_BYTES,
    NETWORK_BYTES,
    DiallerProof,
    ServerProof,
)
from focusmesh.protocol.transport.interface import TransportStats
from focusmesh.protocol.transport.limits import verify_positive
from focusmesh.protocol.transport.mailbox import Mailbox
from focusmesh.protocol.transport.quic.library import (
    PinnedConnection,
    configuration,
    destination_of,
)
from focusmesh.protocol.transport.quic.link import QuicLink
from focusmesh.protocol.transport.quic.retry import Original, RetryTokens, read_initial
from focusmesh.protocol.transport.quic.selftest import check_library

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.transport.addresses import SocketAddress
    from focusmesh.protocol.transport.handshake import Proof

INITIAL_BYTES_MIN = 1_200
"""RFC 9000 §14.1: less is never the first datagram of a handshake."""


class Datagrams(Protocol):
    """A UDP socket, or what stands in for one."""

    @property
    def address(self) -> SocketAddress:
        """Where it is bound."""
        ...

    def start(self, receive: Callable[[Sequence[bytes], SocketAddress], None]) -> None:
        """From now on ``receive`` is called with what comes from one address, in order."""
        ...

    def send(self, datagrams: list[bytes], address: SocketAddress) -> None:
        """May lose some. Never waits."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class QuicLimits:
    """What strangers may cost; every number is above 0, and ``keepalive_seconds`` < ``idle_seconds``.

    At most ``connections_max`` connections, ``per_key_max`` with one key, ``unproved_max`` on their way to a proof,
    for which they have ``proof_seconds``; above ``retry_above`` of them a dialler first shows that it is where it says.
    A host may begin ``per_host_burst`` handshakes at once and ``per_host_per_s`` in the long run.
    """

    connections_max: int = 256
    per_key_max: int = 4
    unproved_max: int = 128
    retry_above: int = 16
    per_host_per_s: float = 20.0
    per_host_burst: float = 200.0
    proof_seconds: float = 10.0
    dial_seconds: float = 10.0
    idle_seconds: float = 30.0
    keepalive_seconds: float = 10.0

    def verify(self) -> None:
        """Raises ParameterError."""
        verify_positive(vars(self))
        if self.keepalive_seconds >= self.idle_seconds:
            raise ParameterError("keepalive_seconds must be below idle_seconds")


class QuicTransport:
    """See ``Transport``. Made within the event loop, over a socket that is open.

    ``told`` is the address that others are told, where that is not the one of the socket. ``network`` (32 bytes) is
    who both ends have to belong to; ``admit(key)`` says why a proved key is not welcome, or nothing; ``blame(who,
    fault)`` hears of a proved key (bytes), or of a host (text), that broke a rule.
    """

    def __init__(
        self,
        key: SigningKey,
        network: bytes,
        datagrams: Datagrams,
        random: Callable[[int], bytes],
        *,
        limits: QuicLimits | None = None,
        told: str | None = None,
        admit: Callable[[bytes], str] = lambda key: "",
        blame: Callable[[bytes | str, str], None] = lambda who, fault: None,
    ) -> None:
        check_library()
        if len(network) != NETWORK_BYTES:
            raise ParameterError(
                f"a network's id has {NETWORK_BYTES} bytes, this one {len(network)}"
            )
        self._limits = limits or QuicLimits()
        self._limits.verify()
        self._key = key
        self._network = network
        self._datagrams = datagrams
        self._told = told
        self._random = random
        self._admit = admit
        self._blame = blame
        self._loop = asyncio.get_running_loop()
        self._serving = configuration(key, self._limits.idle_seconds)
        self._dialling = configuration(None, self._limits.idle_seconds)
        self._hosts = Allowances(
            self._limits.per_host_per_s, self._limits.per_host_burst, self._loop.time
        )
        self._tokens = RetryTokens(random, self._loop.time)
        self._links: dict[bytes, QuicLink] = {}
        self._open: dict[QuicLink, None] = {}
        self._accepted: Mailbox[QuicLink] = Mailbox(self._limits.connections_max)
        self._is_closed = False
        self._counts = dict.fromkeys(("sent", "received", "connections", "streams", "refused"), 0)
        datagrams.start(self._receive)

    @property
    def key(self) -> bytes:
        """As ``Transport`` says."""
        public: bytes = self._key.public
        return public

    @property
    def address(self) -> str:
        """As ``Transport`` says."""
        return self._told or show_address(self._datagrams.address)

    async def connect(self, key: bytes, address: str) -> QuicLink:
        """As ``Transport`` says. NetworkError ``"address"`` for what is none, ``"limit"`` for one too many."""
        where = for_socket(read_address(address), len(self._datagrams.address) == 4)
        if self._is_closed:
            raise NetworkError("closed", "this transport is closed")
        if len(self._open) >= self._limits.connections_max:
            raise NetworkError(
                "limit", f"there are {len(self._open)} connections already: close some"
            )
        quic = PinnedConnection(configuration=self._dialling, server_key=key)
        link = self._begin(quic, DiallerProof(self._key, self._network, key), where)
        self.reachable(quic.host_cid, link)
        link.driver.connect(where)
        try:
            async with asyncio.timeout(self._limits.dial_seconds):
                await link.welcome()
        except TimeoutError as error:
            raise NetworkError(
                "unreachable",
                f"no node at {address} answered within {self._limits.dial_seconds:g} s: is the node running there, "
                "and do firewalls let UDP through?",
            ) from error
        finally:
            if not link.is_proved:
                link.end("closed", "the dialler gave up")
        return link

    async def accept(self) -> QuicLink:
        """As ``Transport`` says."""
        return await self._accepted.take()

    def stats(self) -> TransportStats:
        """As ``Transport`` says."""
        sent = sum(link.driver.sent_bytes for link in self._open)
        received = sum(link.driver.received_bytes for link in self._open)
        streams = sum(link.stream_count for link in self._open)
        counts = self._counts
        return TransportStats(
            counts["sent"] + sent,
            counts["received"] + received,
            counts["connections"],
            counts["streams"] + streams,
            counts["refused"],
        )

    async def close(self) -> None:
        """As ``Transport`` says."""
        if self._is_closed:
            return
        self._is_closed = True
        for link in list(self._open):
            link.end("closed", "the other end closed its transport")
            link.driver.abandon()
        self._accepted.end("closed", "this transport is closed")
        self._datagrams.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    # What links need: see Owner.

    def send(self, datagrams: list[bytes], address: SocketAddress) -> None:
        """Hands datagrams to the socket."""
        self._datagrams.send(datagrams, address)

    def reachable(self, connection_id: bytes, link: QuicLink) -> None:
        """Datagrams to this id are for that link."""
        self._links[connection_id] = link
        link.ids[connection_id] = None

    def unreachable(self, connection_id: bytes) -> None:
        """The id is not used any more."""
        link = self._links.pop(connection_id, None)
        if link is not None:
            link.ids.pop(connection_id, None)

    def note_proved(self, link: QuicLink) -> None:
        """Each end knows the other."""
        self._counts["connections"] += 1
        if not link.is_dialler:
            self._accepted.put(link)

    def broke(self, link: QuicLink, fault: str) -> None:
        """Counts and passes on what the other side did."""
        if not link.is_proved:
            self._counts["refused"] += 1
        self._blame(link.peer_key or plain_host(link.address), fault)

    def over(self, link: QuicLink) -> None:
        """A connection has ended."""
        if self._open.pop(link, 0) is None:
            self._counts["sent"] += link.driver.sent_bytes
            self._counts["received"] += link.driver.received_bytes
            self._counts["streams"] += link.stream_count

    def note_terminated(self, link: QuicLink) -> None:
        """Nothing more comes for it."""
        for connection_id in list(link.ids):
            self.unreachable(connection_id)

    # The rest.

    def _begin(self, quic: PinnedConnection, proof: Proof, address: SocketAddress) -> QuicLink:
        link = QuicLink(quic, self, proof, address, self._limits.keepalive_seconds)
        self._open[link] = None
        return link

    def _receive(self, datagrams: Sequence[bytes], address: SocketAddress) -> None:
        for destination, group in groupby(datagrams, _destination):
            together = list(group)
            link = self._links.get(destination)
            if link is None:
                link = self._new(together[0], address)
            if link is not None:
                link.driver.receive(together, address)
                link.check_unproved()

    def _new(self, datagram: bytes, address: SocketAddress) -> QuicLink | None:
        """Whoever begins a handshake and may."""
        if len(datagram) < INITIAL_BYTES_MIN or self._is_closed:
            return None
        initial = read_initial(datagram)
        if initial is None or initial.version not in self._serving.supported_versions:
            return None
        host = plain_host(address)
        original: Original | None = Original(initial.destination, None)
        unproved = sum(not link.is_proved for link in self._open)
        if initial.token:
            original = self._tokens.original(initial, host)
        elif unproved >= self._limits.retry_above:
            self.send([self._tokens.retry(initial, host)], address)
            return None
        if original is None or not self._has_room(unproved, host):
            self._counts["refused"] += 1
            return None
        return self._serve(initial.destination, original, address)

    def _has_room(self, unproved: int, host: str) -> bool:
        room = (
            len(self._open) < self._limits.connections_max and unproved < self._limits.unproved_max
        )
        return room and self._hosts.try_take(host)

    def _serve(self, destination: bytes, original: Original, address: SocketAddress) -> QuicLink:
        quic = PinnedConnection(
            configuration=self._serving,
            original_destination_connection_id=original.destination,
            retry_source_connection_id=original.retry_source,
        )
        proof = ServerProof(self.key, self._network, self._random(CHALLENGE_BYTES), self._why_not)
        link = self._begin(quic, proof, address)
        self.reachable(destination, link)
        self.reachable(quic.host_cid, link)
        self._loop.call_later(self._limits.proof_seconds, link.check_in_time)
        return link

    def _why_not(self, key: bytes) -> str:
        """Why a proved key is not welcome."""
        if key == self.key:
            return "this is the node itself"
        same = sum(link.is_proved and link.peer_key == key for link in self._open)
        if same >= self._limits.per_key_max:
            return f"there are {same} connections with this key already"
        return self._admit(key)


def _destination(datagram: bytes) -> bytes:
    with suppress(ValueError, IndexError):
        return destination_of(datagram)
    return b""
