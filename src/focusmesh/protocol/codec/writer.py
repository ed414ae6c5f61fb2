"""The writer: canonical dag-cbor of any value that has one."""

from __future__ import annotations

import math
import struct
from typing import Any

from focusmesh.errors import CodecError
from focusmesh.protocol.codec.cid import Cid
from focusmesh.protocol.codec.values import (
    ARGUMENT_MAX,
    ARRAY,
    BYTES,
    CID_HEAD,
    FALSE,
    FLOAT64,
    MAP,
    NEGATIVE,
    NULL,
    TEXT,
    TRUE,
    UNSIGNED,
)

_CONSTANTS = {False: bytes((FALSE,)), True: bytes((TRUE,)), None: bytes((NULL,))}


def write(value: Any) -> bytes:
    """The canonical bytes of ``value``. Raises CodecError as ``encode`` says."""
    parts: list[bytes] = []
    try:
        _add(value, parts)
    except RecursionError as error:
        raise CodecError("arrays and maps within each other without end") from error
    return b"".join(parts)


def _add(value: Any, parts: list[bytes]) -> None:
    if value is None or isinstance(value, bool):
        parts.append(_CONSTANTS[value])
    elif isinstance(value, int):
        parts.append(_integer(value))
    elif isinstance(value, bytes):
        parts += (head(BYTES, len(value)), value)
    elif isinstance(value, str):
        binary = _utf8(value)
        parts += (head(TEXT, len(binary)), binary)
    elif isinstance(value, Cid):
        parts.append(_link(value))
    elif isinstance(value, list | tuple):
        parts.append(head(ARRAY, len(value)))
        for item in value:
            _add(item, parts)
    elif isinstance(value, dict):
        _add_map(value, parts)
    elif isinstance(value, float):
        parts.append(_float64(value))
    else:
        raise CodecError(f"{type(value).__name__} has no form in dag-cbor")


def _add_map(value: dict[Any, Any], parts: list[bytes]) -> None:
    if not all(isinstance(key, str) for key in value):
        raise CodecError("a map with a key that is not text")
    parts.append(head(MAP, len(value)))
    keyed = [(_utf8(key), item) for key, item in value.items()]
    for key, item in sorted(keyed, key=lambda pair: (len(pair[0]), pair[0])):
        parts += (head(TEXT, len(key)), key)
        _add(item, parts)


def head(major: int, argument: int) -> bytes:
    """The first bytes of an item: its major type and, in as few bytes as it fits into, its number or length."""
    top = major << 5
    if argument < 24:
        return bytes((top | argument,))
    size_log = (argument > 0xFF) + (argument > 0xFFFF) + (argument > 0xFFFF_FFFF)
    return bytes((top | (24 + size_log),)) + argument.to_bytes(1 << size_log, "big")


def _integer(value: int) -> bytes:
    if not -ARGUMENT_MAX - 1 <= value <= ARGUMENT_MAX:
        raise CodecError(f"the integer {value} is outside of −2⁶⁴ … 2⁶⁴ − 1")
    return head(UNSIGNED, value) if value >= 0 else head(NEGATIVE, -1 - value)


def _float64(value: float) -> bytes:
    if not math.isfinite(value) or (value == 0 and math.copysign(1, value) < 0):
        raise CodecError(f"the float {value} has no place in dag-cbor")
    return struct.pack(">Bd", FLOAT64, value)


def _link(value: Cid) -> bytes:
    binary = b"\0" + value.binary
    Cid.parse(binary[1:])
    return CID_HEAD + head(BYTES, len(binary)) + binary


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise CodecError(f"text that is not Unicode: {error.reason}") from error
