"""Who keeps a grid signs its commits, so that a commit's id has an author: one key a grid, Ed25519."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from focusmesh.errors import GridError
from focusmesh.protocol.identity import KEY_BYTES, SigningKey, verify

if TYPE_CHECKING:
    from collections.abc import Callable

COMMIT_DOMAIN = b"focusmesh/grid-commit/1\x00"
"""What is signed is this and the commit's id."""
_KEY = b"focusmesh/grid-key/1\x00"


def grid_key(secret: bytes) -> SigningKey:
    """The key of the grid with these 32 secret bytes. Raises MissingExtraError without the extra ``ledger``."""
    return SigningKey(sha256(_KEY + secret).digest())


def certifier(key: SigningKey) -> Callable[[bytes], bytes]:
    """Makes the certificate of a commit from its id: the public key and its signature, 96 bytes."""
    return lambda commit_id: key.public + key.sign(COMMIT_DOMAIN, commit_id)


def verify_commit(commit_id: bytes, certificate: bytes, public: bytes) -> None:
    """Raises GridError ``"certificate"`` where ``public`` did not sign the commit with this id."""
    signer, signature = certificate[:KEY_BYTES], certificate[KEY_BYTES:]
    if signer != public or not verify(public, COMMIT_DOMAIN, commit_id, signature):
        raise GridError(
            "certificate",
            f"the commit {commit_id.hex()[:16]} is not signed by the grid's key {public.hex()[:16]}",
        )


class SignedCommits:
    """Checks the certificates of a history in order (verify_history): after the first that is signed, all have to be.

    ``count``: how many are.
    """

    def __init__(self, public: bytes) -> None:
        self.public = public
        self.count = 0

    def __call__(self, commit_id: bytes, certificate: bytes) -> None:
        """Raises GridError ``"certificate"``."""
        if not certificate and not self.count:
            return
        verify_commit(commit_id, certificate, self.public)
        self.count += 1
