"""The strict reader: it accepts canonical dag-cbor and says at which byte anything else begins."""

from __future__ import annotations

import math
import struct
from typing import Any

from focusmesh.errors import CodecError
from focusmesh.protocol.codec.cid import Cid
from focusmesh.protocol.codec.values import (
    ARRAY,
    BYTES,
    CID_TAG,
    FALSE,
    FLOAT64,
    MAP,
    NEGATIVE,
    NULL,
    TAG,
    TEXT,
    TRUE,
    UNSIGNED,
)

_CONSTANTS = {FALSE: False, TRUE: True, NULL: None}
_ONE_BYTE, _EIGHT_BYTES = 24, 27


def read(data: bytes, depth_max: int) -> Any:
    """The value of ``data``. Raises CodecError unless these are its canonical bytes, all of them."""
    if not isinstance(data, bytes):
        raise CodecError(f"dag-cbor is read from bytes, not from {type(data).__name__}")
    reader = _Reader(data)
    value = reader.item(depth_max)
    if reader.at != len(data):
        raise CodecError(f"{len(data) - reader.at} bytes follow the value, from byte {reader.at}")
    return value


class _Reader:
    """``at`` is the next byte to be read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def item(self, depth_left: int) -> Any:
        start = self.at
        first = self.take(1)[0]
        major, short = first >> 5, first & 31
        if first in _CONSTANTS:
            return _CONSTANTS[first]
        if first == FLOAT64:
            return self.float64(start)
        if major > TAG:
            raise CodecError(f"simple value or float 0x{first:02x} at byte {start}: not dag-cbor")
        argument = self.argument(short, start)
        if major == UNSIGNED:
            return argument
        if major == NEGATIVE:
            return -1 - argument
        if major == BYTES:
            return self.take(argument)
        if major == TEXT:
            return self.text(argument, start)
        if major == TAG:
            return self.link(argument, start)
        return self.container(major, argument, depth_left, start)

    def argument(self, short: int, start: int) -> int:
        """The number of an item's head, in its shortest form."""
        if short < _ONE_BYTE:
            return short
        if short > _EIGHT_BYTES:
            raise CodecError(f"indefinite or reserved length at byte {start}")
        size = 1 << (short - _ONE_BYTE)
        value = int.from_bytes(self.take(size), "big")
        smallest = _ONE_BYTE if size == 1 else 1 << (4 * size)
        if value < smallest:
            raise CodecError(f"{value} at byte {start} is written in more bytes than it needs")
        return value

    def container(self, major: int, count: int, depth_left: int, start: int) -> Any:
        if depth_left < 1:
            raise CodecError(f"too many arrays and maps within each other at byte {start}")
        # No item is shorter than a byte: a wrong count is found before memory is taken for it.
        if count * (1 if major == ARRAY else 2) > len(self.data) - self.at:
            raise CodecError(f"the data ends within the {count} items announced at byte {start}")
        if major == MAP:
            return self.map(count, depth_left - 1)
        return [self.item(depth_left - 1) for _ in range(count)]

    def map(self, count: int, depth_left: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        last: tuple[int, bytes] | None = None
        for _ in range(count):
            start = self.at
            key = self.item(0)
            if not isinstance(key, str):
                raise CodecError(f"a key at byte {start} that is not text")
            binary = key.encode()
            rank = (len(binary), binary)
            if last is not None and rank <= last:
                fault = "stands twice" if rank == last else "is out of order"
                raise CodecError(f"the key {key!r} at byte {start} {fault}")
            last = rank
            value[key] = self.item(depth_left)
        return value

    def float64(self, start: int) -> float:
        value: float = struct.unpack(">d", self.take(8))[0]
        if not math.isfinite(value) or (value == 0 and math.copysign(1, value) < 0):
            raise CodecError(f"the float {value} at byte {start} has no place in dag-cbor")
        return value

    def text(self, byte_count: int, start: int) -> str:
        try:
            return self.take(byte_count).decode()
        except UnicodeDecodeError as error:
            raise CodecError(f"text at byte {start} that is not UTF-8: {error.reason}") from error

    def link(self, tag: int, start: int) -> Cid:
        if tag != CID_TAG:
            raise CodecError(f"tag {tag} at byte {start}: dag-cbor allows only tag {CID_TAG}")
        # Looked at before it is read: links within links have no end.
        is_binary = self.data[self.at : self.at + 1] != b"" and self.data[self.at] >> 5 == BYTES
        binary = self.item(0) if is_binary else b""
        if binary[:1] != b"\0":
            raise CodecError(f"the link at byte {start} is not a byte string that begins with 00")
        return Cid.parse(binary[1:])

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) != count:
            raise CodecError(f"the data ends at byte {len(self.data)}, within an item")
        self.at += count
        return taken
