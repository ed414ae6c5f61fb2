"""Changes to leaves: where they fall in the buckets that were read, and what the buckets are afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from focusmesh.errors import InputError
from focusmesh.kernel.state import tree_paths
from focusmesh.kernel.state.store import KEY_BYTES_MAX
from focusmesh.kernel.state.tree_hashing import Entries, leaf_hashes
from focusmesh.kernel.state.tree_paths import order_of, places_of, words_of
from focusmesh.kernel.state.tree_records import (
    Leaves,
    decode_buckets,
    encode_buckets,
    leaf_bytes,
    parse_leaf,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.engine.arrays import BoolArray, ByteArray, OffsetArray
    from focusmesh.kernel.state.store import Reader, Writer
    from focusmesh.kernel.state.tree_paths import Words
    from focusmesh.kernel.state.tree_records import Records

Before: TypeAlias = list[tuple[bytes, bytes | None]]
"""Keys with the values they had, None where they had none."""


@dataclass(frozen=True)
class Batch:
    """What is to change, by ascending path."""

    keys: list[bytes]
    values: list[bytes | None]
    paths: ByteArray
    words: Words

    @classmethod
    def of(cls, changes: Mapping[bytes, bytes | None]) -> Batch:
        """Hashes and sorts the keys. Raises InputError for empty values and keys of a wrong length."""
        keys, values = list(changes), list(changes.values())
        for key in keys:
            if not 0 < len(key) <= KEY_BYTES_MAX:
                raise InputError(f"a key of the state has 1 to {KEY_BYTES_MAX} bytes: {key!r}")
        if b"" in values:
            key = keys[values.index(b"")]
            raise InputError(f"the value of {key!r} is empty: remove the key instead")
        paths = tree_paths.paths_of(keys)
        words = words_of(paths)
        order = order_of(words)
        chosen = order.tolist()
        keys, values = [keys[i] for i in chosen], [values[i] for i in chosen]
        return cls(keys, values, paths[order], words[order])

    def write_keys(self, writer: Writer, before: list[bytes | None]) -> int:
        """Keeps the index of keys; how many more there are now."""
        pairs = list(zip(self.keys, before, self.values, strict=True))
        added = sorted(key for key, old, new in pairs if old is None and new is not None)
        gone = sorted(key for key, old, new in pairs if old is not None and new is None)
        writer.put_many("keys", ((key, b"") for key in added))
        writer.delete_many("keys", gone)
        return len(added) - len(gone)


@dataclass(frozen=True)
class Bottom:
    """The buckets that a batch touches. ``place`` counts the leaves before each change, ``hit`` says whether the leaf
    there has the same path.
    """

    keys: list[bytes]
    leaves: Leaves
    record: OffsetArray
    place: OffsetArray
    hit: BoolArray

    @classmethod
    def read(cls, reader: Reader, records: Records, batch: Batch) -> Bottom:
        """Reads buckets and finds the changes in them."""
        keys, contents = records.read(reader)
        leaves, count = decode_buckets(contents)
        words = leaves.entries.words
        place = places_of(words, batch.words)
        hit = np.zeros(len(place), dtype=np.bool_)
        possible = np.flatnonzero(place < len(words))
        hit[possible] = (words[place[possible]] == batch.words[possible]).all(axis=1)
        return cls(keys, leaves, records.spread(count), place, hit)

    def before(self, batch: Batch) -> list[bytes | None]:
        """The value that each changed key had. Raises InputError where another key has the same path."""
        values: list[bytes | None] = [None] * len(batch.keys)
        for change in np.flatnonzero(self.hit).tolist():
            leaf = parse_leaf(self.leaves.at(int(self.place[change])))
            if leaf.key != batch.keys[change]:
                raise InputError(f"{leaf.key!r} and {batch.keys[change]!r} have the same hash")
            values[change] = leaf.value
        return values

    def merged(
        self, batch: Batch, at: OffsetArray
    ) -> tuple[Entries, OffsetArray, Callable[[Entries, OffsetArray], list[bytes]]]:
        """Leaves after the changes, the bucket of each (``at`` has that of each change), and what encodes buckets."""
        kept = np.ones(len(self.leaves.entries), dtype=np.bool_)
        kept[self.place[self.hit]] = False
        new = np.array([value is not None for value in batch.values], dtype=np.bool_)
        order = spliced(kept, self.place[new])
        added, stored = _new_leaves(batch, new)
        entries = self.leaves.entries.followed_by(added).take(order)
        record = np.concatenate([self.record, at[new]])[order]
        body, length = self.leaves.joined(stored, order)

        def encode(_: Entries, count: OffsetArray) -> list[bytes]:
            return encode_buckets(body, length, count)

        return entries, record, encode


def spliced(kept: BoolArray, place: OffsetArray) -> OffsetArray:
    """The order of old things that are ``kept`` and of new ones, whose ascending ``place`` counts old ones before them.

    Old ones are named by their number, new ones by theirs + len(kept).
    """
    old = np.flatnonzero(kept)
    target = np.searchsorted(old, place) + np.arange(len(place))
    order = np.empty(len(old) + len(place), dtype=np.int64)
    is_old = np.ones(len(order), dtype=np.bool_)
    is_old[target] = False
    order[target] = len(kept) + np.arange(len(place))
    order[is_old] = old
    return order


def _new_leaves(batch: Batch, new: BoolArray) -> tuple[Entries, list[bytes]]:
    keys = [key for key, value in zip(batch.keys, batch.values, strict=True) if value is not None]
    values = [value for value in batch.values if value is not None]
    paths = batch.paths[new]
    hashes = leaf_hashes(paths, values)
    heads = np.concatenate([paths, hashes], axis=1).tobytes()
    stored = [
        leaf_bytes(heads[at : at + 64], key, value)
        for at, key, value in zip(range(0, len(heads), 64), keys, values, strict=True)
    ]
    return Entries.leaves(batch.words[new], hashes), stored
