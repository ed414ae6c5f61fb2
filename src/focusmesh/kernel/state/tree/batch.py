"""Changes to leaves: where they fall in the buckets that were read, and what the buckets are afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from focusmesh.errors import InputError
from focusmesh.kernel.state.hashing import sha256_many
from focusmesh.kernel.state.key_space import ROW_PREFIX
from focusmesh.kernel.state.spans import Pieces
from focusmesh.kernel.state.store import KEY_BYTES_MAX
from focusmesh.kernel.state.tree import paths as tree_paths
from focusmesh.kernel.state.tree.hashing import Entries, leaf_hashes
from focusmesh.kernel.state.tree.paths import order_of, places_of, words_of
from focusmesh.kernel.state.tree.records import Leaves, decode_buckets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.support.arrays import BoolArray, ByteArray, OffsetArray
    from focusmesh.kernel.state.store import Reader, Writer
    from focusmesh.kernel.state.tree.paths import Words
    from focusmesh.kernel.state.tree.records import Records

Before: TypeAlias = list[tuple[bytes, bytes | None]]
"""Keys with the values they had, None where they had none."""


@dataclass(frozen=True)
class Batch:
    """What is to change: keys and values as they were given, and the order of their paths.

    ``present`` says which keys get a value. ``paths`` and ``words`` are in the order of paths.
    """

    keys: list[bytes]
    values: list[bytes | None]
    present: BoolArray
    order: OffsetArray
    paths: ByteArray
    words: Words

    @classmethod
    def of(cls, changes: Mapping[bytes, bytes | None]) -> Batch:
        """Hashes the keys. Raises InputError for empty values and keys of a wrong length."""
        keys, values = list(changes), list(changes.values())
        if keys and not 0 < min(map(len, keys)) <= max(map(len, keys)) <= KEY_BYTES_MAX:
            key = next(key for key in keys if not 0 < len(key) <= KEY_BYTES_MAX)
            raise InputError(f"a key of the state has 1 to {KEY_BYTES_MAX} bytes: {key!r}")
        if b"" in values:
            key = keys[values.index(b"")]
            raise InputError(f"the value of {key!r} is empty: remove the key instead")
        paths = tree_paths.paths_of(keys)
        words = words_of(paths)
        order = order_of(words)
        present = np.fromiter((v is not None for v in values), dtype=np.bool_, count=len(values))
        return cls(keys, values, present, order, paths[order], words[order])

    def leaves(self) -> tuple[OffsetArray, Leaves]:
        """The leaves that there are to be, and which of the changes, in the order of paths, they come from."""
        chosen = np.flatnonzero(self.present[self.order])
        given = self.order[chosen]
        values = Pieces.of([b"" if value is None else value for value in self.values])
        content = sha256_many(values.data, np.append(values.start, len(values.data)))[given]
        paths = self.paths[chosen]
        entries = Entries.leaves(self.words[chosen], leaf_hashes(paths, content))
        keys = Pieces.of(self.keys).take(given)
        return chosen, Leaves.build(entries, paths, keys, values.take(given))

    def write_keys(self, writer: Writer, hit: BoolArray) -> int:
        """Keeps the index of keys, given which were there by the order of paths; how many more there are now."""
        present = self.present[self.order]
        added, gone = self._list_keys(present & ~hit), self._list_keys(hit & ~present)
        writer.put_many("keys", [(key, b"") for key in added])
        writer.delete_many("keys", gone)
        return int(present.sum()) - int(hit.sum())

    def _list_keys(self, chosen: BoolArray) -> list[bytes]:
        """Those of the keys that the index has, ascending."""
        numbers = self.order[np.flatnonzero(chosen)].tolist()
        keys = [self.keys[number] for number in numbers]
        return sorted(key for key in keys if not key.startswith(ROW_PREFIX))


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
        """The value that each key had, in the order in which they were given."""
        values: list[bytes | None] = [None] * len(batch.keys)
        changes = np.flatnonzero(self.hit)
        known = self.leaves.values(self.place[changes])
        for number, value in zip(batch.order[changes].tolist(), known, strict=True):
            values[number] = value
        return values

    def merge(self, batch: Batch, at: OffsetArray) -> tuple[Leaves, OffsetArray]:
        """Leaves after the changes, and the bucket of each; ``at`` has the bucket of each change."""
        kept = np.ones(len(self.leaves.entries), dtype=np.bool_)
        kept[self.place[self.hit]] = False
        changes, added = batch.leaves()
        order = splice_order(kept, self.place[changes])
        leaves = self.leaves.followed_by(added).take(order)
        return leaves, np.concatenate([self.record, at[changes]])[order]


def splice_order(kept: BoolArray, place: OffsetArray) -> OffsetArray:
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
