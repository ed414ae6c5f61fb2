"""Whom one can call: a key, and where it is said to listen."""

from __future__ import annotations

from typing import NamedTuple

ADDRESS_BYTES_MAX = 255
"""The longest address, in UTF-8."""


class Contact(NamedTuple):
    """A peer's Ed25519 key of 32 bytes and its address as a transport takes it; only the key is ever proved."""

    key: bytes
    address: str
