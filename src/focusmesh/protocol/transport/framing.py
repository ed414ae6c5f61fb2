"""Frames in a stream of bytes: four bytes of length, most significant first, then so many bytes."""

from __future__ import annotations

from focusmesh.errors import NetworkError
from focusmesh.protocol.transport.interface import DATAGRAM_BYTES_MAX, FRAME_BYTES_MAX

HEAD_BYTES = 4


def frame_bytes(frame: bytes, bytes_max: int = FRAME_BYTES_MAX) -> bytes:
    """The bytes of a frame. NetworkError ``"size"`` above ``bytes_max``."""
    if len(frame) > bytes_max:
        raise too_long(len(frame), bytes_max)
    return len(frame).to_bytes(HEAD_BYTES, "big") + frame


def too_long(length: int, bytes_max: int) -> NetworkError:
    return NetworkError(
        "size", f"a frame has at most {bytes_max} bytes, this one {length}: send it in parts"
    )


def verify_datagram(data: bytes) -> None:
    """NetworkError ``"size"`` for more than every transport carries."""
    if len(data) > DATAGRAM_BYTES_MAX:
        most = DATAGRAM_BYTES_MAX
        raise NetworkError("size", f"a datagram has at most {most} bytes, this one {len(data)}")


class FrameReader:
    """Takes bytes as they come and gives frames; never holds more than one that is not whole. O(bytes)."""

    __slots__ = ("_bytes_max", "_length", "_next_bytes_max", "_parts", "held_bytes")

    def __init__(self, bytes_max: int = FRAME_BYTES_MAX) -> None:
        self._bytes_max = self._next_bytes_max = bytes_max
        self._parts: list[bytes] = []
        self._length = -1
        self.held_bytes = 0
        """``held_bytes`` are here and belong to a frame that is not whole; its head counts as long as that is not."""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that ``data`` completes. NetworkError ``"size"``, as soon as a frame says that it is too long."""
        if not self.held_bytes and self._length < 0 and len(data) >= HEAD_BYTES:
            length = int.from_bytes(data[:HEAD_BYTES], "big")
            if length == len(data) - HEAD_BYTES and length <= self._next_bytes_max:
                self._next_bytes_max = self._bytes_max
                return [data[HEAD_BYTES:]]
        frames: list[bytes] = []
        self._parts.append(data)
        self.held_bytes += len(data)
        while self.held_bytes >= (HEAD_BYTES if self._length < 0 else self._length):
            if self._length < 0:
                self._length = int.from_bytes(self._take(HEAD_BYTES), "big")
                if self._length > self._next_bytes_max:
                    raise too_long(self._length, self._next_bytes_max)
            else:
                frames.append(self._take(self._length))
                self._length = -1
                self._next_bytes_max = self._bytes_max
        return frames

    def limit(self, bytes_max: int) -> None:
        """The next frame may not be longer. NetworkError ``"size"`` where it has begun and says that it is."""
        self._next_bytes_max = min(bytes_max, self._bytes_max)
        if self._length > bytes_max:
            raise too_long(self._length, bytes_max)

    def is_within(self) -> bool:
        """Whether a frame has begun and is not whole: no place for a stream to end."""
        return self.held_bytes > 0 or self._length >= 0

    def _take(self, count: int) -> bytes:
        """The first ``count`` of the bytes held."""
        whole = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self.held_bytes -= count
        self._parts = [whole[count:]] if self.held_bytes else []
        return whole[:count]
