"""BLAKE3 of many short texts at once: messages of up to 64 bytes are one block, and a block is seven rounds.

J. O'Connor, J.-P. Aumasson, S. Neves, Z. Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere" (2020). Sixteen
messages stand side by side in every word of the state, so that the compiler makes one vector operation of them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import inline, kernel

Array: TypeAlias = npt.NDArray[Any]

_LANES = 16
_WORDS = 16
_START = np.array(
    [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19],
    dtype=np.uint32,
)  # fmt: skip
_SINGLE_BLOCK = np.uint32(1 | 2 | 8)
"""Flags: first block of its chunk, last block of it, root."""
_LETTER, _MINUS = np.uint8(ord("i")), np.uint8(ord("-"))
_ZERO, _TEN = np.uint64(ord("0")), np.uint64(10)
_QUARTERS = np.array(
    [
        (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
        (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
    ]
)  # fmt: skip


def _schedule() -> npt.NDArray[np.int64]:
    """Which two words of the message each quarter of each round takes, shape (7, 8, 2)."""
    permuted = np.array([2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8])
    rounds = [np.arange(_WORDS)]
    for _ in range(6):
        rounds.append(rounds[-1][permuted])
    return np.stack(rounds).reshape(7, 8, 2)


_SCHEDULE = _schedule()


@inline
def _rotate(word: np.uint32, by: int) -> np.uint32:
    """``word`` rotated right."""
    return np.uint32(np.uint32(word >> np.uint32(by)) | np.uint32(word << np.uint32(32 - by)))


@kernel
def _quarter(state: Array, places: Array, first: Array, second: Array) -> None:
    """The function G on four words of the state, all lanes."""
    p, q, r, s = state[places[0]], state[places[1]], state[places[2]], state[places[3]]
    for lane in range(_LANES):
        a, b, c, d = p[lane], q[lane], r[lane], s[lane]
        a = np.uint32(a + b + first[lane])
        d = _rotate(np.uint32(d ^ a), 16)
        c = np.uint32(c + d)
        b = _rotate(np.uint32(b ^ c), 12)
        a = np.uint32(a + b + second[lane])
        d = _rotate(np.uint32(d ^ a), 8)
        c = np.uint32(c + d)
        b = _rotate(np.uint32(b ^ c), 7)
        p[lane], q[lane], r[lane], s[lane] = a, b, c, d


@kernel
def _load(text: Array, first: int, length: int, message: Array, lane: int) -> None:
    """One text into its lane, as little-endian words."""
    for word in range(_WORDS):
        message[word, lane] = np.uint32(0)
    for at in range(length):
        byte = np.uint32(text[first + at])
        message[at >> 2, lane] |= np.uint32(byte << np.uint32(8 * (at & 3)))


@kernel
def hash_short(
    text: Array, start: Array, length: Array, span: tuple[int, int], digests: Array
) -> None:
    """Row i of ``digests`` (uint32, 8 columns) = BLAKE3 of ``length[i]`` ≤ 64 bytes at ``start[i]``, over a range."""
    state = np.empty((_WORDS, _LANES), dtype=np.uint32)
    message = np.zeros((_WORDS, _LANES), dtype=np.uint32)
    for begin in range(span[0], span[1], _LANES):
        lanes = min(_LANES, span[1] - begin)
        for word in range(8):
            state[word, :] = _START[word]
            state[8 + word, :] = _START[word] if word < 4 else np.uint32(0)
        state[15, :] = _SINGLE_BLOCK
        for lane in range(lanes):
            _load(text, start[begin + lane], length[begin + lane], message, lane)
            state[14, lane] = np.uint32(length[begin + lane])
        for turn in range(7):
            for quarter in range(8):
                words = _SCHEDULE[turn, quarter]
                _quarter(state, _QUARTERS[quarter], message[words[0]], message[words[1]])
        for lane in range(lanes):
            for word in range(8):
                digests[begin + lane, word] = state[word, lane] ^ state[word + 8, lane]


@kernel
def spell_integers(
    values: Array, width: int, span: tuple[int, int], text: Array, length: Array
) -> None:
    """``i`` and the decimal digits of each value at the beginning of its ``width`` bytes of ``text``."""
    for i in range(span[0], span[1]):
        value, at = values[i], i * width
        text[at] = _LETTER
        rest = np.uint64(value)
        if value < 0:
            at += 1
            text[at] = _MINUS
            rest = np.uint64(-(value + 1)) + np.uint64(1)
        digits, left = 1, rest // _TEN
        while left > 0:
            digits += 1
            left = left // _TEN
        for place in range(at + digits, at, -1):
            text[place] = np.uint8(_ZERO + rest % _TEN)
            rest = rest // _TEN
        length[i] = at + digits + 1 - i * width
