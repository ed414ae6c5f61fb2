"""Signing requests with a neuron's key, for urllib, httpx, requests or whatever takes header fields."""

from __future__ import annotations

import base64
import secrets
import time
from typing import TYPE_CHECKING, Any

from focusmesh.interface.server.signatures.base import Asked, signature_base
from focusmesh.interface.server.signatures.digests import FIELD as CONTENT_DIGEST
from focusmesh.interface.server.signatures.digests import content_digest
from focusmesh.interface.server.signatures.fields import InnerList, Item, write_value, written_list
from focusmesh.interface.server.signatures.verification import ALGORITHM

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.protocol.identity import SigningKey

_LABEL = "focusmesh"
_TARGET = ("@method", "@authority", "@path", "@query")
_NONCE_BYTES = 12


class RequestSigner:
    """Signs requests as RFC 9421 has it, each for once: the method, where it goes, and the digest of its body.

    ``headers`` are for whatever takes header fields; the signer itself is an ``auth`` of httpx and of requests.
    """

    def __init__(
        self,
        key: SigningKey,
        clock: Callable[[], float] = time.time,
        chance: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._key = key
        self._clock = clock
        self._chance = chance

    def headers(self, method: str, url: str, body: bytes = b"") -> dict[str, str]:
        """The fields to send besides. Raises InputError for a URL that names no server."""
        made, covered = {}, list(_TARGET)
        if body:
            made["Content-Digest"] = content_digest(body)
            covered.append(CONTENT_DIGEST)
        request = Asked.of(method, url, [(key.lower(), value) for key, value in made.items()])
        what = InnerList(
            [Item(name, {}) for name in covered],
            {
                "created": int(self._clock()),
                "nonce": base64.b64encode(self._chance(_NONCE_BYTES)).decode(),
                "alg": ALGORITHM,
                "keyid": self._key.public.hex(),
            },
        )
        signature = self._key.sign_text(signature_base(request, what))
        made["Signature-Input"] = f"{_LABEL}={written_list(what)}"
        made["Signature"] = f"{_LABEL}={write_value(signature)}"
        return made

    def __call__(self, request: Any) -> Any:
        """Signs a request of httpx or of requests, and gives it back."""
        body = getattr(request, "content", None) or getattr(request, "body", None) or b""
        sent = body.encode() if isinstance(body, str) else body
        request.headers.update(self.headers(request.method, str(request.url), sent))
        return request
