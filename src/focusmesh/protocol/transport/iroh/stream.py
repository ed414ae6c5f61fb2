"""A stream of frames over iroh: a task reads ahead a little, so that giving up a receive loses nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from focusmesh.errors import NetworkError
from focusmesh.protocol.transport.framing import HEAD_BYTES, FrameReader, frame_bytes, too_long
from focusmesh.protocol.transport.interface import FRAME_BYTES_MAX
from focusmesh.protocol.transport.iroh.library import iroh

if TYPE_CHECKING:
    from collections.abc import Callable

READ_BYTES = 1 << 16
AHEAD_BYTES_MAX = 1 << 18
"""So much is read before somebody receives it; iroh's own window lies behind."""
RESET_CODE = 1


class IrohStream:
    """Frames both ways; see ``Stream``."""

    def __init__(
        self,
        stream: Any,
        why_over: Callable[[], str | None],
        is_counted: Callable[[int, int], None],
    ) -> None:
        """``why_over()`` says why the connection has ended, or None; ``is_counted(sent, received)`` hears of bytes."""
        self._sending = stream.send()
        self._receiving = stream.recv()
        self._why_over = why_over
        self._is_counted = is_counted
        self._turn = asyncio.Lock()
        self._has_finished = False
        self._is_finished = False
        self._end: tuple[str, str] | None = None
        self._reader = FrameReader()
        self._frames: deque[bytes] = deque()
        self._ahead_bytes = 0
        self._changed = asyncio.Event()
        self._reading = asyncio.get_running_loop().create_task(self._read())
        self._giving_up: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        """Whether neither way goes on."""
        return self._end is not None or (self._has_finished and self._is_finished)

    async def send(self, frame: bytes) -> None:
        """As ``Stream`` says."""
        data = frame_bytes(frame)
        async with self._turn:
            self._check_sending()
            try:
                await self._sending.write_all(data)
            except iroh.IrohError as error:
                raise self._end_with(error) from error
            except asyncio.CancelledError:
                self.reset()
                raise
            self._is_counted(len(data), 0)
            self._check_sending()

    async def receive(self, bytes_max: int = FRAME_BYTES_MAX) -> bytes | None:
        """As ``Stream`` says."""
        if not self._frames:
            self._reader.limit(bytes_max)
        while not self._frames:
            if self._is_finished:
                return None
            if self._end is not None:
                raise NetworkError(*self._end)
            self._changed.clear()
            await self._changed.wait()
        frame = self._frames.popleft()
        self._ahead_bytes -= HEAD_BYTES + len(frame)
        self._changed.set()
        if len(frame) > bytes_max:
            raise too_long(len(frame), bytes_max)
        return frame

    async def finish(self) -> None:
        """As ``Stream`` says."""
        async with self._turn:
            if self._end is not None:
                raise NetworkError(*self._end)
            if not self._has_finished:
                self._has_finished = True
                try:
                    await self._sending.finish()
                except iroh.IrohError as error:
                    raise self._end_with(error) from error

    def reset(self) -> None:
        """As ``Stream`` says."""
        if self._end is None and not (self._has_finished and self._is_finished):
            self.end("reset", "this side gave the stream up")
            self._giving_up = asyncio.get_running_loop().create_task(self._give_up())

    def end(self, code: str, message: str) -> None:
        """The stream is over before its end."""
        if self._end is None:
            self._end = code, message
            self._reading.cancel()
            self._changed.set()

    async def _give_up(self) -> None:
        for work in (self._sending.reset(RESET_CODE), self._receiving.stop(RESET_CODE)):
            try:
                await work
            except iroh.IrohError:
                continue

    async def _read(self) -> None:
        reader = self._reader
        try:
            while data := await self._receiving.read(READ_BYTES):
                self._is_counted(0, len(data))
                frames = reader.feed(data)
                self._ahead_bytes += sum(HEAD_BYTES + len(frame) for frame in frames)
                self._frames.extend(frames)
                self._changed.set()
                while self._ahead_bytes > AHEAD_BYTES_MAX:
                    self._changed.clear()
                    await self._changed.wait()
        except iroh.IrohError as error:
            failed = self._end_with(error)
            self.end(failed.code, str(failed))
        except NetworkError as error:
            self.reset()
            self._end = error.code, str(error)
        else:
            if reader.is_within():
                self.end("reset", "the other side ended the stream within a frame")
            self._is_finished = True
        self._changed.set()

    def _check_sending(self) -> None:
        if self._end is not None:
            raise NetworkError(*self._end)
        if self._has_finished:
            raise NetworkError("closed", "a finished stream cannot send any more")

    def _end_with(self, error: Exception) -> NetworkError:
        """What became of the stream, and with what the other way ends as well."""
        why = self._why_over()
        given_up = "reset", f"the other side gave the stream up ({error})"
        ended = given_up if why is None else ("closed", why)
        self.end(*ended)
        return NetworkError(*ended)
