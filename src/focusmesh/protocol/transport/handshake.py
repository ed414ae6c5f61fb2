"""How a dialler proves its key on stream 0, once TLS has proved the server's: four frames, before anything else.

    dialler → server   [1, network, dialler's key]
    server → dialler   [challenge]                   32 random bytes
    dialler → server   [signature]                   of domain ‖ SHA-256(network ‖ server ‖ dialler ‖ challenge)
    server → dialler   [true]

The server's key is in what is signed, so that whoever relays it to another server is refused there; the challenge is
new each time, so that it cannot be replayed; and TLS lets nobody but that server read it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.errors import CodecError, NetworkError
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import KEY_BYTES, SIGNATURE_BYTES, verify
from focusmesh.protocol.transport.framing import frame_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.protocol.identity import SigningKey

DOMAIN = b"focusmesh/stoq/dialler/1\0"
VERSION = 1
NETWORK_BYTES = 32
CHALLENGE_BYTES = 32
PROOF_BYTES_MAX = 4_096
"""All that a dialler may send until it is proved."""


def proved_digest(network: bytes, server: bytes, dialler: bytes, challenge: bytes) -> bytes:
    """What a dialler signs under DOMAIN: each part has 32 bytes."""
    return hashlib.sha256(network + server + dialler + challenge).digest()


class Proof(Protocol):
    """Either side of it."""

    peer_key: bytes
    is_done: bool

    def take(self, frame: bytes) -> bytes:
        """What is to be sent after ``frame`` came. NetworkError for what cannot be."""
        ...


class DiallerProof:
    """The dialler's side: ``first`` is sent at once, then what ``take`` says, until it ``is_done``."""

    __slots__ = ("_key", "_network", "_was_challenged", "first", "is_done", "peer_key")

    def __init__(self, key: SigningKey, network: bytes, server: bytes) -> None:
        self._key = key
        self._network = network
        self.peer_key = server
        self._was_challenged = False
        self.first = frame_bytes(encode([VERSION, network, key.public]))
        self.is_done = False

    def take(self, frame: bytes) -> bytes:
        """What is to be sent after ``frame`` came. NetworkError ``"handshake"`` for what no server sends."""
        match _values(frame):
            case [bytes(challenge)] if (
                not self._was_challenged and len(challenge) == CHALLENGE_BYTES
            ):
                self._was_challenged = True
                return self._sign(challenge)
            case [True] if self._was_challenged:
                self.is_done = True
                return b""
        raise NetworkError("handshake", "the server neither challenges nor welcomes")

    def _sign(self, challenge: bytes) -> bytes:
        digest = proved_digest(self._network, self.peer_key, self._key.public, challenge)
        return frame_bytes(encode([self._key.sign(DOMAIN, digest)]))


class ServerProof:
    """The server's side; ``peer_key`` is empty until the proof ``is_done``."""

    __slots__ = ("_admit", "_challenge", "_claimed", "_key", "_network", "is_done", "peer_key")

    def __init__(
        self, key: bytes, network: bytes, challenge: bytes, admit: Callable[[bytes], str]
    ) -> None:
        """``challenge`` is 32 new random bytes; ``admit(key)`` says why a proved key is not welcome, or nothing."""
        self._key = key
        self._network = network
        self._challenge = challenge
        self._admit = admit
        self._claimed: bytes | None = None
        self.peer_key = b""
        self.is_done = False

    def take(self, frame: bytes) -> bytes:
        """What is to be sent after ``frame`` came.

        NetworkError: ``"handshake"`` for a proof that does not hold, ``"refused"`` for one that is not welcome.
        """
        return self._begin(frame) if self._claimed is None else self._verify_proof(frame)

    def _begin(self, frame: bytes) -> bytes:
        match _values(frame):
            case [int(version), bytes(network), bytes(key)] if len(key) == KEY_BYTES:
                if version != VERSION:
                    raise NetworkError(
                        "refused", f"this node speaks version {VERSION} of the proof, not {version}"
                    )
                if network != self._network:
                    raise NetworkError(
                        "refused",
                        f"this node is of network {self._network.hex()}, not {network.hex()}",
                    )
                self._claimed = key
                return frame_bytes(encode([self._challenge]))
        raise NetworkError("handshake", "the first frame is not [version, network, key]")

    def _verify_proof(self, frame: bytes) -> bytes:
        assert self._claimed is not None
        match _values(frame):
            case [bytes(signature)] if len(signature) == SIGNATURE_BYTES:
                digest = proved_digest(self._network, self._key, self._claimed, self._challenge)
                if not verify(self._claimed, DOMAIN, digest, signature):
                    raise NetworkError(
                        "handshake", f"the proof of key {self._claimed.hex()} does not hold"
                    )
                why_not = self._admit(self._claimed)
                if why_not:
                    raise NetworkError("refused", why_not)
                self.peer_key = self._claimed
                self.is_done = True
                return frame_bytes(encode([True]))
        raise NetworkError("handshake", "the proof is not [signature]")


def _values(frame: bytes) -> Any:
    try:
        return decode(frame, depth_max=2)
    except CodecError as error:
        raise NetworkError("handshake", f"a frame of the proof cannot be read: {error}") from error
