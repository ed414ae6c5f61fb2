"""SHA-256 (FIPS 180-4) of sixteen messages side by side: word i of all of them is one vector of 32-bit integers.

The rounds are written in the compiler's own language, for it finds neither the vectors nor the rotations by itself. A
processor with 512-bit vectors holds all sixteen in one register, others in two or four.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import cgutils, intrinsic, ir, kernel, types

Array: TypeAlias = npt.NDArray[Any]

LANES = 16
_WORDS = 16
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

    def rotate(self, value: Any, bits: int) -> Any:
        return self.call(f"llvm.fshr.v{LANES}i32", value, value, self.spread(bits))

    def add(self, *values: Any) -> Any:
        total = values[0]
        for value in values[1:]:
            total = self.builder.add(total, value)
        return total

    def xor(self, *values: Any) -> Any:
        total = values[0]
        for value in values[1:]:
            total = self.builder.xor(total, value)
        return total

    def words(self, where: Any) -> list[Any]:
        """The sixteen blocks of 64 bytes at these addresses, word by word."""
        return self.transpose([self.row(where, lane, _VECTOR) for lane in range(LANES)])

    def row(self, where: Any, lane: int, kind: Any) -> Any:
        address = self.builder.load(self.builder.gep(where, [ir.Constant(_INT64, lane)]))
        place = self.builder.inttoptr(address, kind.as_pointer())
        return self.builder.load(place, align=1)

    def transpose(self, rows: list[Any]) -> list[Any]:
        """Sixteen rows of a block each as sixteen rows of a word each, in the processor's order of bytes."""
        for distance in (1, 2, 4, 8):
            rows = self._exchange(rows, distance)
        return [self.call(f"llvm.bswap.v{LANES}i32", row) for row in rows]

    def pair_words(self, left: Any, right: Any) -> list[Any]:
        """The sixteen words of 32 bytes at ``left`` and 32 bytes at ``right``."""
        half = ir.VectorType(_INT32, LANES // 2)
        both = ir.Constant(_VECTOR, list(range(LANES)))
        return self.transpose(
            [
                self.builder.shuffle_vector(
                    self.row(left, lane, half), self.row(right, lane, half), both
                )
                for lane in range(LANES)
            ]
        )

    def shift(self, before: Any, word: Any) -> Any:
        """The last byte of one word and the first three of the next."""
        return self.call(f"llvm.fshl.v{LANES}i32", before, word, self.spread(24))

    def _exchange(self, rows: list[Any], distance: int) -> list[Any]:
        """One step of a transposition: entries leave for the row that differs in this bit of its number."""
        rows, lanes = list(rows), range(LANES)
        upper = [j if not j & distance else j - distance + LANES for j in lanes]
        lower = [j + distance if not j & distance else j + LANES for j in lanes]
        kind = ir.VectorType(_INT32, LANES)
        for i in lanes:
            if not i & distance:
                pair = rows[i], rows[i + distance]
                rows[i], rows[i + distance] = (
                    self.builder.shuffle_vector(*pair, ir.Constant(kind, chosen))
                    for chosen in (upper, lower)
                )
        return rows

    def next_word(self, words: list[Any]) -> Any:
        """W[t] from the sixteen words before it."""
        early, late = words[-15], words[-2]
        first = self.xor(
            self.rotate(early, 7),
            self.rotate(early, 18),
            self.builder.lshr(early, self.spread(3)),
        )
        second = self.xor(
            self.rotate(late, 17),
            self.rotate(late, 19),
            self.builder.lshr(late, self.spread(10)),
        )
        return self.add(words[-16], words[-7], first, second)

    def round(self, state: list[Any], constant: int, word: Any) -> list[Any]:
        a, b, c, d, e, f, g, h = state
        turned = self.xor(*(self.rotate(e, bits) for bits in (6, 11, 25)))
        chosen = self.xor(g, self.builder.and_(e, self.xor(f, g)))
        first = self.add(h, self.builder.add(word, self.spread(constant)), turned, chosen)
        turned = self.xor(*(self.rotate(a, bits) for bits in (2, 13, 22)))
        either = self.builder.or_(a, c)
        most = self.builder.or_(self.builder.and_(either, b), self.builder.and_(a, c))
        return [self.add(first, turned, most), a, b, c, self.builder.add(d, first), e, f, g]

    def compress(self, state: list[Any], words: list[Any]) -> list[Any]:
        mixed = state
        for number, constant in enumerate(_CONSTANTS):
            if number >= _WORDS:
                words.append(self.next_word(words[-_WORDS:]))
            mixed = self.round(mixed, constant, words[number])
        return [self.builder.add(old, new) for old, new in zip(state, mixed, strict=True)]


def _compress(typing: Any, state: Any, where: Any) -> Any:
    """One block of each lane into ``state`` (8, 16); ``where`` has the sixteen addresses of their 64 bytes."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        emitter = _Emitter(builder)
        state, where = _pointers(context, builder, signature.args, given)
        before = [builder.load(place, align=4) for place in _rows(builder, state)]
        _store(builder, emitter.compress(before, emitter.words(where)), state)
        return context.get_dummy_value()

    return types.void(state, where), generate


def _compress_pairs(typing: Any, state: Any, kind: Any, left: Any, right: Any) -> Any:
    """SHA-256 of a byte ``kind`` and twice 32 bytes, whose addresses ``left`` and ``right`` have, into ``state``."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        emitter = _Emitter(builder)
        kinds = signature.args
        state, left, right = _pointers(
            context, builder, (kinds[0], *kinds[2:]), (given[0], *given[2:])
        )
        chosen = builder.insert_element(emitter.spread(0), given[1], ir.Constant(_INT32, 0))
        first = builder.shuffle_vector(chosen, chosen, emitter.spread(0))
        words = [first, *emitter.pair_words(left, right)]
        message = [emitter.shift(a, b) for a, b in pairwise(words)]
        middle = emitter.compress([emitter.spread(int(word)) for word in _INITIAL], message)
        end = emitter.shift(words[-1], emitter.spread(0x80000000))
        rest = [end, *[emitter.spread(0)] * 14, emitter.spread(65 * 8)]
        _store(builder, emitter.compress(middle, rest), state)
        return context.get_dummy_value()

    return types.void(state, types.uint32, left, right), generate


def _pointers(context: Any, builder: Any, kinds: Any, given: Any) -> list[Any]:
    """Addresses of arrays' first entries."""
    pairs = zip(kinds, given, strict=True)
    return [context.make_array(kind)(context, builder, value).data for kind, value in pairs]


def _rows(builder: Any, state: Any) -> list[Any]:
    """The eight vectors of a state."""
    places = [builder.gep(state, [ir.Constant(_INT64, number * LANES)]) for number in range(8)]
    return [builder.bitcast(place, _VECTOR.as_pointer()) for place in places]


def _store(builder: Any, values: list[Any], state: Any) -> None:
    for place, value in zip(_rows(builder, state), values, strict=True):
        builder.store(value, place, align=4)


# The compiler knows these as functions of its own; nothing else may call them.
compress: Any = intrinsic(_compress)
compress_pairs: Any = intrinsic(_compress_pairs)


@kernel
def _last_blocks(data: Array, first: int, stop: int, tail: Array) -> int:
    """Writes what follows a message's whole blocks: its rest, a bit 1, zeros, its length in bits. Counts all blocks."""
    rest = (stop - first) % 64
    tail[:rest] = data[stop - rest : stop]
    tail[rest:] = 0
    tail[rest] = 0x80
    bits = np.uint64(stop - first) << np.uint64(3)
    end = 64 if rest < 56 else 128
    for i in range(8):
        tail[end - 1 - i] = (bits >> np.uint64(8 * i)) & np.uint64(0xFF)
    return (stop - first + 8) // 64 + 1


@kernel
def _begin(state: Array) -> None:
    for word in range(8):
        state[word] = _INITIAL[word]


@kernel
def _write_digest(state: Array, lane: int, digest: Array) -> None:
    for word in range(8):
        value = state[word, lane]
        digest[word] = (
            (value >> np.uint32(24))
            | (value >> np.uint32(8)) & np.uint32(0xFF00)
            | (value << np.uint32(8)) & np.uint32(0xFF0000)
            | (value << np.uint32(24))
        )


@kernel
def hash_span(
    data: Array, start: Array, order: Array, span: tuple[int, int], digests: Array
) -> None:
    """``digests[i]``, eight uint32, = SHA-256 of message i for the i in ``order[span[0]:span[1]]``.

    Sixteen at a time; a lane's digest is taken when its message ends, while longer ones go on.
    """
    state = np.empty((8, 16), dtype=np.uint32)
    tails = np.zeros((16, 128), dtype=np.uint8)
    counts = np.zeros(16, dtype=np.int64)
    content, scratch = data.ctypes.data, tails.ctypes.data
    where = np.full(16, scratch, dtype=np.uint64)
    for base in range(span[0], span[1], 16):
        lanes = min(16, span[1] - base)
        deepest = 0
        for lane in range(lanes):
            message = order[base + lane]
            counts[lane] = _last_blocks(data, start[message], start[message + 1], tails[lane])
            deepest = max(deepest, counts[lane])
        _begin(state)
        for block in range(deepest):
            for lane in range(lanes):
                message = order[base + lane]
                whole = (start[message + 1] - start[message]) // 64
                if block < whole:
                    where[lane] = content + np.uint64(start[message] + 64 * block)
                elif block < counts[lane]:
                    where[lane] = scratch + np.uint64(128 * lane + 64 * (block - whole))
            compress(state, where)
            for lane in range(lanes):
                if block + 1 == counts[lane]:
                    _write_digest(state, lane, digests[order[base + lane]])


@kernel
def hash_pairs(
    kind: int, hashes: Array, left: Array, right: Array, target: Array, span: tuple[int, int]
) -> None:
    """``hashes[target[i]]`` = SHA-256(``kind`` ‖ ``hashes[left[i]]`` ‖ ``hashes[right[i]]``) for the i in ``span``.

    ``hashes`` is uint8 (n, 32), ``kind`` one byte. A number of −1 stands for 32 zero bytes. No i may read what
    another one writes.
    """
    state = np.empty((8, 16), dtype=np.uint32)
    empty = np.zeros(32, dtype=np.uint8)
    lefts = np.full(16, empty.ctypes.data, dtype=np.uint64)
    rights = lefts.copy()
    content, written = hashes.ctypes.data, hashes.view(np.uint32)
    for base in range(span[0], span[1], 16):
        lanes = min(16, span[1] - base)
        for lane in range(lanes):
            lefts[lane] = _address(content, empty.ctypes.data, left[base + lane])
            rights[lane] = _address(content, empty.ctypes.data, right[base + lane])
        compress_pairs(state, np.uint32(kind), lefts, rights)
        for lane in range(lanes):
            _write_digest(state, lane, written[target[base + lane]])


@kernel
def _address(content: int, empty: int, number: int) -> Any:
    return content + np.uint64(32 * number) if number >= 0 else empty
