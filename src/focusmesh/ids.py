"""Content digests and their text form.

A particle's id is the 32-byte digest of its content: BLAKE3-256 by default, SHA-256 accepted. People see it as a
CIDv1 (multiformats): multibase base32 of version 1, the raw codec, and the multihash of the digest.
"""

from __future__ import annotations

import base64
import binascii

from focusmesh.errors import InputError

DIGEST_BYTES = 32
_CID_LENGTH = 59
_VERSION_1 = 0x01
_RAW_CODEC = 0x55
_HASH_CODES = {"blake3": 0x1E, "sha2-256": 0x12}


def digest(content: bytes) -> bytes:
    """BLAKE3-256 of ``content``: 32 bytes. O(len(content))."""
    import blake3

    return blake3.blake3(content).digest()


def to_cid(digest_bytes: bytes, hash_name: str = "blake3") -> str:
    """The CIDv1 text of a 32-byte digest, such as ``bafkr4i...``.

    ``hash_name`` is ``"blake3"`` or ``"sha2-256"``. Raises InputError for another hash or length.
    """
    if hash_name not in _HASH_CODES:
        raise InputError(f"unknown hash {hash_name!r}: use one of {', '.join(_HASH_CODES)}")
    if len(digest_bytes) != DIGEST_BYTES:
        raise InputError(f"a digest has {DIGEST_BYTES} bytes, this one has {len(digest_bytes)}")
    head = bytes((_VERSION_1, _RAW_CODEC, _HASH_CODES[hash_name], DIGEST_BYTES))
    return "b" + base64.b32encode(head + digest_bytes).decode("ascii").lower().rstrip("=")


def from_cid(text: str) -> bytes:
    """The 32-byte digest named by a CIDv1 text (multibase base32, raw codec, BLAKE3 or SHA-256).

    Raises InputError with what is wrong; only the one canonical spelling is accepted.
    """
    raw = _decode_base32(text)
    if len(raw) != 4 + DIGEST_BYTES or raw[0] != _VERSION_1 or raw[3] != DIGEST_BYTES:
        raise InputError(f"{text!r} is not a CIDv1 of a 32-byte digest")
    if raw[1] != _RAW_CODEC:
        raise InputError(f"{text!r} has codec 0x{raw[1]:02x}; particles use raw (0x55)")
    if raw[2] not in _HASH_CODES.values():
        raise InputError(f"{text!r} has hash code 0x{raw[2]:02x}; known: blake3, sha2-256")
    if to_cid(raw[4:], _hash_name(raw[2])) != text:
        raise InputError(f"{text!r} is not the canonical spelling of its CID")
    return raw[4:]


def is_cid(text: str) -> bool:
    """Whether a text is the CIDv1 of a digest. O(1): what has another length is none."""
    if len(text) != _CID_LENGTH or not text.startswith("b"):
        return False
    try:
        from_cid(text)
    except InputError:
        return False
    return True


def _decode_base32(text: str) -> bytes:
    if not text.startswith("b"):
        raise InputError(f"{text!r} is not a base32 CIDv1: it must begin with 'b'")
    body = text[1:].upper()
    try:
        return base64.b32decode(body + "=" * (-len(body) % 8))
    except (binascii.Error, ValueError) as error:
        raise InputError(f"{text!r} is not a base32 CIDv1: {error}") from error


def _hash_name(code: int) -> str:
    return next(name for name, known in _HASH_CODES.items() if known == code)
