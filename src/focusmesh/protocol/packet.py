"""A signal on its way to whoever makes blocks, with the contents that go with it and are no part of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, SignalError
from focusmesh.ids import digest
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import SIGNATURE_BYTES

if TYPE_CHECKING:
    from focusmesh.protocol.signal import SignedSignal


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
        return encode([self.wire, list(self.contents)])

    @classmethod
    def decode(cls, data: bytes) -> Packet:
        """Raises SignalError ``"malformed"`` for bytes that are no packet; the signal itself is not looked at."""
        try:
            wire, contents = decode(data)
        except (CodecError, ValueError, TypeError) as error:
            raise SignalError("malformed", f"{len(data)} bytes that are no packet") from error
        whole = type(wire) is bytes and type(contents) is list
        if not whole or any(type(content) is not bytes for content in contents):
            raise SignalError("malformed", f"{len(data)} bytes that are no packet")
        return cls(wire, tuple(contents))
