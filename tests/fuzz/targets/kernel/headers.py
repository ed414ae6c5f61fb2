"""Headers of blocks, as canonical bytes and as the JSON of ``chain header``."""

from __future__ import annotations

import json
from typing import Any

from focusmesh.errors import BlockError
from focusmesh.kernel.block import Header
from focusmesh.protocol.codec import decode, encode
from tests.fuzz.target import Structure, Target
from tests.kernel.light.changing import ChangingChain, Epoch, changing_parameters
from tests.kernel.receipts.conftest import diffusing


def check(data: bytes) -> bool:
    return _binary(data) | _json(data)


def _binary(data: bytes) -> bool:
    try:
        header = Header.decode(data)
    except BlockError:
        return False
    assert header.encode() == data
    assert Header.from_json(header.as_json()) == header
    return True


def _json(data: bytes) -> bool:
    try:
        fields: Any = json.loads(data)
    except (ValueError, RecursionError):
        return False
    try:
        header = Header.from_json(fields)
    except BlockError:
        return False
    assert Header.decode(header.encode()) == header
    return True


def seeds() -> list[bytes]:
    changing = ChangingChain((Epoch(2, changing_parameters()),)).headers
    headers = [*(diffusing().header(height) for height in range(4)), *changing]
    binary = [header.encode() for header in headers]
    return [*binary, *(json.dumps(header.as_json()).encode() for header in headers)]


def _read(data: bytes) -> Any:
    return json.loads(data) if data.startswith(b"{") else decode(data)


def _write(value: Any) -> bytes:
    try:
        return json.dumps(value).encode()
    except TypeError:
        return encode(value)


TARGET = Target(check, seeds, Structure(_read, _write))
