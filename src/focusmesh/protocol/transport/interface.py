"""What every transport gives: QUIC, iroh, and the simulated one. Peers are their Ed25519 keys.

All of it runs on whatever event loop there is; a simulation brings one whose time is virtual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import Self

FRAME_BYTES_MAX = 1 << 20
"""The longest frame of a stream."""
DATAGRAM_BYTES_MAX = 1_024
"""The longest datagram that every transport carries."""


@dataclass(frozen=True)
class TransportStats:
    """Counted since the transport began. ``refused`` counts handshakes and connections that were turned away."""

    bytes_sent: int = 0
    bytes_received: int = 0
    connections: int = 0
    streams: int = 0
    refused: int = 0


class Stream(Protocol):
    """Frames in both directions, in order, each whole; what nobody receives holds up the sender, not the memory.

    Everything raises NetworkError: ``"closed"`` where the connection is gone, ``"reset"`` where the other side gave the
    stream up, ``"size"`` for a frame above FRAME_BYTES_MAX.
    """

    async def send(self, frame: bytes) -> None:
        """Hands a frame over; waits while the other side is behind."""

    async def receive(self, bytes_max: int = FRAME_BYTES_MAX) -> bytes | None:
        """The next frame; None where the other side has finished.

        ``"size"`` where it has more than ``bytes_max``: as soon as that is known, of which no more is taken.
        """

    async def finish(self) -> None:
        """No more frames will be sent; what was sent still arrives."""

    def reset(self) -> None:
        """Gives the stream up, both ways, at once."""


class Connection(Protocol):
    """A connection whose other end has proved ``peer_key``."""

    @property
    def peer_key(self) -> bytes:
        """The other end's Ed25519 public key, 32 bytes."""

    @property
    def is_dialler(self) -> bool:
        """Whether this end connected; the other one accepted."""

    async def open_stream(self) -> Stream:
        """A new stream. NetworkError: ``"closed"``, or ``"limit"`` where the other side allows no more."""

    async def accept_stream(self) -> Stream:
        """The next stream that the other end opens. NetworkError ``"closed"`` once there will be none."""

    def send_datagram(self, data: bytes) -> None:
        """May be lost, doubled, or overtaken; at most DATAGRAM_BYTES_MAX bytes."""

    async def receive_datagram(self) -> bytes:
        """The next datagram. NetworkError ``"closed"``."""

    async def close(self, reason: str = "") -> None:
        """Ends the connection and all its streams; once more does nothing."""

    async def wait_closed(self) -> str:
        """Waits until the connection is gone, whoever ended it, and says why."""


class Transport(Protocol):
    """One endpoint with one key."""

    @property
    def key(self) -> bytes:
        """This end's public key."""

    @property
    def address(self) -> str:
        """Where it listens, as ``connect`` takes it: ``"[::1]:7777"`` for QUIC."""

    async def connect(self, key: bytes, address: str) -> Connection:
        """A connection to ``key``, and nobody else. NetworkError: ``"unreachable"``, ``"handshake"``, ``"refused"``."""

    async def accept(self) -> Connection:
        """The next proved connection from outside. NetworkError ``"closed"`` once the transport is closed."""

    def stats(self) -> TransportStats:
        """What went through, since the beginning."""

    async def close(self) -> None:
        """Ends every connection and stops listening."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exception: object) -> None: ...
