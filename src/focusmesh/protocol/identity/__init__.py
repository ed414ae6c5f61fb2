"""Who says what: Ed25519 keys of neurons, signatures under a domain, keys at rest; who may read what: envelopes.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.protocol.identity.envelope import envelope_recipients as envelope_recipients
from focusmesh.protocol.identity.envelope import open_envelope as open_envelope
from focusmesh.protocol.identity.envelope import seal as seal
from focusmesh.protocol.identity.envelope_keys import ENVELOPE_PUBLIC_BYTES as ENVELOPE_PUBLIC_BYTES
from focusmesh.protocol.identity.envelope_keys import ENVELOPE_SEED_BYTES as ENVELOPE_SEED_BYTES
from focusmesh.protocol.identity.envelope_keys import EnvelopeKey as EnvelopeKey
from focusmesh.protocol.identity.envelope_keys import envelope_key_id as envelope_key_id
from focusmesh.protocol.identity.keys import KEY_BYTES as KEY_BYTES
from focusmesh.protocol.identity.keys import SIGNATURE_BYTES as SIGNATURE_BYTES
from focusmesh.protocol.identity.keys import Check as Check
from focusmesh.protocol.identity.keys import SigningKey as SigningKey
from focusmesh.protocol.identity.keys import verify as verify
from focusmesh.protocol.identity.keys import verify_many as verify_many
from focusmesh.protocol.identity.keys import verify_text as verify_text
from focusmesh.protocol.identity.sealed import SEAL_RANDOM_BYTES as SEAL_RANDOM_BYTES
from focusmesh.protocol.identity.sealed import SealCosts as SealCosts
from focusmesh.protocol.identity.sealed import SealedKey as SealedKey
from focusmesh.protocol.identity.sealed import read_sealed_key as read_sealed_key
from focusmesh.protocol.identity.sealed import seal_key as seal_key
from focusmesh.protocol.identity.sealed import unseal_key as unseal_key
