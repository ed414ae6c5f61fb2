"""MurmurHash3 of many keys of one length at once: x64, 128 bits, of which shards take the first 64.

A. Appleby, MurmurHash3_x64_128, public domain (smhasher, 2011). Not for secrets: whoever chooses names can choose keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, MassArray

_BLOCK_BYTES = 16
_FIRST, _SECOND = np.uint64(0x87C37B91114253D5), np.uint64(0x4CF5AD432745937F)
_FINAL = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_FIVE = np.uint64(5)
_SHIFT = np.uint64(33)


def murmur3_128(keys: ByteArray, seed: int = 0) -> MassArray:
    """The hashes of the rows of ``keys`` (uint8, shape (n, length)) as two words each: uint64, shape (n, 2)."""
    count, length = keys.shape
    whole = length // _BLOCK_BYTES * _BLOCK_BYTES
    words = (
        np.ascontiguousarray(keys[:, :whole])
        .view("<u8")
        .reshape(count, whole // 8)
        .astype(np.uint64)
    )
    first, second = (np.full(count, seed, dtype=np.uint64) for _ in range(2))
    for at in range(0, words.shape[1], 2):
        first ^= _mixed_first(words[:, at])
        first = (_rotate(first, 27) + second) * _FIVE + np.uint64(0x52DCE729)
        second ^= _mixed_second(words[:, at + 1])
        second = (_rotate(second, 31) + first) * _FIVE + np.uint64(0x38495AB5)
    tail = np.zeros((count, _BLOCK_BYTES), dtype=np.uint8)
    tail[:, : length - whole] = keys[:, whole:]
    rest = tail.view("<u8").astype(np.uint64)
    # What is mixed of an empty half is 0, so that nothing depends on how long the tail is.
    first, second = first ^ _mixed_first(rest[:, 0]), second ^ _mixed_second(rest[:, 1])
    return _finish(first ^ np.uint64(length), second ^ np.uint64(length))


def murmur3_64(keys: ByteArray, seed: int = 0) -> MassArray:
    """The first words of ``murmur3_128``: uint64, shape (n,)."""
    return np.ascontiguousarray(murmur3_128(keys, seed)[:, 0])


def _mixed_first(words: MassArray) -> MassArray:
    return _rotate(words * _FIRST, 31) * _SECOND


def _mixed_second(words: MassArray) -> MassArray:
    return _rotate(words * _SECOND, 33) * _FIRST


def _rotate(words: MassArray, bits: int) -> MassArray:
    """Words rotated left."""
    turned: MassArray = (words << np.uint64(bits)) | (words >> np.uint64(64 - bits))
    return turned


def _finish(first: MassArray, second: MassArray) -> MassArray:
    first = first + second
    second = second + first
    first, second = _spread(first), _spread(second)
    first = first + second
    return np.stack((first, second + first), axis=1)


def _spread(words: MassArray) -> MassArray:
    for factor in _FINAL:
        words = (words ^ (words >> _SHIFT)) * factor
    return words ^ (words >> _SHIFT)
