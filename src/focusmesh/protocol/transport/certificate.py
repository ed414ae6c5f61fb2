"""The X.509 certificate of a peer's key: what QUIC needs to carry 32 bytes. Nobody reads more of it than the key.

Written by hand (RFC 5280, RFC 8410), so that it is a function of the key: serial 1, from 2000 until 9999.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import MissingExtraError, NetworkError

if TYPE_CHECKING:
    from focusmesh.protocol.identity import SigningKey

ED25519 = bytes.fromhex("300506032b6570")
"""AlgorithmIdentifier of Ed25519."""
PUBLIC_KEY_HEAD = bytes.fromhex("302a") + ED25519 + bytes.fromhex("032100")
"""What stands before the 32 bytes in a SubjectPublicKeyInfo."""
PRIVATE_KEY_HEAD = bytes.fromhex("302e020100") + ED25519 + bytes.fromhex("04220420")
"""What stands before the 32 bytes in a PrivateKeyInfo (PKCS #8)."""
NAME = "focusmesh"
_SEQUENCE, _SET, _INTEGER, _BITS, _OBJECT, _TEXT = 0x30, 0x31, 0x02, 0x03, 0x06, 0x0C
_VERSION, _UTC_TIME, _GENERALIZED_TIME = 0xA0, 0x17, 0x18
_COMMON_NAME = bytes.fromhex("550403")


def certificate_of(key: SigningKey) -> bytes:
    """The certificate in DER, signed by the key itself."""
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ModuleNotFoundError as error:
        raise MissingExtraError("network", "QUIC") from error
    name = _der(
        _SEQUENCE,
        _der(_SET, _der(_SEQUENCE, _der(_OBJECT, _COMMON_NAME), _der(_TEXT, NAME.encode()))),
    )
    validity = _der(
        _SEQUENCE, _der(_UTC_TIME, b"000101000000Z"), _der(_GENERALIZED_TIME, b"99991231235959Z")
    )
    body = _der(
        _SEQUENCE,
        _der(_VERSION, _der(_INTEGER, b"\x02")),
        _der(_INTEGER, b"\x01"),
        ED25519,
        name,
        validity,
        name,
        PUBLIC_KEY_HEAD + key.public,
    )
    signature = Ed25519PrivateKey.from_private_bytes(key.seed).sign(body)
    return _der(_SEQUENCE, body, ED25519, _der(_BITS, b"\0" + signature))


def private_key_of(key: SigningKey) -> bytes:
    """The secret half in DER (PKCS #8)."""
    return PRIVATE_KEY_HEAD + key.seed


def key_of(public_key_info: bytes) -> bytes:
    """The 32 bytes in a SubjectPublicKeyInfo. NetworkError ``"handshake"`` where that is of another kind of key."""
    if not public_key_info.startswith(PUBLIC_KEY_HEAD):
        raise NetworkError("handshake", "the other side's certificate has no Ed25519 key")
    key = public_key_info[len(PUBLIC_KEY_HEAD) :]
    if len(key) != 32:
        raise NetworkError("handshake", "the other side's certificate has no Ed25519 key")
    return key


def _der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    length = len(content)
    if length < 128:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 128 + len(size))) + size + content
