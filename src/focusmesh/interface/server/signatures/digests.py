"""Digests of bodies in the field Content-Digest (RFC 9530)."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from focusmesh.errors import InputError
from focusmesh.interface.server.signatures.fields import Item, read_dictionary, write_value

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELD = "content-digest"
_ALGORITHMS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def content_digest(body: bytes) -> str:
    """The field of a body, by SHA-256."""
    return f"sha-256={write_value(hashlib.sha256(body).digest())}"


class Body:
    """A body as it comes, piece by piece, against the digests that were sent for it."""

    def __init__(self, field: str) -> None:
        """Raises InputError for a field that is none, or has no digest by SHA-256 or SHA-512."""
        self._wanted = _read_wanted(field)
        self._made = {name: _ALGORITHMS[name]() for name in self._wanted}

    def update(self, piece: bytes) -> None:
        """Takes the next piece."""
        for made in self._made.values():
            made.update(piece)

    def verify(self) -> None:
        """Raises InputError unless what was taken is what was meant."""
        for name, made in self._made.items():
            if not hmac.compare_digest(made.digest(), self._wanted[name]):
                raise InputError(f"the body is not the one whose {name} was sent")


def _read_wanted(field: str) -> Mapping[str, bytes]:
    wanted = {}
    for name, member in read_dictionary(field).items():
        if name in _ALGORITHMS:
            if not isinstance(member, Item) or not isinstance(member.value, bytes):
                raise InputError(f"{FIELD}: {name} must be bytes, such as :…:")
            wanted[name] = member.value
    if not wanted:
        raise InputError(f"{FIELD} must have {' or '.join(_ALGORITHMS)}")
    return wanted
