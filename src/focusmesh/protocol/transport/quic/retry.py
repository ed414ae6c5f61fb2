"""Who asks to connect while many are on their way has to show first that it is where it says (RFC 9000 §8.1.2)."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.protocol.transport.quic.library import (
    CONNECTION_ID_BYTES,
    encode_quic_retry,
    pull_quic_header,
)

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN_SECONDS = 30
TAG_BYTES = 16
_INITIAL = 0


class Initial(NamedTuple):
    """What the first packet of a handshake says of itself."""

    version: int
    destination: bytes
    source: bytes
    token: bytes


class Original(NamedTuple):
    """The connection ids that the dialler used before it was sent back, for a server's transport parameters."""

    destination: bytes
    retry_source: bytes | None


def read_initial(datagram: bytes) -> Initial | None:
    """None for whatever is not the first packet of a handshake."""
    try:
        header = pull_quic_header(datagram, 0, CONNECTION_ID_BYTES)
    except ValueError:
        return None
    if header[1] != _INITIAL or header[0] is None:
        return None
    return Initial(header[0], header[3], header[4], header[5])


class RetryTokens:
    """Tokens that nothing has to be remembered for: a tag over where they were sent, by a key of this process."""

    __slots__ = ("_clock", "_key", "_random")

    def __init__(self, random: Callable[[int], bytes], clock: Callable[[], float]) -> None:
        self._random = random
        self._key = random(32)
        self._clock = clock

    def retry(self, initial: Initial, host: str) -> bytes:
        """The packet that sends a dialler back with a token."""
        source = self._random(CONNECTION_ID_BYTES)
        slot = int(self._clock() // TOKEN_SECONDS)
        token = self._tag(host, slot, source, initial.destination) + source + initial.destination
        packet: bytes = encode_quic_retry(
            version=initial.version,
            source_cid=source,
            destination_cid=initial.source,
            original_destination_cid=initial.destination,
            retry_token=token,
        )
        return packet

    def original(self, initial: Initial, host: str) -> Original | None:
        """What a token stands for; None where it is not ours, not for this host, too old, or not for this id."""
        tag, source = initial.token[:TAG_BYTES], initial.token[TAG_BYTES:][:CONNECTION_ID_BYTES]
        destination = initial.token[TAG_BYTES + CONNECTION_ID_BYTES :]
        now = int(self._clock() // TOKEN_SECONDS)
        for slot in (now, now - 1):
            expected = self._tag(host, slot, source, destination)
            if hmac.compare_digest(tag, expected) and source == initial.destination:
                return Original(destination, source)
        return None

    def _tag(self, host: str, slot: int, source: bytes, destination: bytes) -> bytes:
        told = b"%d\0%s\0%s%s" % (slot, host.encode(), source, destination)
        return hmac.new(self._key, told, hashlib.sha256).digest()[:TAG_BYTES]
