"""Reed–Solomon over GF(2⁸): k pieces become 2k, any k of which give back all; the coefficients are Leopard's.

The k pieces are, byte for byte, the values of a polynomial of degree below k at the points k … 2k − 1; the k that are
added are its values at 0 … k − 1. Polynomials are held in the basis X_i = Π W_j over the set bits j of i, into which
and out of which log₂ k rounds of butterflies lead (field.py). NumPy works on few bytes, compiled loops on many, and one
test body runs over both.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.support import parallel
from focusmesh.errors import InputError
from focusmesh.kernel.availability.field import ORDER, PRODUCTS, inverses, locators

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import BoolArray, ByteArray

PIECES_MAX = ORDER // 2
"""The field has 256 points: no more than 128 pieces can be doubled."""
_WORD_BYTES = 8
_COMPILED_FROM_BYTES = 1 << 18
"""Below this many bytes NumPy is as fast as loading the machine code."""
_CHUNK_BYTES = 1 << 18


def extend(pieces: ByteArray) -> ByteArray:
    """The k pieces to add to each line of k: uint8 (lines, k, length) of uint8 (lines, k, length).

    k is a power of two up to 128, ``length`` a multiple of 8 bytes. O(bytes · log k). Raises InputError.
    """
    _verify(pieces.shape[1], pieces.shape[2])
    if pieces.nbytes < _COMPILED_FROM_BYTES:
        return _extend(pieces.copy())
    return _by_chunks("extend", np.empty(pieces.shape, dtype=np.uint8), pieces)


def recover(pieces: ByteArray, known: BoolArray) -> ByteArray:
    """All 2k pieces of each line, of at least k known ones: uint8 (lines, 2k, length).

    ``pieces`` is uint8 (lines, 2k, length) in the order of the line: first the k given to ``extend``, then those it
    gave; what it holds where ``known`` (lines, 2k) is False is of no matter. Where more than k are known and they lie
    on no polynomial of degree below k, the result means nothing: compare what is known with what it extends to.
    O(bytes · log k + lines · k²). Raises InputError, also for a line of which fewer than k pieces are known.
    """
    k = pieces.shape[1] // 2
    _verify(k, pieces.shape[2])
    if pieces.shape[1] != 2 * k or known.shape != pieces.shape[:2]:
        raise InputError(f"pieces {pieces.shape} and what is known of them {known.shape} disagree")
    short = np.flatnonzero(known.sum(axis=1) < k)
    if len(short):
        raise InputError(
            f"line {short[0]} has {known[short[0]].sum()} of {2 * k} pieces, {k} are needed"
        )
    at_points = np.concatenate([known[:, k:], known[:, :k]], axis=1)
    scale = locators((~at_points).astype(np.uint8))
    before = np.where(at_points, scale, 0).astype(np.uint8)
    after = np.where(at_points, 0, inverses(scale)).astype(np.uint8)
    if pieces.nbytes < _COMPILED_FROM_BYTES:
        return _recover(pieces, known, before, after)
    return _by_chunks("recover", pieces.copy(), before, after)


def _verify(k: int, length: int) -> None:
    if not 1 <= k <= PIECES_MAX or k & (k - 1):
        raise InputError(
            f"a line has 1, 2, 4 … {PIECES_MAX} pieces, not {k}: GF(2^8) has 256 points"
        )
    if length % _WORD_BYTES:
        raise InputError(f"pieces have a multiple of {_WORD_BYTES} bytes, not {length}")


def _by_chunks(name: str, target: ByteArray, *lines: ByteArray) -> ByteArray:
    from focusmesh.kernel.availability import erasure_compiled

    way: Any = getattr(erasure_compiled, name)
    step = max(1, _CHUNK_BYTES // target[0].nbytes)
    chunks = [slice(start, start + step) for start in range(0, len(target), step)]
    words = target.view(np.uint64)
    given = [_words(each) if each.ndim == target.ndim else each for each in lines]
    parallel.run(
        lambda chunk: way(words[chunk], *(each[chunk] for each in given), _masks()), chunks
    )
    return target


def _words(pieces: ByteArray) -> Any:
    return np.ascontiguousarray(pieces).view(np.uint64)


@cache
def _masks() -> Any:
    """uint64 (256, 8): the product of a byte and 2^bit, in all eight bytes of a word."""
    bits = PRODUCTS[:, 1 << np.arange(8)]
    return np.repeat(bits[:, :, None], _WORD_BYTES, axis=2).view(np.uint64)[:, :, 0].copy()


def _extend(work: ByteArray) -> ByteArray:
    _interpolate(work, work.shape[1])
    _evaluate(work)
    return work


def _recover(pieces: ByteArray, known: BoolArray, before: ByteArray, after: ByteArray) -> ByteArray:
    k = pieces.shape[1] // 2
    work = np.concatenate([pieces[:, k:], pieces[:, :k]], axis=1)
    work = PRODUCTS[before[:, :, None], work]
    _interpolate(work, 0)
    derived = np.zeros_like(work)
    for bit in range((2 * k).bit_length() - 1):
        index = np.arange(2 * k)
        clear = index[index >> bit & 1 == 0]
        derived[:, clear] ^= work[:, clear + (1 << bit)]
    _evaluate(derived)
    found = PRODUCTS[after[:, :, None], derived]
    return np.where(known[:, :, None], pieces, np.concatenate([found[:, k:], found[:, :k]], axis=1))


def _interpolate(work: ByteArray, first: int) -> None:
    """Values at the points ``first`` … ``first`` + n − 1, n a power of two, become coefficients."""
    count = work.shape[1]
    for depth in range(count.bit_length() - 1):
        for low, high, factor in _butterflies(work, depth, first):
            high ^= low
            low ^= PRODUCTS[factor][high]


def _evaluate(work: ByteArray) -> None:
    """Coefficients become values at the points 0 … n − 1."""
    count = work.shape[1]
    for depth in reversed(range(count.bit_length() - 1)):
        for low, high, factor in _butterflies(work, depth, 0):
            low ^= PRODUCTS[factor][high]
            high ^= low


def _butterflies(work: ByteArray, depth: int, first: int) -> list[tuple[ByteArray, ByteArray, int]]:
    """Both halves of every block of 2^(depth + 1) values, and W_depth of the block's first point."""
    half = 1 << depth
    return [
        (
            work[:, start : start + half],
            work[:, start + half : start + 2 * half],
            first + start >> depth,
        )
        for start in range(0, work.shape[1], 2 * half)
    ]
