"""The bytes of an envelope: head, one entry a recipient, nonce, length, ciphertext. Big endian, nothing optional.

magic "FMEV"        4      version             1
suite               1      content encoding    1     0 as it is, 1 Brotli
recipient count     2      key commitment     32
entries        1,192 n     key id 32 ‖ ML-KEM ciphertext 1,088 ‖ ephemeral X25519 key 32 ‖ wrapped key 40,
                           ascending by key id, none twice
nonce              12      ciphertext length   8
ciphertext                 AES-256-GCM, its tag of 16 bytes at the end
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from focusmesh.errors import SecretError
from focusmesh.protocol.identity.envelope_keys import CURVE_KEY_BYTES
from focusmesh.protocol.identity.envelope_wrap import (
    ENTRY_BYTES,
    KEM_CIPHERTEXT_BYTES,
    KEY_ID_BYTES,
    WRAPPED_KEY_BYTES,
    WrappedKey,
)

MAGIC = b"FMEV"
VERSION = 1
SUITE = 1
AS_IT_IS, BROTLI = 0, 1
NONCE_BYTES = 12
TAG_BYTES = 16
RECIPIENTS_MAX = 1_024
_HEAD = struct.Struct(">4sBBBH32s")
_TAIL = struct.Struct(f">{NONCE_BYTES}sQ")
_ENTRY = struct.Struct(
    f">{KEY_ID_BYTES}s{KEM_CIPHERTEXT_BYTES}s{CURVE_KEY_BYTES}s{WRAPPED_KEY_BYTES}s"
)


class Envelope(NamedTuple):
    """An envelope taken apart; ``associated`` is every byte before the ciphertext."""

    encoding: int
    commitment: bytes
    entries: tuple[WrappedKey, ...]
    nonce: bytes
    associated: bytes
    ciphertext: bytes


def write_associated(
    encoding: int,
    commitment: bytes,
    entries: tuple[WrappedKey, ...],
    nonce: bytes,
    ciphertext_bytes: int,
) -> bytes:
    """Every byte before the ciphertext; ``entries`` ascend by key id."""
    head = _HEAD.pack(MAGIC, VERSION, SUITE, encoding, len(entries), commitment)
    body = b"".join(_ENTRY.pack(*entry) for entry in entries)
    return head + body + _TAIL.pack(nonce, ciphertext_bytes)


def read_envelope(data: bytes) -> Envelope:
    """Take an envelope apart. Raises SecretError for bytes that are not exactly one. O(len(data))."""
    if len(data) < _HEAD.size:
        raise SecretError(f"{len(data)} bytes are not an envelope: its head alone has {_HEAD.size}")
    magic, version, suite, encoding, count, commitment = _HEAD.unpack_from(data)
    _check_head(magic, version, suite, encoding, count)
    associated_bytes = _HEAD.size + count * ENTRY_BYTES + _TAIL.size
    if len(data) < associated_bytes + TAG_BYTES:
        raise SecretError(
            f"the envelope is cut short: {len(data):,} bytes hold no {count} entries and a ciphertext"
        )
    entries = tuple(
        WrappedKey(*_ENTRY.unpack_from(data, _HEAD.size + place * ENTRY_BYTES))
        for place in range(count)
    )
    nonce, ciphertext_bytes = _TAIL.unpack_from(data, associated_bytes - _TAIL.size)
    _check_order(entries)
    if len(data) - associated_bytes != ciphertext_bytes:
        raise SecretError(
            f"the envelope announces {ciphertext_bytes:,} bytes of ciphertext and holds "
            f"{len(data) - associated_bytes:,}"
        )
    return Envelope(
        encoding, commitment, entries, nonce, data[:associated_bytes], data[associated_bytes:]
    )


def _check_head(magic: bytes, version: int, suite: int, encoding: int, count: int) -> None:
    if magic != MAGIC:
        raise SecretError(f"not an envelope: it begins with {magic!r} instead of {MAGIC!r}")
    if version != VERSION or suite != SUITE:
        raise SecretError(
            f"an envelope of version {version}, suite {suite}; this focusmesh opens version {VERSION}, "
            f"suite {SUITE}"
        )
    if encoding not in {AS_IT_IS, BROTLI}:
        raise SecretError(f"the envelope has unknown content encoding {encoding}")
    if not 1 <= count <= RECIPIENTS_MAX:
        raise SecretError(
            f"the envelope has {count} recipients; 1 to {RECIPIENTS_MAX:,} are allowed"
        )


def _check_order(entries: tuple[WrappedKey, ...]) -> None:
    ids = [entry.recipient for entry in entries]
    if ids != sorted(set(ids)):
        raise SecretError("the envelope's recipients are not in ascending order, or one is twice")
