"""Envelopes: content that its recipients alone can read, and that opens to one content for all of them.

The key commitment is checked before anything is decrypted: AES-GCM does not commit to its key, so a sender could
otherwise make one ciphertext that opens to different contents for different recipients.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, InputError, SecretError
from focusmesh.protocol.compression import compress, decompress
from focusmesh.protocol.identity.envelope_format import (
    AS_IT_IS,
    BROTLI,
    NONCE_BYTES,
    RECIPIENTS_MAX,
    SUITE,
    TAG_BYTES,
    read_envelope,
    write_associated,
)
from focusmesh.protocol.identity.envelope_keys import CURVE_KEY_BYTES, primitives
from focusmesh.protocol.identity.envelope_wrap import (
    DATA_KEY_BYTES,
    openssl_encapsulate,
    unwrap,
    wrap,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.protocol.identity.envelope_format import Envelope
    from focusmesh.protocol.identity.envelope_keys import EnvelopeKey
    from focusmesh.protocol.identity.envelope_wrap import Encapsulate

CONTENT_BYTES_MAX = 1 << 26
_COMMITMENT_DOMAIN = b"focusmesh/envelope/1/commitment\x00"


def seal(
    content: bytes,
    recipients: Sequence[bytes],
    random: Callable[[int], bytes],
    *,
    compressing: bool = True,
    encapsulate: Encapsulate = openssl_encapsulate,
) -> bytes:
    """Seal ``content`` (at most 64 MiB) for 1 to 1,024 distinct public keys of 1,216 bytes each.

    ``random(k)`` gives k bytes from a cryptographic source, new ones for every envelope; ML-KEM's coins are
    OpenSSL's unless ``encapsulate`` is another. ``compressing=False`` is for what is compressed already: the length
    of the sealed bytes shows how well content compresses. Raises InputError for recipients that are no keys, none,
    too many or repeated, and for too long content. O(content + recipients).
    """
    if len(content) > CONTENT_BYTES_MAX:
        raise InputError(
            f"an envelope holds at most {CONTENT_BYTES_MAX:,} bytes, not {len(content):,}: split the content"
        )
    if not 1 <= len(recipients) <= RECIPIENTS_MAX or len(set(recipients)) != len(recipients):
        raise InputError(
            f"an envelope has 1 to {RECIPIENTS_MAX:,} distinct recipients, not {len(recipients)}"
        )
    data_key, nonce = random(DATA_KEY_BYTES), random(NONCE_BYTES)
    entries = tuple(
        sorted(
            wrap(data_key, public, SUITE, random(CURVE_KEY_BYTES), encapsulate)
            for public in recipients
        )
    )
    plain = compress(content) if compressing else content
    associated = write_associated(
        BROTLI if compressing else AS_IT_IS,
        commitment(data_key, nonce),
        entries,
        nonce,
        len(plain) + TAG_BYTES,
    )
    cipher = primitives("ciphers.aead").AESGCM(data_key)
    return associated + bytes(cipher.encrypt(nonce, plain, associated))


def open_envelope(
    data: bytes, key: EnvelopeKey, content_bytes_max: int = CONTENT_BYTES_MAX
) -> bytes:
    """The content, to the byte as it was sealed.

    Raises SecretError when the envelope is not for this key, is not exactly one envelope, or was changed in any byte;
    CodecError when its content has more than ``content_bytes_max`` bytes or is not what its encoding says. O(data).
    """
    envelope = read_envelope(data)
    data_key = _data_key(envelope, key)
    check_commitment(envelope, data_key)
    plain = _decrypt(envelope, data_key)
    if envelope.encoding == BROTLI:
        return decompress(plain, content_bytes_max)
    if len(plain) > content_bytes_max:
        raise CodecError(f"the content has {len(plain):,} bytes; {content_bytes_max:,} are allowed")
    return plain


def envelope_recipients(data: bytes) -> tuple[bytes, ...]:
    """The ids of the keys that ``data`` is sealed for, ascending; whoever sees an envelope sees these."""
    return tuple(entry.recipient for entry in read_envelope(data).entries)


def commitment(data_key: bytes, nonce: bytes) -> bytes:
    """SHA-256(domain ‖ data key ‖ nonce): says which key the ciphertext is meant for, and not what it is."""
    return hashlib.sha256(_COMMITMENT_DOMAIN + data_key + nonce).digest()


def check_commitment(envelope: Envelope, data_key: bytes) -> None:
    """Refuse a data key that is not the one that the envelope commits to. Raises SecretError."""
    if not hmac.compare_digest(commitment(data_key, envelope.nonce), envelope.commitment):
        raise SecretError(
            "the envelope's key is not the one that it commits to: it was changed since, or its sender "
            "made it to open differently for different recipients"
        )


def _data_key(envelope: Envelope, key: EnvelopeKey) -> bytes:
    for entry in envelope.entries:
        if entry.recipient == key.id:
            return unwrap(entry, key, SUITE)
    raise SecretError(
        f"the envelope is not for key {key.id.hex()[:16]}: it names {len(envelope.entries)} other keys"
    )


def _decrypt(envelope: Envelope, data_key: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag

    cipher = primitives("ciphers.aead").AESGCM(data_key)
    try:
        return bytes(cipher.decrypt(envelope.nonce, envelope.ciphertext, envelope.associated))
    except InvalidTag as error:
        raise SecretError(
            "the envelope was changed since it was sealed: its tag does not agree"
        ) from error
