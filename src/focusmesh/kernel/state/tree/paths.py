"""Paths and prefixes as 64-bit words: which bits two of them share, what order they are in.

A path is SHA-256 of a key: 256 bits, here a row of four words, most significant first. Prefixes of up to 64 bits are
single words whose other bits are zero.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.kernel.state.hashing import sha256_many
from focusmesh.kernel.state.spans import lengths_of, starts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import BoolArray, ByteArray, OffsetArray

Words: TypeAlias = npt.NDArray[np.uint64]
Depths: TypeAlias = npt.NDArray[np.int16]

PATH_BITS = 256
PREFIX_BITS_MAX = 64
_ONES = 0xFFFFFFFFFFFFFFFF
MASKS: Words = np.array([_ONES ^ (_ONES >> bits) for bits in range(65)], dtype=np.uint64)
"""MASKS[d] has the first d bits set."""


def path_of(key: bytes) -> bytes:
    """SHA-256 of one key."""
    return sha256(key).digest()


def paths_of(keys: Sequence[bytes]) -> ByteArray:
    """SHA-256 of each key: uint8 (k, 32)."""
    data = np.frombuffer(b"".join(keys), dtype=np.uint8)
    return sha256_many(data, starts_of(lengths_of(keys)))


def words_of(paths: ByteArray) -> Words:
    """Rows of 32 bytes as rows of four words."""
    return np.ascontiguousarray(paths).view(">u8").astype(np.uint64)


def order_of(words: Words) -> OffsetArray:
    """The order that sorts paths. First words are equal only where keys were ground out for it."""
    order = np.argsort(words[:, 0], kind="stable")
    first = words[order, 0]
    if len(first) > 1 and bool((first[1:] == first[:-1]).any()):
        return np.lexsort(words.T[::-1])
    return order


def places_of(words: Words, wanted: Words) -> OffsetArray:
    """For each wanted path, how many of the sorted ``words`` come before it."""
    place = np.searchsorted(words[:, 0], wanted[:, 0])
    unsure = np.flatnonzero(place < len(words))
    while len(unsure):
        behind = _before(words[place[unsure]], wanted[unsure])
        unsure = unsure[behind]
        place[unsure] += 1
        unsure = unsure[place[unsure] < len(words)]
    return place


def _before(left: Words, right: Words) -> BoolArray:
    """Whether each row of ``left`` sorts before that of ``right``."""
    result = np.zeros(len(left), dtype=np.bool_)
    undecided = np.ones(len(left), dtype=np.bool_)
    for word in range(left.shape[1]):
        result |= undecided & (left[:, word] < right[:, word])
        undecided &= left[:, word] == right[:, word]
    return result


def shared_bits(left: Words, right: Words) -> Depths:
    """Leading bits in which rows of words agree."""
    bits = leading_zeros(left[:, 0] ^ right[:, 0])
    for word in range(1, left.shape[1]):
        same = np.flatnonzero(bits == 64 * word)
        if not len(same):
            break
        bits[same] += leading_zeros(left[same, word] ^ right[same, word])
    return bits


def leading_zeros(words: Words) -> Depths:
    """Zero bits of each word before its first one, 64 for 0."""
    filled = words.copy()
    for step in (1, 2, 4, 8, 16, 32):
        filled |= filled >> np.uint64(step)
    return 64 - np.bitwise_count(filled).astype(np.int16)


def bit_of(words: Words, at: int) -> BoolArray:
    """Bit ``at`` of each row, counted from the front."""
    shift = np.uint64(63 - at % 64)
    return (words[:, at // 64] >> shift & np.uint64(1)).astype(np.bool_)


def splitting_depths(words: Words, record: OffsetArray, depth: Depths, size_max: int) -> Depths:
    """For each of the sorted entries the shortest prefix that at most ``size_max`` entries of its record share.

    ``depth`` has the prefix of each entry's record so far, which is the least; 64 is the most, whatever lies there.
    An entry shares b bits with ``size_max`` others if a window of ``size_max`` + 1 entries around it does.
    """
    count = len(words)
    if count <= size_max:
        return depth
    crowded = record[size_max:] == record[:-size_max]
    if not crowded.any():
        return depth
    bits = shared_bits(words[:-size_max, :1], words[size_max:, :1])
    bits = np.where(crowded, np.minimum(bits + 1, PREFIX_BITS_MAX), 0).astype(np.int16)
    result = depth.copy()
    for step in range(size_max + 1):
        part = result[step : step + len(bits)]
        np.maximum(part, bits, out=part)
    return result
