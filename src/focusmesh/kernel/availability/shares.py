"""The shares of a block: the parts of its body under their namespaces, cut into pieces of 512 bytes.

    share      namespace (29) ‖ 1 where a part begins, else 0 ‖ content (482)
    content    of a part: its length (u32 BE) ‖ its bytes ‖ zeros up to the end of its last share

Parts stand in the order of their namespaces, shares of padding fill the square of the least power of two. The form of
one share is that of Celestia's sparse shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import BlockError
from focusmesh.kernel.availability.square import NAMESPACE_BYTES, SHARE_BYTES, WIDTH_MAX

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray

_HEAD_BYTES = NAMESPACE_BYTES + 1
_CONTENT_BYTES = SHARE_BYTES - _HEAD_BYTES
_LENGTH_BYTES = 4
PARTS_BYTES_MAX = WIDTH_MAX**2 * _CONTENT_BYTES - 16 * _CONTENT_BYTES
"""What the parts of a block may have together, 7.9 MB: up to 16 of them surely fit the largest square."""


def _name(version: int, fill: int, last: int) -> bytes:
    return bytes([version]) + bytes([fill]) * (NAMESPACE_BYTES - 2) + bytes([last])


SIGNALS = _name(0, 0, 1)
"""Signals in order and what became of each: all prefixes together, since one signal may touch several."""
FOCUS = _name(0, 0, 2)
"""``/graph/focus``: how the focus moved."""
PADDING = _name(0xFF, 0xFF, 0xFE)
"""What fills the square; of no meaning."""
NAMESPACES = {"signals": SIGNALS, "focus": FOCUS, "padding": PADDING}
"""Their names for people."""


def shares_of(parts: dict[bytes, bytes]) -> ByteArray:
    """The square of a block, uint8 (k, k, 512), of its parts by namespace; empty ones are left out.

    Raises BlockError ("too-large") where they do not fit the largest square.
    """
    shares = [_cut(name, parts[name]) for name in sorted(parts) if parts[name]]
    count = sum(map(len, shares))
    width = 1 << max(0, (max(count, 1) - 1).bit_length() + 1) // 2
    if width > WIDTH_MAX:
        raise BlockError(
            "too-large",
            f"the parts of a block take {count:,} shares of {SHARE_BYTES} bytes, a square of {WIDTH_MAX} × {WIDTH_MAX} "
            "has no room for them, and a larger one needs a field larger than GF(2^8): put fewer signals in a block",
        )
    padding = np.zeros((width * width - count, SHARE_BYTES), dtype=np.uint8)
    padding[:, :_HEAD_BYTES] = np.frombuffer(PADDING + b"\x01", dtype=np.uint8)
    return np.concatenate([*shares, padding]).reshape(width, width, SHARE_BYTES)


def parts_of(shares: ByteArray) -> dict[bytes, bytes]:
    """The parts of a block from its square. Raises BlockError ("shares") for anything but what ``shares_of`` makes."""
    flat = shares.reshape(-1, SHARE_BYTES)
    parts: dict[bytes, bytes] = {}
    names = flat[:, :NAMESPACE_BYTES]
    edges = np.flatnonzero((names[1:] != names[:-1]).any(axis=1)) + 1
    for run in np.split(flat, edges):
        name = run[0, :NAMESPACE_BYTES].tobytes()
        if name == PADDING:
            break
        content = run[:, _HEAD_BYTES:].tobytes()
        length = int.from_bytes(content[:_LENGTH_BYTES], "big")
        parts[name] = content[_LENGTH_BYTES : _LENGTH_BYTES + length]
    if not np.array_equal(shares_of(parts), shares):
        raise BlockError("shares", "these shares are not a block: its parts make other ones")
    return parts


def _cut(name: bytes, part: bytes) -> ByteArray:
    content = len(part).to_bytes(_LENGTH_BYTES, "big") + part
    count = -(-len(content) // _CONTENT_BYTES)
    shares = np.zeros((count, SHARE_BYTES), dtype=np.uint8)
    shares[:, :NAMESPACE_BYTES] = np.frombuffer(name, dtype=np.uint8)
    shares[0, NAMESPACE_BYTES] = 1
    padded = np.frombuffer(content.ljust(count * _CONTENT_BYTES, b"\0"), dtype=np.uint8)
    shares[:, _HEAD_BYTES:] = padded.reshape(count, _CONTENT_BYTES)
    return shares
