"""A signal on its way to whoever makes blocks, with the contents that go with it and are no part of it.

A packet is the canonical dag-cbor array of the signal's bytes and an array of contents, each bytes. It has this one
form, so that its own reader reads it: a few heads, and slices. Nothing else that dag-cbor knows is made of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.errors import ParameterError, SignalError
from focusmesh.ids import digest
from focusmesh.protocol.codec import ARRAY, BYTES, head
from focusmesh.protocol.identity import SIGNATURE_BYTES
from focusmesh.protocol.signal import OPERATIONS_MAX, SIGNAL_BYTES_MAX

if TYPE_CHECKING:
    from focusmesh.protocol.signal import SignedSignal

_PAIR = head(ARRAY, 2)
_ONE_BYTE, _EIGHT_BYTES = 24, 27
_CONTENT_BYTES_MAX = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class PacketLimits:
    """What a packet may hold: 1 ≤ ``signal_bytes``, signature included; 0 ≤ ``contents``, ``content_bytes`` each."""

    signal_bytes: int = SIGNAL_BYTES_MAX
    contents: int = OPERATIONS_MAX
    content_bytes: int = _CONTENT_BYTES_MAX

    def verify(self) -> None:
        """Raises ParameterError."""
        for name, least in (("signal_bytes", 1), ("contents", 0), ("content_bytes", 0)):
            value = getattr(self, name)
            if value < least:
                raise ParameterError(f"{name} = {value}; at least {least} is needed")


PACKET_LIMITS = PacketLimits()
"""What any network allows: an operation claims one content at the most."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A signal on its way (signature and bytes), and the contents that go with it."""

    wire: bytes
    contents: tuple[bytes, ...] = ()
    made: SignedSignal | None = field(default=None, compare=False, repr=False)
    """The signal itself, where it was signed in this process."""

    @property
    def id(self) -> bytes:
        """The signal's id."""
        return digest(self.wire[SIGNATURE_BYTES:])

    @property
    def size_bytes(self) -> int:
        """Bytes of all of it."""
        return len(self.wire) + sum(map(len, self.contents))

    def encode(self) -> bytes:
        """As bytes, for who takes it to a node."""
        parts = [_PAIR, head(BYTES, len(self.wire)), self.wire]
        parts.append(head(ARRAY, len(self.contents)))
        for content in self.contents:
            parts += (head(BYTES, len(content)), content)
        return b"".join(parts)

    @classmethod
    def decode(cls, data: bytes, limits: PacketLimits = PACKET_LIMITS) -> Packet:
        """The packet that these bytes are; the signal itself is not looked at. O(contents), memory: ``len(data)``.

        Raises SignalError: ``"malformed"`` for bytes that are no packet, ``"size"`` for one beyond ``limits``, which
        is found by the heads before anything is copied.
        """
        if data[:1] != _PAIR:
            raise _no_packet(data, 0)
        wire, at = _bytes(data, 1, "a signal", limits.signal_bytes)
        count, at = _number(data, at, ARRAY)
        if count > limits.contents:
            raise SignalError(
                "size", f"{count} contents beside a signal; at most {limits.contents} are allowed"
            )
        contents: list[bytes] = []
        for _ in range(count):
            content, at = _bytes(data, at, "a content", limits.content_bytes)
            contents.append(content)
        if at != len(data):
            raise _no_packet(data, at)
        return cls(wire, tuple(contents))


def _bytes(data: bytes, at: int, what: str, bytes_max: int) -> tuple[bytes, int]:
    """The byte string at a place, and where it ends."""
    size, start = _number(data, at, BYTES)
    if size > bytes_max:
        raise SignalError("size", f"{what} of {size} bytes; at most {bytes_max} are allowed")
    stop = start + size
    if stop > len(data):
        raise _no_packet(data, at)
    return data[start:stop], stop


def _number(data: bytes, at: int, major: int) -> tuple[int, int]:
    """The length or count in the head at a place, which is canonical, and where the head ends."""
    if at >= len(data) or data[at] >> 5 != major:
        raise _no_packet(data, at)
    short = data[at] & 31
    if short < _ONE_BYTE:
        return short, at + 1
    if short > _EIGHT_BYTES:
        raise _no_packet(data, at)
    stop = at + 1 + (1 << (short - _ONE_BYTE))
    number = int.from_bytes(data[at + 1 : stop], "big")
    # In more bytes than it needs, or cut off.
    if head(major, number) != data[at:stop]:
        raise _no_packet(data, at)
    return number, stop


def _no_packet(data: bytes, at: int) -> SignalError:
    return SignalError("malformed", f"{len(data)} bytes that are not a packet, from byte {at} on")
