"""SHA-256 of many messages at once: hashlib for few, sixteen messages side by side for many.

hashlib takes about half a microsecond a call, whatever the message; a tree's nodes have 65 bytes. Both ways give the
same digests, and one test body runs over both.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.support import parallel
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.support.arrays import ByteArray, OffsetArray

    Way = Callable[[ByteArray, OffsetArray], ByteArray]
    PairsWay = Callable[[int, ByteArray, OffsetArray, OffsetArray, OffsetArray], None]

DIGEST_BYTES = 32
_LOADED_FROM = 8_192
_WORTHWHILE_FROM = 32
"""Messages from which lanes are worth it, before and after their machine code is in memory; pairs always are then."""
_LONG_BYTES = 1_024
"""A call costs nothing beside messages of this mean length, and hashlib uses the processor's own instructions."""
_CHUNK = 16_384
_LANES_MODULE = "focusmesh.kernel.state.hashing_compiled"


def sha256_many(data: ByteArray, start: OffsetArray, among: int = 0) -> ByteArray:
    """SHA-256 of each ``data[start[i]:start[i + 1]]``: uint8 (k, 32).

    ``data`` is flat uint8, ``start`` holds k + 1 ascending offsets into it. Raises InputError where they do not. Where
    more are hashed at once than these, ``among`` is their number. O(len(data) + k).
    """
    data = np.ascontiguousarray(data, dtype=np.uint8)
    start = np.ascontiguousarray(start, dtype=np.int64)
    _verify(data, start)
    if _with_lanes(len(start) - 1, int(start[-1] - start[0]), among):
        return by_lanes(data, start)
    return by_library(data, start)


def sha256_rows(rows: ByteArray, among: int = 0) -> ByteArray:
    """SHA-256 of each row of a uint8 matrix (k, length): uint8 (k, 32). ``among`` as in ``sha256_many``."""
    count, length = rows.shape
    return sha256_many(rows.reshape(-1), np.arange(count + 1, dtype=np.int64) * length, among)


def sha256_pairs(
    kind: int, hashes: ByteArray, left: OffsetArray, right: OffsetArray, target: OffsetArray
) -> None:
    """``hashes[target[i]]`` = SHA-256(``kind`` ‖ ``hashes[left[i]]`` ‖ ``hashes[right[i]]``): nodes of a tree.

    ``hashes`` is uint8 (n, 32), contiguous; ``kind`` is one byte; −1 names 32 zero bytes. A row that is written may be
    read for its own hash and for no other one.
    """
    with_lanes = _LANES_MODULE in sys.modules or len(target) >= _LOADED_FROM
    way = pairs_by_lanes if with_lanes else pairs_by_library
    way(kind, hashes, left, right, target)


def _verify(data: ByteArray, start: OffsetArray) -> None:
    if data.ndim != 1 or start.ndim != 1 or not len(start):
        raise InputError("hashing takes flat bytes and k + 1 offsets for k messages")
    if start[0] < 0 or start[-1] > len(data) or bool((np.diff(start) < 0).any()):
        raise InputError(f"the offsets of messages must ascend within 0 … {len(data)}")


def _with_lanes(count: int, byte_count: int, among: int = 0) -> bool:
    if byte_count >= _LONG_BYTES * count or count < _WORTHWHILE_FROM:
        return False
    return _LANES_MODULE in sys.modules or max(count, among) >= _LOADED_FROM


def by_library(data: ByteArray, start: OffsetArray) -> ByteArray:
    """One call of hashlib a message."""
    view, ends = memoryview(data.data), start.tolist()
    first, joined = ends[0] if ends else 0, bytearray()
    for stop in ends[1:]:
        joined += sha256(view[first:stop]).digest()
        first = stop
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def by_lanes(data: ByteArray, start: OffsetArray) -> ByteArray:
    """Sixteen messages at a time, in as many threads as the caller may use."""
    from focusmesh.kernel.state.hashing_compiled import hash_span

    count = len(start) - 1
    digests = np.empty((count, DIGEST_BYTES), dtype=np.uint8)
    words = digests.view(np.uint32)
    order = _by_block_count(start)

    def fill(span: tuple[int, int]) -> None:
        hash_span(data, start, order, span, words)

    parallel.run(fill, parallel.even_chunks(count, _CHUNK))
    return digests


def pairs_by_library(
    kind: int, hashes: ByteArray, left: OffsetArray, right: OffsetArray, target: OffsetArray
) -> None:
    """One call of hashlib a pair."""
    if not len(target):
        return
    sides = [
        np.where(side[:, None] < 0, 0, hashes[side]).astype(np.uint8) for side in (left, right)
    ]
    head, rows = bytes([kind]), np.concatenate(sides, axis=1).tobytes()
    size = 2 * DIGEST_BYTES
    messages = [rows[at : at + size] for at in range(0, len(rows), size)]
    digests = b"".join([sha256(head + message).digest() for message in messages])
    hashes[target] = np.frombuffer(digests, dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def pairs_by_lanes(
    kind: int, hashes: ByteArray, left: OffsetArray, right: OffsetArray, target: OffsetArray
) -> None:
    """Sixteen pairs at a time, in as many threads as the caller may use."""
    from focusmesh.kernel.state.hashing_compiled import hash_pairs

    def fill(span: tuple[int, int]) -> None:
        hash_pairs(kind, hashes, left, right, target, span)

    parallel.run(fill, parallel.even_chunks(len(target), _CHUNK))


def _by_block_count(start: OffsetArray) -> OffsetArray:
    """Messages in an order in which those that share lanes have as many blocks as each other."""
    blocks = (np.diff(start) + 8) // 64
    if len(blocks) == 0 or blocks.min() == blocks.max():
        return np.arange(len(blocks), dtype=np.int64)
    return np.argsort(blocks, kind="stable")
