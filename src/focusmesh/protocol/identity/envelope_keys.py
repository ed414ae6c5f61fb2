"""Keys that envelopes are sealed for: an ML-KEM-768 key and an X25519 key side by side, made from one seed."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from focusmesh.errors import InputError, MissingExtraError
from focusmesh.ids import digest

KEM_SEED_BYTES = 64
KEM_PUBLIC_BYTES = 1_184
CURVE_KEY_BYTES = 32
ENVELOPE_SEED_BYTES = KEM_SEED_BYTES + CURVE_KEY_BYTES
ENVELOPE_PUBLIC_BYTES = KEM_PUBLIC_BYTES + CURVE_KEY_BYTES
_ID_DOMAIN = b"focusmesh/envelope/1/recipient\x00"


@dataclass(frozen=True)
class EnvelopeKey:
    """The private half: ``seed`` is 96 secret bytes, 64 for ML-KEM-768 (FIPS 203's d ‖ z) and 32 for X25519.

    Raises InputError for a seed of another length, MissingExtraError without the extra ``ledger``.
    """

    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != ENVELOPE_SEED_BYTES:
            raise InputError(
                f"an envelope key is made from {ENVELOPE_SEED_BYTES} secret bytes, not {len(self.seed)}"
            )

    @cached_property
    def public(self) -> bytes:
        """What senders need: ML-KEM-768 encapsulation key ‖ X25519 public key, 1,216 bytes."""
        return bytes(
            self.kem.public_key().public_bytes_raw() + self.curve.public_key().public_bytes_raw()
        )

    @cached_property
    def id(self) -> bytes:
        """The 32 bytes by which envelopes name this key."""
        return envelope_key_id(self.public)

    @cached_property
    def kem(self) -> Any:
        """The ML-KEM-768 half, as ``cryptography`` has it."""
        return asymmetric("mlkem").MLKEM768PrivateKey.from_seed_bytes(self.seed[:KEM_SEED_BYTES])

    @cached_property
    def curve(self) -> Any:
        """The X25519 half, as ``cryptography`` has it."""
        return asymmetric("x25519").X25519PrivateKey.from_private_bytes(self.seed[KEM_SEED_BYTES:])


def envelope_key_id(public: bytes) -> bytes:
    """BLAKE3-256 of a domain and the whole public key, so that both halves are named at once."""
    return digest(_ID_DOMAIN + public)


def split_public(public: bytes) -> tuple[Any, Any]:
    """The two halves of a public key: ML-KEM-768, X25519. Raises InputError for another length or a key
    whose coefficients are not reduced (FIPS 203, 7.2)."""
    if len(public) != ENVELOPE_PUBLIC_BYTES:
        raise InputError(
            f"a recipient's public key has {ENVELOPE_PUBLIC_BYTES:,} bytes, this one has {len(public):,}"
        )
    kem, curve = asymmetric("mlkem"), asymmetric("x25519")
    try:
        return (
            kem.MLKEM768PublicKey.from_public_bytes(public[:KEM_PUBLIC_BYTES]),
            curve.X25519PublicKey.from_public_bytes(public[KEM_PUBLIC_BYTES:]),
        )
    except ValueError as error:
        raise InputError(f"not a public key of ML-KEM-768 and X25519: {error}") from error


def asymmetric(name: str) -> Any:
    """A module of ``cryptography`` that only those need who seal or open."""
    return primitives(f"asymmetric.{name}")


def primitives(name: str) -> Any:
    """``cryptography.hazmat.primitives.<name>``; raises MissingExtraError where it is not installed."""
    try:
        return importlib.import_module(f"cryptography.hazmat.primitives.{name}")
    except ImportError as error:
        raise MissingExtraError("ledger", "sealing and opening envelopes") from error
