"""What of the state tree is stored, and how its bytes lie.

The tree is kept as a tree of records. A *bucket* holds the leaves under a prefix, up to 8 of them; a record of level 1
holds the prefixes and hashes of up to 32 buckets under a shorter prefix, a record of level 2 those of records of level
1, and so on up to one record under the empty prefix. A prefix has at most 64 bits: what shares more lies in one record.

bucket (table ``buckets``, key = prefix):
    leaf count u32 ‖ end of each leaf u32 … ‖ leaves
    leaf = path 32 ‖ leaf hash 32 ‖ key length u16 ‖ key ‖ value
record of level ≥ 1 (table ``nodes``, key = level ‖ prefix):
    entries = prefix u64 ‖ bits (+ 0x80 where it is one leaf) ‖ hash 32

All integers are big-endian, a prefix in a store's key too.
Table ``keys`` has every key of the state but those of rows, without a value: the order of ``scan``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from focusmesh.errors import StoreError
from focusmesh.kernel.state.spans import Pieces, lengths_of, starts_of
from focusmesh.kernel.state.tree.hashing import EMPTY, Entries
from focusmesh.kernel.state.tree.paths import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.engine.support.arrays import ByteArray, OffsetArray
    from focusmesh.kernel.state.store import Reader
    from focusmesh.kernel.state.tree.paths import Depths, Words

LEAVES_MAX, ENTRIES_MAX = 8, 32
"""Most leaves of a bucket and most entries of a record above it, unless they share 64 bits."""
ENTRY_BYTES = 41
_LONE = 0x80
_META_KEY = b"tree"
_LEAF_HEAD = 66
_COUNT = struct.Struct(">I")


class Meta(NamedTuple):
    """``height`` is the level of the topmost record, 0 where that is a bucket."""

    height: int
    leaf_count: int
    root: bytes

    @classmethod
    def read(cls, reader: Reader) -> Meta:
        """What was written last, or an empty tree."""
        stored = reader.get("meta", _META_KEY)
        if stored is None:
            return cls(0, 0, EMPTY)
        return cls(stored[0], int.from_bytes(stored[1:9], "big"), stored[9:])

    def pair(self) -> tuple[bytes, bytes]:
        """Its key and value in the table ``meta``."""
        return _META_KEY, bytes([self.height]) + self.leaf_count.to_bytes(8, "big") + self.root


def table_of(level: int) -> str:
    """Where records of a level are."""
    return "nodes" if level else "buckets"


def record_keys(level: int, prefixes: Words) -> list[bytes]:
    """Keys of records in their table."""
    raw = prefixes.astype(">u8").tobytes()
    if not level:
        return [raw[at : at + 8] for at in range(0, len(raw), 8)]
    head = bytes([level])
    return [head + raw[at : at + 8] for at in range(0, len(raw), 8)]


def record_key(level: int, prefix: int) -> bytes:
    """The key of one record in its table."""
    key = prefix.to_bytes(8, "big")
    return bytes([level]) + key if level else key


class Leaf(NamedTuple):
    """One leaf of a bucket."""

    path: bytes
    hash: bytes
    key: bytes
    value: bytes


def parse_leaf(stored: bytes) -> Leaf:
    """The leaf whose bytes these are."""
    key_end = _LEAF_HEAD + int.from_bytes(stored[64:66], "big")
    return Leaf(stored[:32], stored[32:64], stored[_LEAF_HEAD:key_end], stored[key_end:])


def parse_bucket(stored: bytes) -> list[Leaf]:
    """The leaves of one bucket in the order of their paths."""
    return [parse_leaf(stored[a:b]) for a, b in _leaf_bounds(stored)]


def find_leaf(stored: bytes, path: bytes) -> Leaf | None:
    """The leaf of a bucket that has this path; no other one is parsed."""
    for start, stop in _leaf_bounds(stored):
        if stored.startswith(path, start):
            return parse_leaf(stored[start:stop])
    return None


def _leaf_bounds(stored: bytes) -> Iterator[tuple[int, int]]:
    (count,) = _COUNT.unpack_from(stored)
    head = 4 + 4 * count
    ends = struct.unpack_from(f">{count}I", stored, 4)
    return pairwise([head, *(head + end for end in ends)])


class Node(NamedTuple):
    """One entry of a record of level ≥ 1."""

    prefix: int
    depth: int
    lone: bool
    hash: bytes


def parse_nodes(stored: bytes) -> list[Node]:
    """The entries of one record of level ≥ 1."""
    return [
        Node(
            int.from_bytes(stored[at : at + 8], "big"),
            stored[at + 8] & ~_LONE,
            bool(stored[at + 8] & _LONE),
            stored[at + 9 : at + ENTRY_BYTES],
        )
        for at in range(0, len(stored), ENTRY_BYTES)
    ]


def find_node(stored: bytes, path: bytes) -> Node | None:
    """The entry of a record of level ≥ 1 whose prefix is one of ``path``; no other one is parsed."""
    low, high = 0, len(stored) // ENTRY_BYTES
    while low < high:
        middle = (low + high) // 2
        if stored[ENTRY_BYTES * middle : ENTRY_BYTES * middle + 8] <= path[:8]:
            low = middle + 1
        else:
            high = middle
    if not low:
        return None
    (node,) = parse_nodes(stored[ENTRY_BYTES * (low - 1) : ENTRY_BYTES * low])
    differing = node.prefix ^ int.from_bytes(path[:8], "big")
    return None if differing >> (64 - node.depth) else node


@dataclass(frozen=True)
class Leaves:
    """Leaves side by side: their entries, and their bytes."""

    entries: Entries
    stored: Pieces

    @classmethod
    def build(cls, entries: Entries, paths: ByteArray, keys: Pieces, values: Pieces) -> Leaves:
        """New leaves from what they consist of."""
        ends = starts_of(_LEAF_HEAD + keys.length + values.length)
        start, stop = ends[:-1], ends[1:]
        data = np.empty(int(ends[-1]), dtype=np.uint8)
        head = np.empty((len(paths), _LEAF_HEAD), dtype=np.uint8)
        head[:, :32], head[:, 32:64] = paths, entries.hashes
        head[:, 64:] = keys.length.astype(">u2").view(np.uint8).reshape(-1, 2)
        _put_rows(data, start, head)
        keys.write(data, start + _LEAF_HEAD)
        values.write(data, stop - values.length)
        return cls(entries, Pieces(data, start, stop))

    def followed_by(self, other: Leaves) -> Leaves:
        """These, then the others."""
        entries = self.entries.followed_by(other.entries)
        return Leaves(entries, self.stored.followed_by(other.stored))

    def take(self, chosen: OffsetArray) -> Leaves:
        """Those with these numbers."""
        return Leaves(self.entries.take(chosen), self.stored.take(chosen))

    def values(self, chosen: OffsetArray) -> list[bytes]:
        """The values of those with these numbers."""
        stored = self.stored.take(chosen)
        key_length = _integers(stored.data, stored.start + _LEAF_HEAD - 2, ">u2")
        first = stored.start + _LEAF_HEAD + key_length
        view = memoryview(stored.data.data)
        bounds = zip(first.tolist(), stored.stop.tolist(), strict=True)
        return [bytes(view[a:b]) for a, b in bounds]


def decode_buckets(records: Sequence[bytes]) -> tuple[Leaves, OffsetArray]:
    """Leaves of buckets side by side, and how many each bucket has. O(bytes)."""
    stored = np.frombuffer(b"".join(records), dtype=np.uint8)
    base = starts_of(lengths_of(records))[:-1]
    count = _integers(stored, base, ">u4")
    body = np.repeat(base + 4 + 4 * count, count)
    number = _numbers_within(count)
    stop = body + _integers(stored, np.repeat(base, count) + 4 + 4 * number, ">u4")
    start = np.where(number == 0, body, np.roll(stop, 1))
    head = _rows(stored, start, 64)
    entries = Entries.leaves(words_of(head[:, :32]), head[:, 32:])
    return Leaves(entries, Pieces(stored, start, stop)), count


def encode_buckets(leaves: Leaves, count: OffsetArray) -> list[bytes]:
    """Buckets of ``count`` leaves each. O(bytes)."""
    length, last = leaves.stored.length, starts_of(count)
    ends = starts_of(length)
    size = 4 + 4 * count + ends[last[1:]] - ends[last[:-1]]
    base = starts_of(size)
    stored = np.empty(int(base[-1]), dtype=np.uint8)
    _put_rows(stored, base[:-1], count.astype(">u4").view(np.uint8).reshape(-1, 4))
    within = ends[1:] - np.repeat(ends[last[:-1]], count)
    place = np.repeat(base[:-1], count) + 4 + 4 * _numbers_within(count)
    _put_rows(stored, place, within.astype(">u4").view(np.uint8).reshape(-1, 4))
    body = np.repeat(base[:-1] + 4 + 4 * count, count) + within - length
    leaves.stored.write(stored, body)
    view = memoryview(stored.data)
    return [bytes(view[a:b]) for a, b in pairwise(base.tolist())]


def decode_nodes(records: Sequence[bytes]) -> tuple[Entries, OffsetArray]:
    """Entries of records of level ≥ 1 side by side, and how many each record has. O(bytes)."""
    rows = np.frombuffer(b"".join(records), dtype=np.uint8).reshape(-1, ENTRY_BYTES)
    words = np.ascontiguousarray(rows[:, :8]).view(">u8").astype(np.uint64)
    mark = rows[:, 8]
    depth = (mark & ~np.uint8(_LONE)).astype(np.int16)
    return Entries(words, depth, mark >= _LONE, rows[:, 9:]), lengths_of(records) // ENTRY_BYTES


def encode_nodes(entries: Entries, count: OffsetArray) -> list[bytes]:
    """Records of level ≥ 1 with ``count`` entries each."""
    rows = np.empty((len(entries), ENTRY_BYTES), dtype=np.uint8)
    rows[:, :8] = entries.words[:, :1].astype(">u8").view(np.uint8).reshape(-1, 8)
    rows[:, 8] = entries.depth.astype(np.uint8) | np.where(entries.lone, _LONE, 0).astype(np.uint8)
    rows[:, 9:] = entries.hashes
    raw = rows.tobytes()
    return [raw[a:b] for a, b in pairwise((ENTRY_BYTES * starts_of(count)).tolist())]


@dataclass(frozen=True)
class Records:
    """Records of one level, by ascending prefix.

    ``entry`` numbers each one's entry in the level above, −1 where it is new; ``above`` its record there.
    """

    level: int
    prefix: Words
    depth: Depths
    entry: OffsetArray
    above: OffsetArray

    @classmethod
    def first(cls, level: int, is_stored: bool = False) -> Records:
        """The one record of the topmost level."""
        entry = np.array([0 if is_stored else -1], dtype=np.int64)
        zero = np.zeros(1, dtype=np.int64)
        return cls(level, zero.astype(np.uint64), zero.astype(np.int16), entry, zero)

    def read(self, reader: Reader) -> tuple[list[bytes], list[bytes]]:
        """Keys and contents of those that are not new. Raises StoreError where one of them is not there."""
        keys = record_keys(self.level, self.prefix[self.entry >= 0])
        values = reader.get_many(table_of(self.level), keys)
        present = [value for value in values if value is not None]
        if len(present) < len(keys):
            raise missing(self.level, keys[values.index(None)])
        return keys, present

    def spread(self, count: OffsetArray) -> OffsetArray:
        """The number of each entry's record, given how many entries each record that is not new has."""
        return np.repeat(np.flatnonzero(self.entry >= 0), count)


def missing(level: int, key: bytes) -> StoreError:
    """What to raise where a record is not in the store."""
    return StoreError(
        f"table {table_of(level)!r} lacks record {key.hex()} of the state tree: the store is damaged, "
        "import the chain into a new one"
    )


def _integers(stored: ByteArray, at: OffsetArray, kind: str) -> OffsetArray:
    """The integer at each offset."""
    size = np.dtype(kind).itemsize
    return _rows(stored, at, size).view(kind).reshape(-1).astype(np.int64)


def _rows(stored: ByteArray, at: OffsetArray, length: int) -> ByteArray:
    """``length`` bytes from each offset on: uint8 (k, length)."""
    if not len(at):
        return np.empty((0, length), dtype=np.uint8)
    return np.ascontiguousarray(sliding_window_view(stored, length)[at])


def _put_rows(stored: ByteArray, at: OffsetArray, rows: ByteArray) -> None:
    """Writes each row from its offset on."""
    if len(at):
        sliding_window_view(stored, rows.shape[1], writeable=True)[at] = rows


def _numbers_within(count: OffsetArray) -> OffsetArray:
    """0, 1, … of each group of ``count`` members."""
    start = starts_of(count)
    return np.arange(start[-1]) - np.repeat(start[:-1], count)
