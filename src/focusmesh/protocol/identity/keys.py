"""Ed25519 signatures of digests, each under a domain (RFC 8032, libsodium's strict verification).

What is signed is ``domain ‖ digest``: a domain such as ``b"focusmesh/signal/1\\0"`` ends with its only zero byte, so
no signature made for one purpose can be read as one for another.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import InputError, MissingExtraError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.protocol.identity import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

KEY_BYTES = 32
SIGNATURE_BYTES = 64


class Check(NamedTuple):
    """One signature to be checked: 32 + 32 + 64 bytes."""

    public: bytes
    digest: bytes
    signature: bytes


class SigningKey:
    """The secret key of a neuron. It shows itself by its public half alone."""

    __slots__ = ("_expanded", "public")

    def __init__(self, seed: bytes) -> None:
        """``seed``: the 32 bytes that RFC 8032 calls the private key. Raises InputError, MissingExtraError."""
        if len(seed) != KEY_BYTES:
            raise InputError(f"a key is made of {KEY_BYTES} bytes, these are {len(seed)}")
        self.public, self._expanded = _sodium().crypto_sign_seed_keypair(seed)
        """``public``: 32 bytes, the id of the neuron."""

    @classmethod
    def generate(cls, random: bytes) -> SigningKey:
        """A new key of 32 bytes from a random source; who calls has the source, this module has none."""
        return cls(random)

    @property
    def seed(self) -> bytes:
        """The secret 32 bytes, for keeping the key."""
        return bytes(self._expanded[:KEY_BYTES])

    def sign(self, domain: bytes, digest: bytes) -> bytes:
        """The 64 bytes of a signature of ``domain ‖ digest``. Raises InputError for a wrong domain or digest."""
        _check_domain(domain)
        if len(digest) != DIGEST_BYTES:
            raise InputError(f"what is signed has {DIGEST_BYTES} bytes, this has {len(digest)}")
        signed: bytes = _sodium().crypto_sign(domain + digest, self._expanded)
        return signed[:SIGNATURE_BYTES]

    def sign_text(self, text: bytes) -> bytes:
        """The 64 bytes of a signature of ``text`` as it stands, for protocols of others such as RFC 9421.

        Raises InputError for a text with a zero byte: what has one may be the signature of something under a domain.
        """
        if b"\0" in text:
            raise InputError("a text that is signed has no zero byte")
        signed: bytes = _sodium().crypto_sign(text, self._expanded)
        return signed[:SIGNATURE_BYTES]

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.hex()})"

    def __reduce__(self) -> str:
        raise TypeError("a signing key is not pickled: seal it, or hand its seed over on purpose")


def verify(public: bytes, domain: bytes, digest: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is one of ``domain ‖ digest`` by ``public``; False for wrong sizes. About 45 µs."""
    return verify_many(domain, [Check(public, digest, signature)])[0]


def verify_many(domain: bytes, checks: Iterable[Check]) -> list[bool]:
    """``verify`` of each, in order, one after the other; a pool spreads it (focusmesh.protocol.world)."""
    _check_domain(domain)
    return [
        len(digest) == DIGEST_BYTES and holds(public, domain + digest, signature)
        for public, digest, signature in checks
    ]


def verify_text(public: bytes, text: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is one of ``text`` by ``SigningKey.sign_text``; False for a text with a zero byte."""
    return b"\0" not in text and holds(public, text, signature)


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is one of ``message``, whatever that is: what ``verify`` says of one with a domain.

    Without PyNaCl it is computed in Python: the same answer a hundred times slower.
    """
    # libsodium reads 32 bytes of a key, however many there are.
    if len(public) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    opening = _opening()
    if opening is None:
        return plain.holds(public, message, signature)
    try:
        opening.open(signature + message, public)
    except opening.refused:
        return False
    return True


def _check_domain(domain: bytes) -> None:
    if not domain or domain.find(b"\0") != len(domain) - 1:
        raise InputError(f"a domain ends with its only zero byte, {domain!r} does not")


class _Opening(NamedTuple):
    open: Callable[[bytes, bytes], bytes]
    refused: type[Exception]


@cache
def _opening() -> _Opening | None:
    try:
        from nacl.bindings import crypto_sign_open
        from nacl.exceptions import BadSignatureError
    except ModuleNotFoundError:
        return None
    return _Opening(crypto_sign_open, BadSignatureError)


@cache
def _sodium() -> ModuleType:
    try:
        import nacl.bindings
    except ModuleNotFoundError as error:
        raise MissingExtraError("ledger", "signing") from error
    return nacl.bindings
