"""One QUIC connection: its dialler is proved on stream 0, then it carries streams and datagrams.

Stream 0 stays open between the two ends: it carries the credit of the others, a frame ``[stream, total]`` each.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from focusmesh.errors import CodecError, NetworkError
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.transport.framing import FrameReader, frame_bytes, verify_datagram
from focusmesh.protocol.transport.handshake import PROOF_BYTES_MAX, DiallerProof
from focusmesh.protocol.transport.mailbox import Mailbox
from focusmesh.protocol.transport.quic.driver import QuicDriver
from focusmesh.protocol.transport.quic.library import QuicConnectionError, events
from focusmesh.protocol.transport.quic.stream import PART_BYTES, QuicStream

if TYPE_CHECKING:
    from focusmesh.protocol.transport.addresses import SocketAddress
    from focusmesh.protocol.transport.handshake import Proof
    from focusmesh.protocol.transport.quic.library import PinnedConnection

CONTROL = 0
STREAMS_WAITING_MAX = 100
DATAGRAMS_WAITING_MAX = 256
OPENING_SECONDS_MAX = 10.0
UNPROVED_BYTES_MAX = 1 << 16
"""All that comes by UDP until a dialler is proved, many times what that takes: it bounds what QUIC keeps for it."""
REASON_CHARACTERS_MAX = 200
CLOSINGS = ("closed", "handshake", "refused", "early", "flow", "frame", "size", "rules", "time")
"""Why a connection ends; its place here and CLOSING_BASE make the number that is sent."""
CLOSING_BASE = 0x1000


class Owner(Protocol):
    """The transport, as its connections see it."""

    def send(self, datagrams: list[bytes], address: SocketAddress) -> None: ...

    def reachable(self, connection_id: bytes, link: QuicLink) -> None:
        """Datagrams to this id are for that link, from now on."""
        ...

    def unreachable(self, connection_id: bytes) -> None: ...

    def note_proved(self, link: QuicLink) -> None: ...

    def broke(self, link: QuicLink, fault: str) -> None:
        """The other side broke a rule; the word is one of CLOSINGS."""
        ...

    def over(self, link: QuicLink) -> None:
        """The connection is of no use any more."""
        ...

    def note_terminated(self, link: QuicLink) -> None:
        """Nothing more is sent for it or expected."""
        ...


class QuicLink:
    """See ``Connection``; until a dialler is proved nothing else is taken from it."""

    def __init__(
        self,
        quic: PinnedConnection,
        owner: Owner,
        proof: Proof,
        address: SocketAddress,
        keepalive_seconds: float,
    ) -> None:
        self.address = address
        self.driver = QuicDriver(quic, self, owner.send, keepalive_seconds)
        self.ids: dict[bytes, None] = {}
        """``ids``: the connection ids under which this end is reached."""
        self.stream_count = 0
        self._quic = quic
        self._owner = owner
        self._proof = proof
        self._control = FrameReader(PROOF_BYTES_MAX)
        self._control_bytes = 0
        self._gone: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
        self._welcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._streams: dict[int, QuicStream] = {}
        self._next_theirs = 1 if self.is_dialler else 4
        self._skipped: dict[int, None] = {}
        self._behind: dict[int, None] = {}
        self._openers: list[asyncio.Future[None]] = []
        self._accepted: Mailbox[QuicStream] = Mailbox(STREAMS_WAITING_MAX)
        self._datagrams: Mailbox[bytes] = Mailbox(DATAGRAMS_WAITING_MAX)

    def __str__(self) -> str:
        return f"peer {self.peer_key.hex()[:16] or 'unproved'} at {self.address[0]} port {self.address[1]}"

    @property
    def peer_key(self) -> bytes:
        """As ``Connection`` says; empty until it is proved."""
        return self._proof.peer_key

    @property
    def is_dialler(self) -> bool:
        """As ``Connection`` says."""
        return isinstance(self._proof, DiallerProof)

    @property
    def is_proved(self) -> bool:
        """Whether each end knows the other's key."""
        return self._proof.is_done

    async def open_stream(self) -> QuicStream:
        """As ``Connection`` says; waits a while where the other side allows no more at a time."""
        if not self._quic.may_open:
            await self._until_may_open()
        self._check_open()
        return self._add(self._quic._open_stream())

    async def _until_may_open(self) -> None:
        try:
            async with asyncio.timeout(OPENING_SECONDS_MAX):
                while not self._gone.done() and not self._quic.may_open:
                    opener = asyncio.get_running_loop().create_future()
                    self._openers.append(opener)
                    await opener
        except TimeoutError as error:
            raise NetworkError(
                "limit", f"{self} allows no more streams: finish or reset some"
            ) from error

    async def accept_stream(self) -> QuicStream:
        """As ``Connection`` says."""
        return await self._accepted.take()

    def send_datagram(self, data: bytes) -> None:
        """As ``Connection`` says."""
        verify_datagram(data)
        self._check_open()
        with suppress(QuicConnectionError, ValueError):
            self._quic.send_datagram_frame(data)
            self.driver.soon()

    async def receive_datagram(self) -> bytes:
        """As ``Connection`` says."""
        return await self._datagrams.take()

    async def close(self, reason: str = "") -> None:
        """As ``Connection`` says."""
        self.end("closed", reason or "the other end closed the connection")

    async def wait_closed(self) -> str:
        """As ``Connection`` says."""
        return (await asyncio.shield(self._gone))[1]

    async def welcome(self) -> None:
        """Waits until the proof is done. NetworkError ``"handshake"`` or ``"refused"``."""
        await self._welcome

    def end(self, code: str, reason: str) -> None:
        """Ends the connection and tells the other side why; ``code`` is one of CLOSINGS."""
        self.driver.close(CLOSING_BASE + CLOSINGS.index(code), reason[:REASON_CHARACTERS_MAX])

    def check_unproved(self) -> None:
        """Ends what has sent too much to be only on its way to a proof."""
        is_waiting = not self.is_dialler and not self.is_proved
        if is_waiting and self.driver.received_bytes > UNPROVED_BYTES_MAX:
            self._break(NetworkError("early", "too much came before a proof of the key"))

    def check_in_time(self) -> None:
        """Ends what had its time and is not proved."""
        if not self.is_proved and not self._gone.done():
            self._break(NetworkError("time", "the proof of the key did not come in time"))

    # What the driver tells.

    def take_event(self, event: events.QuicEvent) -> None:
        """Something happened; what breaks a rule ends the connection."""
        try:
            self._take_event(event)
        except NetworkError as error:
            self._break(error)

    def _take_event(self, event: events.QuicEvent) -> None:
        match event:
            case events.StreamDataReceived(data=data, end_stream=is_last, stream_id=number):
                if number == CONTROL:
                    self._take_control(data, is_last)
                else:
                    self._stream(number, data, is_last)
            case (
                events.StreamReset(stream_id=number) | events.StopSendingReceived(stream_id=number)
            ):
                self._take_reset(number)
            case events.DatagramFrameReceived(data=data):
                self._check_proved()
                self._datagrams.put(data)
            case events.HandshakeCompleted() if isinstance(self._proof, DiallerProof):
                self._quic._open_stream()
                self.write(CONTROL, self._proof.first)
            case events.ConnectionIdIssued(connection_id=connection_id):
                self._owner.reachable(connection_id, self)
            case events.ConnectionIdRetired(connection_id=connection_id):
                self._owner.unreachable(connection_id)

    def note_room(self) -> None:
        """Room may have come."""
        for number in list(self._behind):
            if self._quic.get_send_buffer_size(number) < PART_BYTES:
                del self._behind[number]
                self._streams[number].note_room()
        if self._openers and self._quic.may_open:
            self._let_open()

    def over(self, code: int, reason: str) -> None:
        """The connection ends, by either side."""
        place = code - CLOSING_BASE
        word = CLOSINGS[place] if 0 <= place < len(CLOSINGS) else "closed"
        # It may be the other end's, and is shown to people.
        reason = "".join(each if each.isprintable() else " " for each in reason)
        why = f"the connection with {self} has ended: {reason or word}"
        self._gone.set_result((word, reason))
        for stream in list(self._streams.values()):
            stream.end("closed", why)
        self._accepted.drain()
        self._accepted.end("closed", why)
        self._datagrams.end("closed", why)
        self._let_open()
        if not self._welcome.done():
            shown = "refused" if word == "refused" else "handshake"
            self._welcome.set_exception(NetworkError(shown, why))
            self._welcome.exception()
        self._owner.over(self)

    def note_terminated(self) -> None:
        """All is over."""
        self._owner.note_terminated(self)

    # What streams need: see Carrier.

    def write(self, stream: int, data: bytes | memoryview, is_last: bool = False) -> None:
        """Hands bytes to QUIC."""
        try:
            self._quic.send_stream_data(stream, data, is_last)
        except (QuicConnectionError, ValueError) as error:
            raise NetworkError("reset", f"{self} accepts no more on this stream") from error
        self.driver.soon()

    def is_behind(self, stream: int) -> bool:
        """Whether much waits to be sent."""
        behind = self._quic.get_send_buffer_size(stream) >= PART_BYTES
        if behind:
            self._behind[stream] = None
        return behind

    def grant(self, stream: int, total: int) -> None:
        """Allows the other side ``total`` bytes on a stream."""
        self.write(CONTROL, frame_bytes(encode([stream, total])))

    def abandon(self, stream: int) -> None:
        """Gives a stream up, both ways."""
        for give_up in (self._quic.reset_stream, self._quic.stop_stream):
            with suppress(QuicConnectionError, ValueError):
                give_up(stream, CLOSING_BASE)
        self.driver.soon()

    def forget(self, stream: int) -> None:
        """A stream is over."""
        self._streams.pop(stream, None)
        self._behind.pop(stream, None)

    # The rest.

    def _take_control(self, data: bytes, is_last: bool) -> None:
        self._control_bytes += len(data)
        if not self.is_proved and self._control_bytes > PROOF_BYTES_MAX:
            raise NetworkError("early", f"more than {PROOF_BYTES_MAX} bytes came before a proof")
        for frame in self._control.feed(data):
            if self.is_proved:
                self._take_grant(frame)
            else:
                self._prove(frame)
        if is_last:
            raise NetworkError("rules", "stream 0 must stay open")

    def _prove(self, frame: bytes) -> None:
        answer = self._proof.take(frame)
        if answer:
            self.write(CONTROL, answer)
        if self._proof.is_done:
            self._welcome.set_result(None)
            self._owner.note_proved(self)

    def _take_grant(self, frame: bytes) -> None:
        try:
            number, total = decode(frame, depth_max=1)
        except (CodecError, TypeError, ValueError) as error:
            raise NetworkError("rules", "the frame on stream 0 is not [stream, total]") from error
        stream = self._streams.get(number) if type(number) is int else None
        if type(total) is int and stream is not None:
            stream.take_grant(total)

    def _stream(self, number: int, data: bytes, is_last: bool) -> None:
        self._check_proved()
        stream = self._streams.get(number)
        if stream is None and self._is_new(number):
            stream = self._add(number)
            stream.take_data(data, is_last)
            if not self._accepted.put(stream):
                raise NetworkError("rules", "streams are opened faster than they can be taken")
        elif stream is not None:
            stream.take_data(data, is_last)

    def _take_reset(self, number: int) -> None:
        self._check_proved()
        if number == CONTROL:
            raise NetworkError("rules", "stream 0 must stay open")
        stream = self._streams.get(number)
        if stream is not None:
            self.abandon(number)
            stream.end("reset", f"{self} gave the stream up")
        else:
            self._is_new(number)

    def _is_new(self, number: int) -> bool:
        """Whether the other side opens a stream by this; one that is skipped may still come."""
        if number % 4 != self._next_theirs % 4:
            if number % 4 > 1:
                raise NetworkError("rules", "there are no streams of one direction here")
            return False
        if number < self._next_theirs:
            return self._skipped.pop(number, 0) is None
        self._skipped.update(dict.fromkeys(range(self._next_theirs, number, 4)))
        self._next_theirs = number + 4
        return True

    def _add(self, number: int) -> QuicStream:
        stream = QuicStream(self, number)
        self._streams[number] = stream
        self.stream_count += 1
        return stream

    def _check_proved(self) -> None:
        if not self.is_proved and not self.is_dialler:
            raise NetworkError("early", "something came before a proof of the key")

    def _check_open(self) -> None:
        if self._gone.done():
            raise NetworkError(
                "closed", f"the connection with {self} has ended: {self._gone.result()[1]}"
            )

    def _break(self, error: NetworkError) -> None:
        if self._gone.done():
            return
        self._owner.broke(self, error.code)
        self.end(error.code if error.code in CLOSINGS else "rules", str(error))

    def _let_open(self) -> None:
        for opener in self._openers:
            if not opener.done():
                opener.set_result(None)
        self._openers.clear()
