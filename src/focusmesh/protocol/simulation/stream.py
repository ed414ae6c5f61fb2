"""A stream of the simulated transport: frames in order, a window that holds up whoever sends too much."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError
from focusmesh.protocol.transport import FRAME_BYTES_MAX

if TYPE_CHECKING:
    from focusmesh.protocol.simulation.transport import SimConnection

WINDOW_BYTES = 2 << 20
"""What may be on its way or unread on a stream; a frame may be sent while there is less."""
_FRAME, _FINISH, _RESET, _CREDIT = "frame", "finish", "reset", "credit"


class SimStream:
    """See Stream: one end of it."""

    def __init__(self, connection: SimConnection, number: int) -> None:
        self._connection, self.number = connection, number
        self._sent = 0
        self._unread_there_bytes = 0
        self._has_finished = False
        self._was_reset = False
        self._taken = 0
        self._early: dict[int, tuple[str, bytes]] = {}
        self._frames: deque[bytes] = deque()
        self._read_bytes = 0
        self._is_ended = False
        self._changed = asyncio.Event()

    @property
    def is_own(self) -> bool:
        """Whether this end opened it."""
        return self.number % 2 == (0 if self._connection.is_dialler else 1)

    async def send(self, frame: bytes) -> None:
        if len(frame) > FRAME_BYTES_MAX:
            message = f"a frame of {len(frame):,} bytes; at most {FRAME_BYTES_MAX:,} are carried"
            raise NetworkError("size", message)
        self._check_sending()
        while self._unread_there_bytes >= WINDOW_BYTES:
            await self._wait()
            self._check_sending()
        self._unread_there_bytes += len(frame)
        self._connection.transport.count(bytes_sent=len(frame))
        self._carry(_FRAME, bytes(frame))

    async def receive(self, bytes_max: int = FRAME_BYTES_MAX) -> bytes | None:
        while not self._frames:
            if self._was_reset:
                raise NetworkError("reset", f"{self._name} was given up")
            if self._is_ended:
                return None
            self._connection.check()
            await self._wait()
        frame = self._frames.popleft()
        self._read_bytes += len(frame)
        if self._read_bytes >= WINDOW_BYTES // 2:
            self._connection.carry(self.number, 0, _CREDIT, self._read_bytes.to_bytes(4, "big"))
            self._read_bytes = 0
        if len(frame) > bytes_max:
            raise NetworkError("size", f"a frame of {len(frame):,} bytes; {bytes_max:,} are taken")
        return frame

    async def finish(self) -> None:
        self._check_sending()
        self._has_finished = True
        self._carry(_FINISH, b"")
        self._forget_if_over()

    def reset(self) -> None:
        if self._was_reset or self._connection.over:
            return
        self._reset()
        self._connection.carry(self.number, -1, _RESET, b"")

    def take(self, order: int, kind: str, data: bytes) -> None:
        """Something has come from the other end, perhaps before what was sent before it."""
        if kind == _CREDIT:
            self._unread_there_bytes -= int.from_bytes(data, "big")
            self.wake()
        elif kind == _RESET:
            self._reset()
        else:
            self._early[order] = kind, data
            while self._taken in self._early:
                self._take_next(*self._early.pop(self._taken))
                self._taken += 1

    def wake(self) -> None:
        """Whoever waits looks again."""
        self._changed.set()

    def _take_next(self, kind: str, data: bytes) -> None:
        if self._was_reset:
            return
        if kind == _FINISH:
            self._is_ended = True
            self._forget_if_over()
        else:
            self._connection.transport.count(bytes_received=len(data))
            self._frames.append(data)
        self.wake()

    def _carry(self, kind: str, data: bytes) -> None:
        order = self._sent
        self._sent += 1
        self._connection.carry(self.number, order, kind, data)

    def _reset(self) -> None:
        self._was_reset = True
        self._frames.clear()
        self._connection.forget(self)
        self.wake()

    def _forget_if_over(self) -> None:
        if self._has_finished and self._is_ended:
            self._connection.forget(self)

    def _check_sending(self) -> None:
        if self._was_reset:
            raise NetworkError("reset", f"{self._name} was given up")
        if self._has_finished:
            raise NetworkError("closed", f"{self._name} was finished: nothing more is sent on it")
        self._connection.check()

    @property
    def _name(self) -> str:
        return f"stream {self.number} with {self._connection.line[1]}"

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()
