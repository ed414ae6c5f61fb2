"""Requests that neurons sign: HTTP Message Signatures (RFC 9421) by Ed25519 keys, over digests of bodies (RFC 9530).

May import: protocol, ids, errors; no web framework. Who calls brings the clock and chance.
Start reading at signer.py, then verification.py; what is signed is made in base.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.interface.server.signatures.base import Asked as Asked
    from focusmesh.interface.server.signatures.digests import Body as Body
    from focusmesh.interface.server.signatures.digests import content_digest as content_digest
    from focusmesh.interface.server.signatures.replay_guard import Remembered as Remembered
    from focusmesh.interface.server.signatures.signer import RequestSigner as RequestSigner
    from focusmesh.interface.server.signatures.verification import (
        SignatureRefusedError as SignatureRefusedError,
    )
    from focusmesh.interface.server.signatures.verification import Signatures as Signatures
else:
    __getattr__, __dir__ = lazily(__name__)
