"""Who says something, and who may read it: signing keys, sealed keys, envelopes.

May import: focusmesh.protocol, focusmesh.errors and focusmesh.ids; PyNaCl, cryptography and argon2 where needed.
Start reading at envelope.py.
"""

from __future__ import annotations

from focusmesh.protocol.identity.envelope import envelope_recipients, open_envelope, seal
from focusmesh.protocol.identity.envelope_keys import (
    ENVELOPE_PUBLIC_BYTES,
    ENVELOPE_SEED_BYTES,
    EnvelopeKey,
    envelope_key_id,
)

__all__ = [
    "ENVELOPE_PUBLIC_BYTES",
    "ENVELOPE_SEED_BYTES",
    "EnvelopeKey",
    "envelope_key_id",
    "envelope_recipients",
    "open_envelope",
    "seal",
]
