"""The header of a block: everything that the block says, in a few hundred bytes."""

from __future__ import annotations

from typing import Any

import msgspec

from focusmesh.errors import BlockError, CodecError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.protocol.codec import decode, encode

BLOCK_DOMAIN = b"focusmesh/block/1\x00"
"""What a proposer signs is this and the block id."""
TIME_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999, beyond which calendars cannot name it."""
HEADER_BYTES_MAX = 4_096
"""More than any header has: what is longer is not read."""
NO_BLOCK = bytes(DIGEST_BYTES)
"""The parent of the first block."""
_DIGESTS = (
    "network",
    "parent",
    "state_root",
    "focus_root",
    "data_root",
    "signals_root",
    "proposer",
    "validators_hash",
    "params_hash",
)
_FOCUS_DIGESTS = ("params_hash", "graph_root", "particles_root", "leaders_root", "trace_root")


class FocusCertificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a header says of the focus: h ≤ ``limit`` for the graph under ``graph_root``, ranked at ``height``.

    ``rise`` is h = ρ/2 at scale 2⁶³. ``graph_root`` is the state root before the block's focus was written.
    ``particles_root`` commits to the particles in the order of the vector, of which there are ``particles``, and
    ``leaders_root`` to the best of them with their values, best first.
    """

    height: int
    particles: int
    rise: int
    limit: int
    params_hash: bytes
    graph_root: bytes
    particles_root: bytes
    leaders_root: bytes
    trace_root: bytes

    def verify(self) -> None:
        """Raises BlockError ("header") with the field that is out of range."""
        for name in ("height", "particles", "rise", "limit"):
            number = getattr(self, name)
            _require(0 <= number < 2**63, f"{name} of its focus is {number}")
        for name in _FOCUS_DIGESTS:
            _require(
                len(getattr(self, name)) == DIGEST_BYTES,
                f"{name} of its focus has no {DIGEST_BYTES} bytes",
            )

    def as_fields(self) -> dict[str, Any]:
        """The fields as integers and bytes, for encoding."""
        fields: dict[str, Any] = msgspec.to_builtins(self, builtin_types=(bytes,))
        return fields


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a header; digests are 32 bytes, ``time`` is in milliseconds since 1970.

    ``focus_certificate`` is None while the ledger has no particle. ``validators_hash`` is the digest of the keys that
    may propose, ``params_hash`` that of all parameters. ``extra`` is for later versions and empty in this one.
    """

    version: int
    network: bytes
    height: int
    time: int
    parent: bytes
    state_root: bytes
    focus_root: bytes
    data_root: bytes
    signals_root: bytes
    proposer: bytes
    validators_hash: bytes
    focus_certificate: FocusCertificate | None
    params_hash: bytes
    extra: bytes

    def encode(self) -> bytes:
        """The canonical bytes: a dag-cbor map."""
        return encode(msgspec.to_builtins(self, builtin_types=(bytes,)))

    @property
    def id(self) -> bytes:
        """The block id: the digest of the canonical bytes."""
        return digest(self.encode())

    @classmethod
    def decode(cls, data: bytes) -> Header:
        """Raises BlockError ("header") for anything but the canonical bytes of a header of version 1."""
        try:
            header = msgspec.convert(
                decode(data, bytes_max=HEADER_BYTES_MAX), cls, builtin_types=(bytes,)
            )
        except (CodecError, msgspec.ValidationError) as error:
            raise BlockError(
                "header", f"these {len(data)} bytes are not a header: {error}"
            ) from error
        header.verify()
        return header

    def verify(self) -> None:
        """Raises BlockError ("header") with the field that is out of range."""
        _require(self.version == 1, f"its version is {self.version}, this focusmesh reads 1")
        _require(0 <= self.height < 2**63, f"its height is {self.height}")
        _require(0 <= self.time <= TIME_MAX, f"its time is {self.time}")
        _require(self.extra == b"", "extra is not empty")
        for name in _DIGESTS:
            _require(
                len(getattr(self, name)) == DIGEST_BYTES, f"{name} has no {DIGEST_BYTES} bytes"
            )
        if self.focus_certificate is not None:
            self.focus_certificate.verify()

    def as_json(self) -> dict[str, Any]:
        """The fields for people and JSON: bytes in hexadecimal."""
        fields: dict[str, Any] = msgspec.to_builtins(self, builtin_types=(bytes,))
        return _hexadecimal(fields)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Header:
        """The header that ``as_json`` was made of; raises BlockError ("header")."""
        try:
            header = msgspec.convert(_from_hexadecimal(fields), cls, builtin_types=(bytes,))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BlockError("header", f"this is not a header: {error}") from error
        header.verify()
        return header


# A form is compiled at its first use, and two threads must not be at that together.
_COMPILED = msgspec.json.Decoder(Header)


def _hexadecimal(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.hex()
        if isinstance(value, bytes)
        else _hexadecimal(value)
        if isinstance(value, dict)
        else value
        for name, value in fields.items()
    }


def _from_hexadecimal(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: bytes.fromhex(value)
        if isinstance(value, str)
        else _from_hexadecimal(value)
        if isinstance(value, dict)
        else value
        for name, value in fields.items()
    }


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise BlockError("header", f"this is not a header of a block: {what}")
