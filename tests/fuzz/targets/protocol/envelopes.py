"""Envelopes, also from a sender who has the data key and seals what is no content.

Input: a byte and an envelope as it is (0), or what is encrypted (1 + the content encoding), under a true tag.
"""

from __future__ import annotations

import hashlib
from functools import cache
from random import Random

from focusmesh.errors import CodecError, SecretError
from focusmesh.protocol.identity import (
    EnvelopeKey,
    envelope_recipients,
    open_envelope,
    seal,
)
from focusmesh.protocol.identity.envelope import commitment
from focusmesh.protocol.identity.envelope_format import (
    NONCE_BYTES,
    SUITE,
    TAG_BYTES,
    read_envelope,
    write_associated,
)
from focusmesh.protocol.identity.envelope_keys import primitives
from focusmesh.protocol.identity.envelope_wrap import (
    DATA_KEY_BYTES,
    WrappedKey,
    openssl_encapsulate,
    wrap,
)
from tests.fuzz.target import Target

_ALICE, _BOB = (EnvelopeKey(hashlib.shake_256(name).digest(96)) for name in (b"alice", b"bob"))
_CONTENT_BYTES_MAX = 1 << 20
_DATA_KEY, _NONCE = bytes(range(DATA_KEY_BYTES)), bytes(NONCE_BYTES)


def check(data: bytes) -> bool:
    envelope = _envelope(data)
    try:
        recipients = envelope_recipients(envelope)
        content = open_envelope(envelope, _ALICE, _CONTENT_BYTES_MAX)
    except (SecretError, CodecError):
        return False
    assert list(recipients) == sorted(set(recipients))
    assert _ALICE.id in recipients
    assert len(content) <= _CONTENT_BYTES_MAX
    taken = read_envelope(envelope)
    length = len(taken.ciphertext)
    fields = taken.encoding, taken.commitment, taken.entries, taken.nonce, length
    assert write_associated(*fields) + taken.ciphertext == envelope
    return True


@cache
def _entry() -> WrappedKey:
    return wrap(_DATA_KEY, _ALICE.public, SUITE, bytes(32), openssl_encapsulate)


def _envelope(data: bytes) -> bytes:
    if not data or not data[0]:
        return data[1:]
    encoding, plain = data[0] - 1, data[1:]
    associated = write_associated(
        encoding,
        commitment(_DATA_KEY, _NONCE),
        (_entry(),),
        _NONCE,
        len(plain) + TAG_BYTES,
    )
    cipher = primitives("ciphers.aead").AESGCM(_DATA_KEY)
    return associated + bytes(cipher.encrypt(_NONCE, plain, associated))


def seeds() -> list[bytes]:
    public, content = [_ALICE.public, _BOB.public], b"what the agent remembered" * 9
    sealed = [
        seal(content, keys, Random(5).randbytes, compressing=compressing)
        for keys in (public, public[:1])
        for compressing in (False, True)
    ]
    from focusmesh.protocol.compression import compress

    forged = [b"\x01" + content, b"\x02" + compress(content), b"\x02" + compress(bytes(2**20), 0)]
    return [*(b"\0" + envelope for envelope in sealed), *forged]


TARGET = Target(check, seeds)
