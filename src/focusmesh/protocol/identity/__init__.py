"""Who says what: Ed25519 keys of neurons, signatures under a domain, keys at rest.

May import: focusmesh.errors, focusmesh.ids, and nothing else of the project.
Start reading at protocol/identity/keys.py.
"""

from __future__ import annotations

from focusmesh.protocol.identity.keys import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    Check,
    SigningKey,
    verify,
    verify_many,
)

__all__ = ["KEY_BYTES", "SIGNATURE_BYTES", "Check", "SigningKey", "verify", "verify_many"]
