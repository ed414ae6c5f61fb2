"""Who says what: Ed25519 keys of neurons, signatures under a domain, keys at rest; who may read what: envelopes.

May import: focusmesh.errors, focusmesh.ids, modules of focusmesh.protocol, and nothing else of the project.
Start reading at protocol/identity/keys.py; envelopes begin in protocol/identity/envelope.py.
"""

from __future__ import annotations

from focusmesh.protocol.identity.envelope import envelope_recipients, open_envelope, seal
from focusmesh.protocol.identity.envelope_keys import (
    ENVELOPE_PUBLIC_BYTES,
    ENVELOPE_SEED_BYTES,
    EnvelopeKey,
    envelope_key_id,
)
from focusmesh.protocol.identity.keys import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    Check,
    SigningKey,
    verify,
    verify_many,
    verify_text,
)
from focusmesh.protocol.identity.sealed import (
    SEAL_RANDOM_BYTES,
    SealCosts,
    SealedKey,
    read_sealed_key,
    seal_key,
    unseal_key,
)

__all__ = [
    "ENVELOPE_PUBLIC_BYTES",
    "ENVELOPE_SEED_BYTES",
    "KEY_BYTES",
    "SEAL_RANDOM_BYTES",
    "SIGNATURE_BYTES",
    "Check",
    "EnvelopeKey",
    "SealCosts",
    "SealedKey",
    "SigningKey",
    "envelope_key_id",
    "envelope_recipients",
    "open_envelope",
    "read_sealed_key",
    "seal",
    "seal_key",
    "unseal_key",
    "verify",
    "verify_many",
    "verify_text",
]
