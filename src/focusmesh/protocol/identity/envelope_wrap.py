"""One data key, wrapped for one recipient: ML-KEM-768 and X25519, so that breaking one of them opens nothing.

KEK = HKDF-SHA256(ML-KEM secret ‖ X25519 secret, info = domain ‖ suite ‖ recipient key ‖ ML-KEM ciphertext ‖
ephemeral key); the data key is wrapped with AES-256-KW (RFC 3394).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import InputError, SecretError
from focusmesh.protocol.identity.envelope_keys import (
    CURVE_KEY_BYTES,
    KEM_PUBLIC_BYTES,
    asymmetric,
    envelope_key_id,
    primitives,
    split_public,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.protocol.identity.envelope_keys import EnvelopeKey

    # An ML-KEM-768 public key -> (shared secret of 32 bytes, ciphertext of 1,088 bytes).
    Encapsulate = Callable[[bytes], tuple[bytes, bytes]]

KEY_ID_BYTES = 32
KEM_CIPHERTEXT_BYTES = 1_088
DATA_KEY_BYTES = 32
WRAPPED_KEY_BYTES = DATA_KEY_BYTES + 8
_DOMAIN = b"focusmesh/envelope/1/kek\x00"


class WrappedKey(NamedTuple):
    """What an envelope holds for one recipient: 32 + 1,088 + 32 + 40 bytes."""

    recipient: bytes
    kem_ciphertext: bytes
    ephemeral: bytes
    wrapped: bytes


def wrap(
    data_key: bytes, public: bytes, suite: int, ephemeral_seed: bytes, encapsulate: Encapsulate
) -> WrappedKey:
    """The data key for whoever has the private half of ``public``.

    Raises InputError for a public key that is none, or whose X25519 half is a point of small order.
    """
    _, curve_public = split_public(public)
    kem_secret, kem_ciphertext = encapsulate(public[:KEM_PUBLIC_BYTES])
    own = asymmetric("x25519").X25519PrivateKey.from_private_bytes(ephemeral_seed)
    ephemeral = own.public_key().public_bytes_raw()
    try:
        curve_secret = own.exchange(curve_public)
    except ValueError as error:
        raise InputError("a recipient's X25519 key is a point of small order; refused") from error
    kek = _kek(kem_secret + curve_secret, suite, public, kem_ciphertext, ephemeral)
    wrapped = primitives("keywrap").aes_key_wrap(kek, data_key)
    return WrappedKey(envelope_key_id(public), kem_ciphertext, ephemeral, wrapped)


def unwrap(entry: WrappedKey, key: EnvelopeKey, suite: int) -> bytes:
    """The data key. Raises SecretError where the entry was not made for this key, or was changed since."""
    curve_public = asymmetric("x25519").X25519PublicKey.from_public_bytes(entry.ephemeral)
    keywrap = primitives("keywrap")
    try:
        secrets = key.kem.decapsulate(entry.kem_ciphertext) + key.curve.exchange(curve_public)
        kek = _kek(secrets, suite, key.public, entry.kem_ciphertext, entry.ephemeral)
        return bytes(keywrap.aes_key_unwrap(kek, entry.wrapped))
    except (ValueError, keywrap.InvalidUnwrap) as error:
        raise SecretError(
            f"the envelope's entry for key {entry.recipient.hex()[:16]} does not open: it was changed since"
        ) from error


def openssl_encapsulate(kem_public: bytes) -> tuple[bytes, bytes]:
    """ML-KEM-768 by OpenSSL, which takes its coins from the system and from nowhere else."""
    secret, ciphertext = (
        asymmetric("mlkem").MLKEM768PublicKey.from_public_bytes(kem_public).encapsulate()
    )
    return bytes(secret), bytes(ciphertext)


def _kek(
    secrets: bytes, suite: int, public: bytes, kem_ciphertext: bytes, ephemeral: bytes
) -> bytes:
    info = _DOMAIN + bytes((suite,)) + public + kem_ciphertext + ephemeral
    sha256 = primitives("hashes").SHA256()
    hkdf = primitives("kdf.hkdf").HKDF(algorithm=sha256, length=32, salt=None, info=info)
    return bytes(hkdf.derive(secrets))


ENTRY_BYTES = KEY_ID_BYTES + KEM_CIPHERTEXT_BYTES + CURVE_KEY_BYTES + WRAPPED_KEY_BYTES
