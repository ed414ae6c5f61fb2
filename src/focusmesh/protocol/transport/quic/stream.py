"""A stream of frames over QUIC, with credit of its own.

qh3 lets the other side send on as soon as bytes have come, whether or not anybody takes them. So who receives grants
bytes on the control stream, as frames are taken; who sends more than it was granted breaks the rules.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol

from focusmesh.errors import NetworkError
from focusmesh.protocol.transport.framing import HEAD_BYTES, FrameReader, frame_bytes, too_long
from focusmesh.protocol.transport.interface import FRAME_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Callable

CREDIT_BYTES_FIRST = 1 << 16
"""What may be sent on a new stream; each grant doubles it, since somebody reads, up to CREDIT_BYTES_MAX."""
CREDIT_BYTES_MAX = 1 << 20
PART_BYTES = 1 << 18
"""So much of a frame is handed to QUIC at a time, and so much may wait there before the sender waits."""


class Carrier(Protocol):
    """What a stream needs of its connection."""

    def write(self, stream: int, data: bytes | memoryview, is_last: bool = False) -> None: ...

    def is_behind(self, stream: int) -> bool:
        """Whether PART_BYTES or more wait to be sent; ``note_room`` is called once they do not."""
        ...

    def grant(self, stream: int, total: int) -> None: ...

    def abandon(self, stream: int) -> None:
        """Both ways of it are given up."""
        ...

    def forget(self, stream: int) -> None:
        """Both ways have ended."""
        ...


class QuicStream:
    """Frames both ways; see ``Stream``."""

    __slots__ = (
        "_carrier",
        "_consumed",
        "_credit",
        "_end",
        "_frames",
        "_granted",
        "_has_finished",
        "_is_finished",
        "_number",
        "_reader",
        "_received",
        "_sent",
        "_turn",
        "_wake_receiver",
        "_wake_sender",
        "_window",
    )

    def __init__(self, carrier: Carrier, number: int) -> None:
        self._carrier = carrier
        self._number = number
        self._end: tuple[str, str] | None = None
        self._sent = 0
        self._credit = CREDIT_BYTES_FIRST
        self._has_finished = False
        self._turn = asyncio.Lock()
        self._wake_sender: asyncio.Future[None] | None = None
        self._reader = FrameReader()
        self._frames: deque[bytes] = deque()
        self._received = 0
        self._consumed = 0
        self._granted = CREDIT_BYTES_FIRST
        self._window = CREDIT_BYTES_FIRST
        self._is_finished = False
        self._wake_receiver: asyncio.Future[None] | None = None

    async def send(self, frame: bytes) -> None:
        """As ``Stream`` says."""
        data = frame_bytes(frame)
        if self._turn.locked() or len(data) > self._credit - self._sent:
            async with self._turn:
                await self._send_in_parts(memoryview(data))
            return
        self._check_sending()
        self._write(data)
        if self._carrier.is_behind(self._number):
            async with self._turn:
                await self._until(lambda: not self._carrier.is_behind(self._number))

    async def _send_in_parts(self, rest: memoryview) -> None:
        length = len(rest)
        try:
            while rest:
                self._check_sending()
                room = min(self._credit - self._sent, PART_BYTES)
                if room <= 0 or self._carrier.is_behind(self._number):
                    await self._until(self._may_send)
                    continue
                self._write(rest[:room])
                rest = rest[room:]
        except asyncio.CancelledError:
            if len(rest) < length:
                self._carrier.abandon(self._number)
                self.end("reset", "a send was given up within a frame, and the stream with it")
            raise

    def _write(self, data: bytes | memoryview) -> None:
        self._sent += len(data)
        self._carrier.write(self._number, data)

    def _may_send(self) -> bool:
        return self._credit > self._sent and not self._carrier.is_behind(self._number)

    def _check_sending(self) -> None:
        if self._end is not None:
            raise NetworkError(*self._end)
        if self._has_finished:
            raise NetworkError("closed", "a finished stream cannot send any more")

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Waits for credit, or for QUIC to have sent what waits."""
        while self._end is None and not holds():
            self._wake_sender = asyncio.get_running_loop().create_future()
            await self._wake_sender
        if self._end is not None:
            raise NetworkError(*self._end)

    async def receive(self, bytes_max: int = FRAME_BYTES_MAX) -> bytes | None:
        """As ``Stream`` says; who sends on of a frame that is too long breaks the rules."""
        if not self._frames:
            self._reader.limit(bytes_max)
        while not self._frames:
            if self._is_finished:
                return None
            if self._end is not None:
                raise NetworkError(*self._end)
            if self._wake_receiver is not None and not self._wake_receiver.done():
                raise NetworkError("closed", "one task at a time receives from a stream")
            self._wake_receiver = asyncio.get_running_loop().create_future()
            self._grant()
            try:
                await self._wake_receiver
            finally:
                self._wake_receiver = None
        frame = self._frames.popleft()
        self._consumed += HEAD_BYTES + len(frame)
        self._grant()
        if len(frame) > bytes_max:
            raise too_long(len(frame), bytes_max)
        return frame

    async def finish(self) -> None:
        """As ``Stream`` says."""
        if self._turn.locked():
            async with self._turn:
                pass
        if self._end is not None:
            raise NetworkError(*self._end)
        if not self._has_finished:
            self._has_finished = True
            self._carrier.write(self._number, b"", is_last=True)
            self._forget_if_over()

    def reset(self) -> None:
        """As ``Stream`` says."""
        if self._end is None and not (self._has_finished and self._is_finished):
            self._carrier.abandon(self._number)
            self.end("reset", "this side gave the stream up")

    def take_data(self, data: bytes, is_last: bool) -> None:
        """Bytes have come. NetworkError: ``"flow"`` for more than was granted, ``"size"`` for too long a frame."""
        if self._end is not None:
            return
        self._received += len(data)
        if not self._is_granted():
            raise NetworkError(
                "flow", f"{self._received} bytes came where {self._granted} were granted"
            )
        if data:
            self._frames.extend(self._reader.feed(data))
        if is_last and self._reader.is_within():
            raise NetworkError("frame", "a stream ended within a frame")
        self._is_finished = is_last
        if self._frames or is_last:
            _wake(self._wake_receiver)
        elif self._wake_receiver is not None:
            self._grant()
        self._forget_if_over()

    def _is_granted(self) -> bool:
        return self._received <= self._granted

    def take_grant(self, total: int) -> None:
        """The other side allows ``total`` bytes since the beginning."""
        self._credit = max(self._credit, total)
        _wake(self._wake_sender)

    def note_room(self) -> None:
        """What waited in QUIC has been sent."""
        _wake(self._wake_sender)

    def end(self, code: str, message: str) -> None:
        """The stream is over before its end. What has come as a whole can still be received."""
        if self._end is None:
            self._end = code, message
            self._carrier.forget(self._number)
            _wake(self._wake_sender)
            _wake(self._wake_receiver)

    def _grant(self) -> None:
        """Lets the other side send on, as far as somebody takes what comes: the frame that is waited for counts."""
        taken = self._consumed
        if self._wake_receiver is not None:
            taken = self._received
        total = taken + self._window
        if (
            not self._is_finished
            and self._end is None
            and total - self._granted >= self._window // 2
        ):
            self._granted = total
            self._window = min(2 * self._window, CREDIT_BYTES_MAX)
            self._carrier.grant(self._number, total)

    def _forget_if_over(self) -> None:
        if self._has_finished and self._is_finished:
            self._carrier.forget(self._number)


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
