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
VERSION, VERSION_CHANGING = 1, 2
"""What headers say of themselves: those of networks with fixed rules, and those whose rules can change."""
REPORT_BYTES_MAX = 4_096
"""The longest report of a focus: the certificate and what a vector is made again from."""
HEADER_BYTES_MAX = 8_192
"""More than any header has: what is longer is not read."""
ENGINES = ("solo", "quorum", "snowman")
"""Who can decide an epoch."""
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
_CHANGING = ("epoch", "engine", "ends_epoch", "report", "statement")
"""The fields that headers have from version 2 on."""
_TEXTS = ("engine",)
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

    From version 2 on, in networks whose rules can change, ``params_hash`` is of the parameters that hold for this
    block, which stand in the state of its parent. ``epoch`` is that of the block, ``engine`` who decides in it, and
    ``ends_epoch`` says that the next block is of the next one. ``report`` is what the vector is made again from where
    a focus comes later than its block (``FocusReport``); empty where the body carries the difference. ``statement`` is
    the digest of what more than two thirds signed outside of the chain and this block begins with, or empty. Headers of
    version 1 have none of the five.
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
    epoch: int = 0
    engine: str = ""
    ends_epoch: bool = False
    report: bytes = b""
    statement: bytes = b""

    def encode(self) -> bytes:
        """The canonical bytes: a dag-cbor map."""
        return encode(self.as_fields())

    def as_fields(self) -> dict[str, Any]:
        """The fields that a header of its version has, as integers, texts and bytes."""
        fields: dict[str, Any] = msgspec.to_builtins(self, builtin_types=(bytes,))
        if self.version < VERSION_CHANGING:
            for name in _CHANGING:
                del fields[name]
        return fields

    @property
    def focus_height(self) -> int:
        """The height of the state that the focus of this header ranks; 0 while there is none."""
        return 0 if self.focus_certificate is None else self.focus_certificate.height

    @property
    def id(self) -> bytes:
        """The block id: the digest of the canonical bytes."""
        return digest(self.encode())

    @classmethod
    def decode(cls, data: bytes) -> Header:
        """Raises BlockError ("header") for anything but the bytes of a header, ("upgrade") for those of a newer one."""
        try:
            fields = decode(data, bytes_max=HEADER_BYTES_MAX)
            _check_version(fields)
            header = msgspec.convert(fields, cls, builtin_types=(bytes,))
            if fields.keys() != header.as_fields().keys():
                raise CodecError(f"a header of version {header.version} has other fields")
        except (CodecError, msgspec.ValidationError) as error:
            raise BlockError(
                "header", f"these {len(data)} bytes are not a header: {error}"
            ) from error
        header.verify()
        return header

    def verify(self) -> None:
        """Raises BlockError ("header") with the field that is out of range."""
        _check_version({"version": self.version})
        _require(0 <= self.height < 2**63, f"its height is {self.height}")
        _require(0 <= self.time <= TIME_MAX, f"its time is {self.time}")
        _require(self.extra == b"", "extra is not empty")
        for name in _DIGESTS:
            _require(
                len(getattr(self, name)) == DIGEST_BYTES, f"{name} has no {DIGEST_BYTES} bytes"
            )
        if self.focus_certificate is not None:
            self.focus_certificate.verify()
        if self.version >= VERSION_CHANGING:
            self._verify_changing()
        elif any(getattr(self, name) for name in _CHANGING):
            raise BlockError("header", "a header of version 1 has fields of version 2")

    def _verify_changing(self) -> None:
        _require(0 <= self.epoch < 2**40, f"its epoch is {self.epoch}")
        _require(self.engine in ENGINES, f"{self.engine!r} decides no epoch")
        _require(len(self.report) <= REPORT_BYTES_MAX, f"its report has {len(self.report)} bytes")
        _require(
            len(self.statement) in (0, DIGEST_BYTES),
            f"its statement has {len(self.statement)} bytes",
        )

    def as_json(self) -> dict[str, Any]:
        """The fields for people and JSON: bytes in hexadecimal."""
        return _hexadecimal(self.as_fields())

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
        if isinstance(value, str) and name not in _TEXTS
        else _from_hexadecimal(value)
        if isinstance(value, dict)
        else value
        for name, value in fields.items()
    }


def _check_version(fields: Any) -> None:
    """Raises BlockError ("upgrade") for a header of a version that came after this focusmesh."""
    version = fields.get("version") if isinstance(fields, dict) else None
    if type(version) is int and version > VERSION_CHANGING:
        raise BlockError(
            "upgrade",
            f"a header of version {version} was made by a newer focusmesh; this one reads {VERSION} to "
            f"{VERSION_CHANGING}: upgrade it, nothing here is damaged",
        )
    if type(version) is int and version < VERSION:
        raise BlockError("header", f"there are no headers of version {version}")


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise BlockError("header", f"this is not a header of a block: {what}")
