"""Whether every record of a stored state tree follows from the keys and values in its buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.state.tree.hashing import Entries, leaf_hashes, subtree_hashes
from focusmesh.kernel.state.tree.paths import paths_of, words_of
from focusmesh.kernel.state.tree.records import Meta, decode_nodes, parse_bucket, record_key

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import OffsetArray
    from focusmesh.kernel.state.store import Reader


def wrong_node(reader: Reader) -> tuple[str, bytes] | None:
    """Table and key of the first record of the tree that does not follow from those below it; None where all do.

    O(n · log n), some 150 bytes of memory a key. A key that lies in another bucket than its own is found too.
    """
    meta = Meta.read(reader)
    table, level = "buckets", 0
    keys, entries, counts = _buckets(reader)
    if int(counts.sum()) != meta.leaf_count:
        return "meta", meta.pair()[0]
    while level < meta.height:
        level += 1
        found = list(reader.scan("nodes", bytes([level]), bytes([level + 1])))
        above, above_counts = decode_nodes([record for _, record in found])
        wrong = _differing(keys, entries, counts, above)
        if wrong is not None:
            return table, keys[wrong] if wrong < len(keys) else record_key(level, 0)
        table, keys, entries, counts = "nodes", [key for key, _ in found], above, above_counts
    root = subtree_hashes(entries, _records(counts), np.zeros(len(counts), dtype=np.int16))[0]
    return None if root.tobytes() == meta.root else (table, keys[0])


def _buckets(reader: Reader) -> tuple[list[bytes], Entries, OffsetArray]:
    keys, leaves, counts = [], [], []
    for key, stored in reader.scan("buckets"):
        found = parse_bucket(stored)
        keys.append(key)
        counts.append(len(found))
        leaves += [(leaf.key, leaf.value) for leaf in found]
    paths = paths_of([key for key, _ in leaves])
    hashes = leaf_hashes(paths, paths_of([value for _, value in leaves]))
    return keys, Entries.leaves(words_of(paths), hashes), np.array(counts, dtype=np.int64)


def _differing(
    keys: list[bytes], entries: Entries, counts: OffsetArray, above: Entries
) -> int | None:
    """The first record below that is not what its entry above says."""
    prefixes = [key[-8:] for key in keys]
    said = [int(word).to_bytes(8, "big") for word in above.words[:, 0]]
    for at in range(max(len(prefixes), len(said))):
        if prefixes[at : at + 1] != said[at : at + 1]:
            return at
    roots, lone = subtree_hashes(entries, _records(counts), above.depth)
    wrong = np.flatnonzero((roots != above.hashes).any(axis=1) | (lone != above.lone))
    return int(wrong[0]) if len(wrong) else None


def _records(counts: OffsetArray) -> OffsetArray:
    return np.repeat(np.arange(len(counts)), counts)
