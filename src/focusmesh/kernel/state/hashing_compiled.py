"""SHA-256 (FIPS 180-4) of sixteen messages side by side: word i of all of them is one vector of 32-bit integers.

The rounds are written in the compiler's own language, for it finds neither the vectors nor the rotations by itself. A
processor with 512-bit vectors holds all sixteen in one register, others in two or four.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.compiled import cgutils, intrinsic, ir, kernel, types

Array: TypeAlias = npt.NDArray[Any]

LANES = 16
_WORDS = 16
_BLOCK_BYTES = 64
_ROUNDS = 64

_INT32, _INT64 = ir.IntType(32), ir.IntType(64)
_VECTOR = ir.VectorType(_INT32, LANES)


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found


def _fraction(value: int, root: int) -> int:
    """First 32 bits of the fraction of value^(1/root), exactly."""
    target, low, high = value << (32 * root), 0, 1 << 36
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**root <= target else (low, middle)
    return low & 0xFFFFFFFF


_CONSTANTS = [_fraction(prime, 3) for prime in _primes(_ROUNDS)]
_INITIAL = np.array([_fraction(prime, 2) for prime in _primes(8)], dtype=np.uint32)


class _Emitter:
    """Writes the compression function for vectors."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder

    def spread(self, value: int) -> Any:
        return ir.Constant(_VECTOR, [value] * LANES)

    def call(self, name: str, *values: Any) -> Any:
        signature = ir.FunctionType(_VECTOR, [value.type for value in values])
        function = cgutils.get_or_insert_function(self.builder.module, signature, name)
        return self.builder.call(function, list(values))

    def rotated(self, value: Any, bits: int) -> Any:
        return self.call(f"llvm.fshr.v{LANES}i32", value, value, self.spread(bits))

    def added(self, *values: Any) -> Any:
        total = values[0]
        for value in values[1:]:
            total = self.builder.add(total, value)
        return total

    def mixed(self, *values: Any) -> Any:
        total = values[0]
        for value in values[1:]:
            total = self.builder.xor(total, value)
        return total

    def word(self, blocks: Any, number: int) -> Any:
        """Word ``number`` of the sixteen blocks, as the processor has numbers."""
        place = self.builder.gep(blocks, [ir.Constant(_INT64, number * LANES)])
        vector = self.builder.bitcast(place, _VECTOR.as_pointer())
        return self.call(f"llvm.bswap.v{LANES}i32", self.builder.load(vector, align=4))

    def next_word(self, words: list[Any]) -> Any:
        """W[t] from the sixteen words before it."""
        early, late = words[-15], words[-2]
        first = self.mixed(
            self.rotated(early, 7),
            self.rotated(early, 18),
            self.builder.lshr(early, self.spread(3)),
        )
        second = self.mixed(
            self.rotated(late, 17),
            self.rotated(late, 19),
            self.builder.lshr(late, self.spread(10)),
        )
        return self.added(words[-16], words[-7], first, second)

    def round(self, state: list[Any], constant: int, word: Any) -> list[Any]:
        a, b, c, d, e, f, g, h = state
        turned = self.mixed(*(self.rotated(e, bits) for bits in (6, 11, 25)))
        chosen = self.mixed(g, self.builder.and_(e, self.mixed(f, g)))
        first = self.added(h, self.builder.add(word, self.spread(constant)), turned, chosen)
        turned = self.mixed(*(self.rotated(a, bits) for bits in (2, 13, 22)))
        either = self.builder.or_(a, c)
        most = self.builder.or_(self.builder.and_(either, b), self.builder.and_(a, c))
        return [self.added(first, turned, most), a, b, c, self.builder.add(d, first), e, f, g]

    def compressed(self, state: list[Any], blocks: Any) -> list[Any]:
        words: list[Any] = []
        mixed = state
        for number, constant in enumerate(_CONSTANTS):
            words.append(
                self.word(blocks, number) if number < _WORDS else self.next_word(words[-_WORDS:])
            )
            mixed = self.round(mixed, constant, words[-1])
        return [self.builder.add(old, new) for old, new in zip(state, mixed, strict=True)]


def _compress(typing: Any, state: Any, blocks: Any) -> Any:
    """One block of each lane into ``state`` (8, 16); ``blocks`` (16, 16) holds word by word, bytes as they came."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        emitter = _Emitter(builder)
        state, blocks = (
            context.make_array(kind)(context, builder, value).data
            for kind, value in zip(signature.args, given, strict=True)
        )
        places = [
            builder.bitcast(
                builder.gep(state, [ir.Constant(_INT64, number * LANES)]), _VECTOR.as_pointer()
            )
            for number in range(8)
        ]
        before = [builder.load(place, align=4) for place in places]
        for place, value in zip(places, emitter.compressed(before, blocks), strict=True):
            builder.store(value, place, align=4)
        return context.get_dummy_value()

    return types.void(state, blocks), generate


compress: Any = intrinsic(_compress)


@kernel
def _last_blocks(data: Array, first: int, stop: int, tail: Array) -> int:
    """Writes what follows a message's whole blocks: its rest, a bit 1, zeros, its length in bits. Counts all blocks."""
    rest = (stop - first) % 64
    at = stop - rest
    for i in range(128):
        tail[i] = data[at + i] if i < rest else 0
    tail[rest] = 0x80
    bits = np.uint64(stop - first) << np.uint64(3)
    end = 64 if rest < 56 else 128
    for i in range(8):
        tail[end - 1 - i] = (bits >> np.uint64(8 * i)) & np.uint64(0xFF)
    return (stop - first + 8) // 64 + 1


@kernel
def _read_block(data: Array, at: int, words: Array, lane: int) -> None:
    """The 64 bytes from ``at`` on into one lane, each word's bytes in the order in which they lie."""
    for word in range(16):
        place = at + 4 * word
        words[word, lane] = (
            np.uint32(data[place])
            | np.uint32(data[place + 1]) << np.uint32(8)
            | np.uint32(data[place + 2]) << np.uint32(16)
            | np.uint32(data[place + 3]) << np.uint32(24)
        )


@kernel
def _write_digest(state: Array, lane: int, digest: Array) -> None:
    for word in range(8):
        value = state[word, lane]
        digest[4 * word] = value >> np.uint32(24)
        digest[4 * word + 1] = (value >> np.uint32(16)) & np.uint32(0xFF)
        digest[4 * word + 2] = (value >> np.uint32(8)) & np.uint32(0xFF)
        digest[4 * word + 3] = value & np.uint32(0xFF)


@kernel
def hash_span(
    data: Array, start: Array, order: Array, span: tuple[int, int], digests: Array
) -> None:
    """``digests[i]`` = SHA-256 of message i for the i in ``order[span[0]:span[1]]``.

    Sixteen at a time; a lane's digest is taken when its message ends, while longer ones go on.
    """
    state = np.empty((8, 16), dtype=np.uint32)
    words = np.zeros((16, 16), dtype=np.uint32)
    tails = np.empty((16, 128), dtype=np.uint8)
    counts = np.zeros(16, dtype=np.int64)
    for base in range(span[0], span[1], 16):
        lanes = min(16, span[1] - base)
        deepest = 0
        for lane in range(lanes):
            message = order[base + lane]
            counts[lane] = _last_blocks(data, start[message], start[message + 1], tails[lane])
            deepest = max(deepest, counts[lane])
        for word in range(8):
            state[word] = _INITIAL[word]
        for block in range(deepest):
            for lane in range(lanes):
                message = order[base + lane]
                whole = (start[message + 1] - start[message]) // 64
                if block < whole:
                    _read_block(data, start[message] + 64 * block, words, lane)
                elif block < counts[lane]:
                    _read_block(tails[lane], 64 * (block - whole), words, lane)
            compress(state, words)
            for lane in range(lanes):
                if block + 1 == counts[lane]:
                    _write_digest(state, lane, digests[order[base + lane]])
