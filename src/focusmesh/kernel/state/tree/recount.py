"""The root of a state tree made anew from the keys and values in its buckets, without any hash that is stored."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.state.tree.hashing import EMPTY, Entries, leaf_hashes, subtree_hashes
from focusmesh.kernel.state.tree.paths import paths_of, words_of
from focusmesh.kernel.state.tree.records import parse_bucket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.support.arrays import ByteArray
    from focusmesh.kernel.state.store import Reader
    from focusmesh.kernel.state.tree.paths import Words

_BUCKETS_AT_ONCE = 8_192


def recomputed_root(reader: Reader) -> bytes:
    """What the root of the tree in a store has to be: 32 bytes, zeros where it is empty.

    O(n · log n), some 100 bytes of memory a key. A bucket that is missing or out of its place gives another root.
    """
    parts = list(_leaves(reader))
    if not parts:
        return EMPTY
    words = np.concatenate([words for words, _ in parts])
    hashes = np.concatenate([hashes for _, hashes in parts])
    one_record, floor = np.zeros(len(words), dtype=np.int64), np.zeros(1, dtype=np.int16)
    roots, _ = subtree_hashes(Entries.leaves(words, hashes), one_record, floor)
    return roots.tobytes()


def _leaves(reader: Reader) -> Iterator[tuple[Words, ByteArray]]:
    """Paths and leaf hashes of many buckets at a time, in the order of the buckets."""
    buckets = reader.scan("buckets")
    while portion := [stored for _, stored in islice(buckets, _BUCKETS_AT_ONCE)]:
        leaves = [leaf for stored in portion for leaf in parse_bucket(stored)]
        paths = paths_of([leaf.key for leaf in leaves])
        # A leaf's value is hashed as its key is.
        yield words_of(paths), leaf_hashes(paths, paths_of([leaf.value for leaf in leaves]))
