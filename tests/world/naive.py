"""Formats of the ledger once more, as plainly as the reference says them: nothing here comes from src."""

from __future__ import annotations

import hashlib
from typing import Any

from blake3 import blake3


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def digest(content: bytes) -> bytes:
    return blake3(content).digest()


def cbor(value: Any) -> bytes:
    """Canonical dag-cbor of what a ledger writes: no floats, no links."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        pairs = sorted((len(key), key.encode(), content) for key, content in value.items())
        return _head(5, len(pairs)) + b"".join(
            cbor(key.decode()) + cbor(content) for _, key, content in pairs
        )
    return _head(4, len(value)) + b"".join(map(cbor, value))


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    for code, size in enumerate((1, 2, 4, 8)):
        if number < 1 << 8 * size:
            return bytes([kind << 5 | 24 + code]) + number.to_bytes(size, "big")
    raise ValueError(f"{number} fits no integer of dag-cbor")


def merkle(leaves: list[bytes]) -> bytes:
    """RFC 6962 over ``leaves``: the left side is the largest power of two that is not all of them."""
    if len(leaves) < 2:
        return sha256(b"\0" + leaves[0]) if leaves else sha256(b"")
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + merkle(leaves[:split]) + merkle(leaves[split:]))


def pages(content: bytes, page_bytes: int) -> list[bytes]:
    return [content[at : at + page_bytes] for at in range(0, len(content), page_bytes)]


def focus_roots(digests: list[bytes], vector: list[int]) -> dict[str, bytes]:
    """What a header says of a vector over sorted digests."""
    leading = sorted(zip(vector, digests, strict=True), key=lambda pair: (-pair[0], pair[1]))
    leaders = b"".join(name + value.to_bytes(8, "big") for value, name in leading[:4_096])
    values = b"".join(value.to_bytes(8, "little") for value in vector)
    return {
        "focus_root": merkle(pages(values, 4_096)),
        "particles_root": merkle(pages(b"".join(digests), 512)),
        "leaders_root": merkle(pages(leaders, 640)),
    }
