"""Requests that neurons sign: HTTP Message Signatures (RFC 9421) by Ed25519 keys, over digests of bodies (RFC 9530).

May import: protocol, ids, errors; no web framework. Who calls brings the clock and chance.
Start reading at signing.py, then verifying.py; what is signed is made in base.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.interface.signatures.base import Asked
    from focusmesh.interface.signatures.digests import Body, content_digest
    from focusmesh.interface.signatures.remembering import Remembered
    from focusmesh.interface.signatures.signing import RequestSigner
    from focusmesh.interface.signatures.verifying import SignatureRefusedError, Signatures

__all__ = [
    "Asked",
    "Body",
    "Remembered",
    "RequestSigner",
    "SignatureRefusedError",
    "Signatures",
    "content_digest",
]

_HOMES = {
    "focusmesh.interface.signatures.base": ("Asked",),
    "focusmesh.interface.signatures.digests": ("Body", "content_digest"),
    "focusmesh.interface.signatures.remembering": ("Remembered",),
    "focusmesh.interface.signatures.signing": ("RequestSigner",),
    "focusmesh.interface.signatures.verifying": ("SignatureRefusedError", "Signatures"),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
