"""The second transport: iroh, QUIC between keys by another library. It leaves loopback by itself: see open_iroh."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from focusmesh.errors import NetworkError
from focusmesh.protocol.transport.addresses import read_address
from focusmesh.protocol.transport.framing import verify_datagram
from focusmesh.protocol.transport.interface import TransportStats
from focusmesh.protocol.transport.iroh.library import iroh
from focusmesh.protocol.transport.iroh.stream import IrohStream
from focusmesh.protocol.transport.limits import verify_positive
from focusmesh.protocol.transport.mailbox import Mailbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

STREAMS_WAITING_MAX = 100
DATAGRAMS_WAITING_MAX = 256
CLOSING_CODE = 0
REFUSAL_CODE = 2
REASON_BYTES_MAX = 200


def protocol_of(network: bytes) -> bytes:
    """The name of the protocol within one network (32 bytes): who is of another finds none in common (RFC 7301)."""
    return b"stoq/1.0/" + network.hex().encode()


@dataclass(frozen=True)
class IrohLimits:
    """What strangers may cost; every number is above 0."""

    connections_max: int = 256
    per_key_max: int = 4
    unproved_max: int = 64
    handshake_seconds: float = 10.0
    dial_seconds: float = 10.0

    def verify(self) -> None:
        """Raises ParameterError."""
        verify_positive(vars(self))


class IrohConnection:
    """See ``Connection``; iroh's handshake has proved both keys."""

    def __init__(self, connection: Any, is_dialler: bool, count: Callable[..., None]) -> None:
        self._connection = connection
        self._is_dialler = is_dialler
        self._count = count
        self._streams: dict[IrohStream, None] = {}
        self._accepted: Mailbox[IrohStream] = Mailbox(STREAMS_WAITING_MAX)
        self._datagrams: Mailbox[bytes] = Mailbox(DATAGRAMS_WAITING_MAX)
        self._gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        connection.set_max_concurrent_bi_streams(STREAMS_WAITING_MAX)
        connection.set_max_concurrent_uni_streams(0)
        start = asyncio.get_running_loop().create_task
        self._tasks = [start(each) for each in (self._watch(), self._accept(), self._listen())]

    @property
    def peer_key(self) -> bytes:
        """As ``Connection`` says."""
        return bytes(self._connection.remote_id().to_bytes())

    @property
    def is_dialler(self) -> bool:
        """As ``Connection`` says."""
        return self._is_dialler

    async def open_stream(self) -> IrohStream:
        """As ``Connection`` says; waits where the other side allows no more at a time."""
        self._check_open()
        try:
            return self._make_stream(await self._connection.open_bi())
        except iroh.IrohError as error:
            raise NetworkError("closed", self.why_over() or f"no stream: {error}") from error

    async def accept_stream(self) -> IrohStream:
        """As ``Connection`` says."""
        return await self._accepted.take()

    def send_datagram(self, data: bytes) -> None:
        """As ``Connection`` says."""
        verify_datagram(data)
        self._check_open()
        try:
            self._connection.send_datagram(data)
        except iroh.IrohError:
            return  # Lost, as datagrams may be.
        self._count(sent=len(data))

    async def receive_datagram(self) -> bytes:
        """As ``Connection`` says."""
        return await self._datagrams.take()

    async def close(self, reason: str = "") -> None:
        """As ``Connection`` says."""
        self.end(CLOSING_CODE, reason or "the other end closed the connection")

    async def wait_closed(self) -> str:
        """As ``Connection`` says."""
        return await asyncio.shield(self._gone)

    def end(self, code: int, reason: str) -> None:
        """Ends the connection and tells the other side why."""
        if not self._gone.done():
            self._connection.close(code, reason.encode()[:REASON_BYTES_MAX])
            self._over(reason)

    def why_over(self) -> str | None:
        """Why it has ended; None while it stands."""
        if self._gone.done():
            return f"the connection with peer {self.peer_key.hex()[:16]} has ended: {self._gone.result()}"
        reason: str | None = self._connection.close_reason()
        return reason

    async def _watch(self) -> None:
        self._over(await self._connection.closed())

    def _over(self, reason: str) -> None:
        if self._gone.done():
            return
        self._gone.set_result(reason)
        why = self.why_over() or reason
        for stream in list(self._streams):
            stream.end("closed", why)
        self._accepted.end("closed", why)
        self._datagrams.end("closed", why)
        for task in self._tasks[1:]:
            task.cancel()

    async def _accept(self) -> None:
        try:
            while True:
                stream = self._make_stream(await self._connection.accept_bi())
                if not self._accepted.put(stream):
                    stream.reset()
        except iroh.IrohError:
            return

    async def _listen(self) -> None:
        try:
            while True:
                data = bytes(await self._connection.read_datagram())
                self._count(received=len(data))
                self._datagrams.put(data)
        except iroh.IrohError:
            return

    def _make_stream(self, stream: Any) -> IrohStream:
        def count(sent: int, received: int) -> None:
            self._count(sent=sent, received=received)

        made = IrohStream(stream, self.why_over, count)
        self._streams = {each: None for each in self._streams if not each.is_over}
        self._streams[made] = None
        self._count(streams=1)
        return made

    def _check_open(self) -> None:
        why = self.why_over()
        if why is not None:
            raise NetworkError("closed", why)


class IrohTransport:
    """See ``Transport``. ``endpoint`` is bound to ``address`` and speaks ``protocol_of(network)`` alone."""

    def __init__(
        self,
        endpoint: Any,
        address: str,
        network: bytes,
        *,
        limits: IrohLimits | None = None,
        admit: Callable[[bytes], str] = lambda key: "",
    ) -> None:
        self._limits = limits or IrohLimits()
        self._limits.verify()
        self._endpoint = endpoint
        self._address = address
        self._protocol = protocol_of(network)
        self._admit = admit
        self._counts = dict.fromkeys(("sent", "received", "connections", "streams", "refused"), 0)
        self._open: dict[IrohConnection, None] = {}
        self._handshakes: dict[asyncio.Task[None], None] = {}
        self._accepted: Mailbox[IrohConnection] = Mailbox(self._limits.connections_max)
        self._is_closed = False
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    @property
    def key(self) -> bytes:
        """As ``Transport`` says."""
        return bytes(self._endpoint.id().to_bytes())

    @property
    def address(self) -> str:
        """As ``Transport`` says."""
        return self._address

    async def connect(self, key: bytes, address: str) -> IrohConnection:
        """As ``Transport`` says. NetworkError ``"address"``, ``"limit"`` and ``"closed"`` as QUIC's."""
        read_address(address)
        if self._is_closed:
            raise NetworkError("closed", "this transport is closed")
        if len(self._standing()) >= self._limits.connections_max:
            raise NetworkError(
                "limit", f"there are {len(self._open)} connections already: close some"
            )
        try:
            where = iroh.EndpointAddr(iroh.EndpointId.from_bytes(key), None, [address])
            async with asyncio.timeout(self._limits.dial_seconds):
                connection = await self._endpoint.connect(where, self._protocol)
        except TimeoutError as error:
            raise NetworkError(
                "unreachable",
                f"no node with key {key.hex()[:16]} at {address} answered within {self._limits.dial_seconds:g} s",
            ) from error
        except iroh.IrohError as error:
            raise NetworkError(
                "handshake", f"{address} does not take the connection: {error}"
            ) from error
        return self._add(connection, is_dialler=True)

    async def accept(self) -> IrohConnection:
        """As ``Transport`` says."""
        return await self._accepted.take()

    def stats(self) -> TransportStats:
        """As ``Transport`` says; bytes of streams and datagrams, without QUIC's own."""
        counts = self._counts
        return TransportStats(
            counts["sent"],
            counts["received"],
            counts["connections"],
            counts["streams"],
            counts["refused"],
        )

    async def close(self) -> None:
        """As ``Transport`` says."""
        if self._is_closed:
            return
        self._is_closed = True
        self._accepted.end("closed", "this transport is closed")
        for task in (self._accepting, *self._handshakes):
            task.cancel()
        for connection in self._open:
            connection.end(CLOSING_CODE, "the other end closed its transport")
        await self._endpoint.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def _accept(self) -> None:
        while (incoming := await self._endpoint.accept_next()) is not None:
            if len(self._handshakes) >= self._limits.unproved_max:
                self._counts["refused"] += 1
                await incoming.refuse()
                continue
            task = asyncio.get_running_loop().create_task(self._take(incoming))
            self._handshakes[task] = None
            task.add_done_callback(lambda done: self._handshakes.pop(done, None))

    async def _take(self, incoming: Any) -> None:
        try:
            async with asyncio.timeout(self._limits.handshake_seconds):
                found = await (await incoming.accept()).connect()
        except (iroh.IrohError, TimeoutError):
            self._counts["refused"] += 1
            return
        why_not = self._why_not(bytes(found.remote_id().to_bytes()))
        if why_not:
            self._counts["refused"] += 1
            found.close(REFUSAL_CODE, why_not.encode()[:REASON_BYTES_MAX])
            return
        self._accepted.put(self._add(found, is_dialler=False))

    def _why_not(self, key: bytes) -> str:
        standing = self._standing()
        if len(standing) >= self._limits.connections_max:
            return "this node has as many connections as it takes"
        same = sum(each.peer_key == key for each in standing)
        if same >= self._limits.per_key_max:
            return f"there are {same} connections with this key already"
        return self._admit(key)

    def _standing(self) -> dict[IrohConnection, None]:
        self._open = {each: None for each in self._open if each.why_over() is None}
        return self._open

    def _add(self, connection: Any, is_dialler: bool) -> IrohConnection:
        made = IrohConnection(connection, is_dialler, self._count)
        self._open[made] = None
        self._counts["connections"] += 1
        return made

    def _count(self, sent: int = 0, received: int = 0, streams: int = 0) -> None:
        self._counts["sent"] += sent
        self._counts["received"] += received
        self._counts["streams"] += streams
