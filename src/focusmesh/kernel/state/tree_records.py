"""What of the state tree is stored, and how its bytes lie.

The tree is kept as a tree of records. A *bucket* holds the leaves under a prefix, up to 8 of them; a record of level 1
holds the prefixes and hashes of up to 32 buckets under a shorter prefix, a record of level 2 those of records of level
1, and so on up to one record under the empty prefix. A prefix has at most 64 bits: what shares more lies in one record.

bucket (table ``buckets``, key = prefix):
    leaf count u32 ‖ end of each leaf u32 … ‖ leaves
    leaf = path 32 ‖ leaf hash 32 ‖ key length u16 ‖ key ‖ value
record of level ≥ 1 (table ``nodes``, key = level ‖ prefix):
    entries = prefix u64 ‖ bits (+ 0x80 where it is one leaf) ‖ hash 32

All integers are big-endian. In a store's key, a prefix is its bytes less the zero bytes at the end, at least one.
Table ``keys`` has every key of the state, without a value: the order of ``scan``. ``meta`` has b"tree".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.errors import StoreError
from focusmesh.kernel.state.tree_hashing import EMPTY, Entries
from focusmesh.kernel.state.tree_paths import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.arrays import ByteArray, OffsetArray
    from focusmesh.kernel.state.store import Reader
    from focusmesh.kernel.state.tree_paths import Depths, Words

LEAVES_MAX, ENTRIES_MAX = 8, 32
"""Most leaves of a bucket and most entries of a record above it, unless they share 64 bits."""
ENTRY_BYTES = 41
_LONE = 0x80
_META_KEY = b"tree"
_LEAF_HEAD = 66


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
    return [record_key(level, prefix) for prefix in prefixes.tolist()]


def record_key(level: int, prefix: int) -> bytes:
    """The key of one record in its table."""
    key = prefix.to_bytes(8, "big").rstrip(b"\0") or b"\0"
    return bytes([level]) + key if level else key


class Leaf(NamedTuple):
    """One leaf of a bucket."""

    path: bytes
    hash: bytes
    key: bytes
    value: bytes


def leaf_bytes(head: bytes, key: bytes, value: bytes) -> bytes:
    """A leaf as it lies in its bucket; ``head`` is its path and its hash."""
    return b"".join((head, len(key).to_bytes(2, "big"), key, value))


def parse_leaf(stored: bytes) -> Leaf:
    """The leaf whose bytes these are."""
    key_end = _LEAF_HEAD + int.from_bytes(stored[64:66], "big")
    return Leaf(stored[:32], stored[32:64], stored[_LEAF_HEAD:key_end], stored[key_end:])


def parse_bucket(stored: bytes) -> list[Leaf]:
    """The leaves of one bucket in the order of their paths."""
    count = int.from_bytes(stored[:4], "big")
    head = 4 + 4 * count
    ends = [int.from_bytes(stored[at : at + 4], "big") for at in range(4, head, 4)]
    return [parse_leaf(stored[head + a : head + b]) for a, b in pairwise([0, *ends])]


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


@dataclass(frozen=True)
class Leaves:
    """Leaves side by side: their entries, and as bytes, leaf i at ``stored[start[i]:stop[i]]``."""

    entries: Entries
    stored: bytes
    start: OffsetArray
    stop: OffsetArray

    def at(self, number: int) -> bytes:
        """The bytes of one leaf."""
        return self.stored[self.start[number] : self.stop[number]]

    def joined(self, more: Sequence[bytes], order: OffsetArray) -> tuple[bytes, OffsetArray]:
        """Bytes and lengths of these leaves and more in the given order."""
        length = np.fromiter(map(len, more), dtype=np.int64, count=len(more))
        stop = len(self.stored) + np.cumsum(length)
        start = np.concatenate([self.start, stop - length])[order]
        stop = np.concatenate([self.stop, stop])[order]
        stored = b"".join([self.stored, *more])
        bounds = zip(start.tolist(), stop.tolist(), strict=True)
        return b"".join([stored[a:b] for a, b in bounds]), stop - start


def decode_buckets(records: Sequence[bytes]) -> tuple[Leaves, OffsetArray]:
    """Leaves of buckets side by side, and how many each bucket has. O(bytes)."""
    stored = b"".join(records)
    data = np.frombuffer(stored, dtype=np.uint8)
    length = np.fromiter(map(len, records), dtype=np.int64, count=len(records))
    base = np.cumsum(length) - length
    count = _integers(data, base)
    body = base + 4 + 4 * count
    number = _numbers_within(count)
    end = _integers(data, np.repeat(base, count) + 4 + 4 * number)
    stop = np.repeat(body, count) + end
    start = np.where(number == 0, np.repeat(body, count), np.roll(stop, 1))
    heads = _slices(data, start, 64)
    entries = Entries.leaves(words_of(heads[:, :32]), heads[:, 32:])
    return Leaves(entries, stored, start, stop), count


def encode_buckets(body: bytes, length: OffsetArray, count: OffsetArray) -> list[bytes]:
    """Buckets of ``count`` leaves each, which lie one after the other in ``body`` and have these lengths."""
    if not len(count):
        return []
    last, total = np.cumsum(count), np.cumsum(length)
    stop = total[last - 1]
    start = np.concatenate([[0], stop[:-1]])
    ends = (total - np.repeat(start, count)).astype(">u4").tobytes()
    counts = count.astype(">u4").tobytes()
    parts = zip(
        range(0, 4 * len(count), 4),
        pairwise([0, *(4 * last).tolist()]),
        zip(start.tolist(), stop.tolist(), strict=True),
        strict=True,
    )
    return [counts[at : at + 4] + ends[a:b] + body[c:d] for at, (a, b), (c, d) in parts]


def decode_nodes(records: Sequence[bytes]) -> tuple[Entries, OffsetArray]:
    """Entries of records of level ≥ 1 side by side, and how many each record has. O(bytes)."""
    rows = np.frombuffer(b"".join(records), dtype=np.uint8).reshape(-1, ENTRY_BYTES)
    words = np.ascontiguousarray(rows[:, :8]).view(">u8").astype(np.uint64)
    mark = rows[:, 8]
    depth = (mark & ~np.uint8(_LONE)).astype(np.int16)
    count = np.fromiter((len(r) // ENTRY_BYTES for r in records), np.int64, count=len(records))
    return Entries(words, depth, mark >= _LONE, rows[:, 9:]), count


def encode_nodes(entries: Entries, count: OffsetArray) -> list[bytes]:
    """Records of level ≥ 1 with ``count`` entries each."""
    rows = np.empty((len(entries), ENTRY_BYTES), dtype=np.uint8)
    rows[:, :8] = entries.words[:, :1].astype(">u8").view(np.uint8).reshape(-1, 8)
    rows[:, 8] = entries.depth.astype(np.uint8) | np.where(entries.lone, _LONE, 0).astype(np.uint8)
    rows[:, 9:] = entries.hashes
    raw = rows.tobytes()
    ends = accumulate((ENTRY_BYTES * count).tolist(), initial=0)
    return [raw[a:b] for a, b in pairwise(ends)]


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


def _integers(data: ByteArray, at: OffsetArray) -> OffsetArray:
    """The u32 at each offset."""
    return _slices(data, at, 4).view(">u4").reshape(-1).astype(np.int64)


def _slices(data: ByteArray, at: OffsetArray, length: int) -> ByteArray:
    """``length`` bytes from each offset on: uint8 (k, length)."""
    if not len(at):
        return np.empty((0, length), dtype=np.uint8)
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(data, length)[at])


def _numbers_within(count: OffsetArray) -> OffsetArray:
    """0, 1, … of each group of ``count`` members."""
    first = np.cumsum(count) - count
    return np.arange(int(count.sum()), dtype=np.int64) - np.repeat(first, count)
