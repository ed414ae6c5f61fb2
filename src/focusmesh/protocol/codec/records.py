"""Records as canonical bytes, and back: one spelling of each."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from focusmesh.errors import CodecError
from focusmesh.protocol.codec.canonical import decode, encode

_Kind = TypeVar("_Kind", bound=msgspec.Struct)


def to_bytes(record: msgspec.Struct) -> bytes:
    """A dag-cbor array."""
    return encode(msgspec.to_builtins(record, builtin_types=(bytes,)))


def from_bytes(data: bytes, kind: type[_Kind], bytes_max: int) -> _Kind:
    """Raises CodecError for anything but what ``to_bytes`` makes of a record of this kind."""
    value = decode(data, bytes_max=bytes_max)
    try:
        record = msgspec.convert(value, kind, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise CodecError(str(error)) from error
    # A field that is left out would be read as its default.
    if to_bytes(record) != data:
        raise CodecError("they are not in the canonical encoding")
    return record
