"""Whose signature a request carries: whole, fresh, and for the first time."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import FocusmeshError, InputError
from focusmesh.interface.server.signatures.base import signature_base
from focusmesh.interface.server.signatures.digests import FIELD as CONTENT_DIGEST
from focusmesh.interface.server.signatures.fields import InnerList, Item, read_dictionary
from focusmesh.protocol.identity import SIGNATURE_BYTES, verify_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.interface.server.signatures.base import Asked
    from focusmesh.interface.server.signatures.replay_guard import Remembered

INPUT, SIGNATURE = "signature-input", "signature"
ALGORITHM = "ed25519"
WINDOW_SECONDS = 300
SKEW_SECONDS = 30
"""How far the client's clock may be ahead."""
_NEURON = re.compile(r"[0-9a-f]{64}")
_FIELD_BYTES_MAX = 8_192
_COVERED_MAX = 64
_TARGETS = (
    {"@authority", "@path", "@query"},
    {"@authority", "@request-target"},
    {"@target-uri"},
)


class SignatureRefusedError(FocusmeshError):
    """A signature of a request that is none, is not by who it says, is too old, or came already."""


class Signatures:
    """Checks signatures of requests: of Ed25519, by neurons, each once. Safe between threads.

    A signature says when it was ``created``, covers the method and where the request goes, and the digest of its body
    where there is one; it holds until it ``expires``, and no longer than the window.
    """

    def __init__(
        self,
        remembered: Remembered,
        window_seconds: int = WINDOW_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._remembered = remembered
        self._window_seconds = window_seconds
        self._clock = clock

    def neuron(
        self, request: Asked, is_known: Callable[[bytes], bool], *, has_body: bool
    ) -> bytes | None:
        """Who signed; None where nobody did. ``has_body``: the digest of the body must be signed.

        ``is_known`` says whose signatures are worth checking. Raises SignatureRefusedError. About 100 µs.
        """
        found = _read_signature(request)
        if found is None:
            return None
        _verify_covered(found, has_body=has_body)
        if not is_known(found.neuron):
            raise SignatureRefusedError(f"the neuron {found.neuron.hex()} is not known here")
        now = int(self._clock())
        until = self._until(found, now)
        try:
            base = signature_base(request, found.covered)
        except InputError as error:
            raise SignatureRefusedError(str(error)) from error
        if not verify_text(found.neuron, base, found.signature):
            raise SignatureRefusedError(
                "the signature is not this neuron's signature of this request"
            )
        taken = self._remembered.take(found.signature, now, until)
        if taken is None:
            raise SignatureRefusedError("too many signed requests at once; try again in a moment")
        if not taken:
            raise SignatureRefusedError("this signature was used before; sign each request anew")
        return found.neuron

    def _until(self, found: _Signed, now: int) -> int:
        """When the signature expires; raises SignatureRefusedError where it has, or is not yet."""
        until = found.created + self._window_seconds
        if found.expires is not None:
            until = min(until, found.expires)
        if found.created > now + SKEW_SECONDS:
            raise SignatureRefusedError("the signature is from the future; set the clock")
        if until < now:
            raise SignatureRefusedError(
                f"the signature has expired; one holds {self._window_seconds} s at most"
            )
        if found.created < self._remembered.since:
            raise SignatureRefusedError(
                "the signature is older than this server; sign the request anew"
            )
        return until


class _Signed(NamedTuple):
    covered: InnerList
    signature: bytes
    neuron: bytes
    created: int
    expires: int | None

    @property
    def names(self) -> set[str]:
        """What is covered whole."""
        return {str(item.value) for item in self.covered.items if not item.parameters}


def _read_signature(request: Asked) -> _Signed | None:
    """The signature that a request carries, not yet checked."""
    described, signatures = request.header(INPUT), request.header(SIGNATURE)
    if described is None and signatures is None:
        return None
    if described is None or signatures is None:
        raise SignatureRefusedError("Signature-Input and Signature go together")
    if len(described) + len(signatures) > _FIELD_BYTES_MAX:
        raise SignatureRefusedError(f"signatures have at most {_FIELD_BYTES_MAX:,} bytes")
    try:
        inputs, values = read_dictionary(described), read_dictionary(signatures)
    except InputError as error:
        raise SignatureRefusedError(f"Signature-Input or Signature: {error}") from error
    if len(inputs) != 1 or inputs.keys() != values.keys():
        raise SignatureRefusedError("send one signature, under one label in both fields")
    (covered,), (value,) = inputs.values(), values.values()
    if not isinstance(covered, InnerList) or not isinstance(value, Item):
        raise SignatureRefusedError("Signature-Input must have a list, and Signature bytes")
    return _read(covered, value.value)


def _read(covered: InnerList, signature: object) -> _Signed:
    told = covered.parameters
    created, expires, neuron = (told.get(name) for name in ("created", "expires", "keyid"))
    if told.get("alg", ALGORITHM) != ALGORITHM:
        raise SignatureRefusedError(f"alg must be {ALGORITHM}")
    if not isinstance(neuron, str) or not _NEURON.fullmatch(neuron):
        raise SignatureRefusedError("keyid must be a neuron: 64 lower-case hexadecimal digits")
    if type(created) is not int or type(expires) not in (int, type(None)):
        raise SignatureRefusedError("created must be in seconds since 1970, and so must expires")
    if not isinstance(signature, bytes) or len(signature) != SIGNATURE_BYTES:
        raise SignatureRefusedError(f"a signature has {SIGNATURE_BYTES} bytes")
    return _Signed(
        covered,
        signature,
        bytes.fromhex(neuron),
        created,
        expires if isinstance(expires, int) else None,
    )


def _verify_covered(found: _Signed, *, has_body: bool) -> None:
    names = found.names
    if len(found.covered.items) > _COVERED_MAX:
        raise SignatureRefusedError(f"at most {_COVERED_MAX} components are signed")
    if "@method" not in names or not any(target <= names for target in _TARGETS):
        raise SignatureRefusedError("sign @method, @authority, @path and @query, or @target-uri")
    if has_body and CONTENT_DIGEST not in names:
        raise SignatureRefusedError("a request with a body is signed with its content-digest")
