"""Hashes of subtrees, many at once: what lies under a prefix becomes one hash.

A leaf is H(0x00 ‖ H(key) ‖ H(value)), an inner node H(0x01 ‖ left ‖ right), an empty child 32 zero bytes; a leaf that
is alone under a prefix stands for the whole subtree (ICS-23, SmtSpec).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.state.hashing import DIGEST_BYTES, sha256_many, sha256_rows
from focusmesh.kernel.state.tree_paths import PATH_BITS, bit_of, shared_bits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.arrays import BoolArray, ByteArray, OffsetArray
    from focusmesh.kernel.state.tree_paths import Depths, Words

LEAF, INNER = 0, 1
EMPTY = bytes(DIGEST_BYTES)


@dataclass(frozen=True)
class Entries:
    """Subtrees side by side in the order of their prefixes: prefix, its bits, whether it is one leaf, the hash.

    Leaves have four words and 256 bits; other subtrees one word and at most 64 bits.
    """

    words: Words
    depth: Depths
    lone: BoolArray
    hashes: ByteArray

    @classmethod
    def leaves(cls, words: Words, hashes: ByteArray) -> Entries:
        """Each of them alone under its 256 bits."""
        count = len(words)
        return cls(words, np.full(count, PATH_BITS, np.int16), np.ones(count, np.bool_), hashes)

    def __len__(self) -> int:
        return len(self.words)

    def take(self, chosen: OffsetArray) -> Entries:
        """Those with these numbers."""
        return Entries(
            self.words[chosen], self.depth[chosen], self.lone[chosen], self.hashes[chosen]
        )

    def followed_by(self, other: Entries) -> Entries:
        """These, then the others."""
        return Entries(
            np.concatenate([self.words, other.words]),
            np.concatenate([self.depth, other.depth]),
            np.concatenate([self.lone, other.lone]),
            np.concatenate([self.hashes, other.hashes]),
        )


def leaf_hashes(paths: ByteArray, values: Sequence[bytes]) -> ByteArray:
    """Hashes of leaves: uint8 (k, 32)."""
    start = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, values), dtype=np.int64, count=len(values)), out=start[1:])
    content = sha256_many(np.frombuffer(b"".join(values), dtype=np.uint8), start)
    return _hashes(LEAF, paths, content)


def subtree_hashes(
    entries: Entries, record: OffsetArray, floor: Depths
) -> tuple[ByteArray, BoolArray]:
    """Hash of each record's entries under its prefix, and whether it is that of one leaf.

    ``record`` numbers the record of each entry, ascending without gaps; ``floor`` has the bits of each record's prefix.
    Works from the deepest bit up: neighbours that share all but their last bit become one, others meet an empty
    sibling. O(entries · bits between the deepest and the floor) small steps, one hash a node.
    """
    hashes = entries.hashes.copy()
    slot = np.arange(len(entries))
    least = floor[record]
    near = _bits_shared_with_next(entries.words, record)
    depth = _risen(entries, near, least)
    deepest = int(depth.max(initial=0))
    for bits in range(deepest, int(least.min(initial=PATH_BITS)), -1):
        at = np.flatnonzero((depth == bits) & (least < bits))
        if not len(at):
            continue
        paired = near[at] >= bits - 1
        left, right = at[paired], at[paired] + 1
        alone = at[~paired & ~np.isin(at, right, assume_unique=True)]
        hashes[slot[left]] = _hashes(INNER, hashes[slot[left]], hashes[slot[right]])
        if len(alone):
            _meet_empty(hashes, slot[alone], bit_of(entries.words[slot[alone]], bits - 1))
        depth[at] = bits - 1
        near[left] = near[right]
        if len(right):
            kept = np.ones(len(slot), dtype=np.bool_)
            kept[right] = False
            slot, depth, near, least = slot[kept], depth[kept], near[kept], least[kept]
    lone = entries.lone[slot]
    lone[np.bincount(record, minlength=len(floor)) > 1] = False
    return hashes[slot], lone


def _bits_shared_with_next(words: Words, record: OffsetArray) -> Depths:
    """Leading bits that an entry shares with the one behind it, −1 where that belongs to another record."""
    near = np.full(len(words), -1, dtype=np.int16)
    if len(words) > 1:
        near[:-1] = np.where(record[1:] == record[:-1], shared_bits(words[:-1], words[1:]), -1)
    return near


def _risen(entries: Entries, near: Depths, least: Depths) -> Depths:
    """Bits under which each entry stands: those of its prefix, or for a leaf the fewest that it has for itself."""
    own = np.maximum(np.maximum(np.roll(near, 1), near) + 1, least)
    return np.where(entries.lone, own, entries.depth).astype(np.int16)


def _meet_empty(hashes: ByteArray, slot: OffsetArray, is_right: BoolArray) -> None:
    empty = np.zeros((len(slot), DIGEST_BYTES), dtype=np.uint8)
    own, turned = hashes[slot], is_right[:, None]
    hashes[slot] = _hashes(INNER, np.where(turned, empty, own), np.where(turned, own, empty))


def _hashes(kind: int, left: ByteArray, right: ByteArray) -> ByteArray:
    rows = np.empty((len(left), 1 + 2 * DIGEST_BYTES), dtype=np.uint8)
    rows[:, 0] = kind
    rows[:, 1 : 1 + DIGEST_BYTES] = left
    rows[:, 1 + DIGEST_BYTES :] = right
    return sha256_rows(rows)
