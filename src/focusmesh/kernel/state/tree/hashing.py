"""Hashes of subtrees, many at once: what lies under a prefix becomes one hash.

A leaf is H(0x00 ‖ H(key) ‖ H(value)), an inner node H(0x01 ‖ left ‖ right), an empty child 32 zero bytes; a leaf that
is alone under a prefix stands for the whole subtree (ICS-23, SmtSpec).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.state.hashing import DIGEST_BYTES, sha256_pairs
from focusmesh.kernel.state.tree.paths import PATH_BITS, bit_of, shared_bits

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import BoolArray, ByteArray, OffsetArray
    from focusmesh.kernel.state.tree.paths import Depths, Words

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


def leaf_hashes(paths: ByteArray, content: ByteArray) -> ByteArray:
    """Hashes of leaves from SHA-256 of their keys and of their values, each uint8 (k, 32)."""
    hashes, numbers = np.concatenate([paths, content]), np.arange(len(paths), dtype=np.int64)
    sha256_pairs(LEAF, hashes, numbers, numbers + len(paths), numbers)
    return hashes[: len(paths)]


def subtree_hashes(
    entries: Entries, record: OffsetArray, floor: Depths
) -> tuple[ByteArray, BoolArray]:
    """Hash of each record's entries under its prefix, and whether it is that of one leaf.

    ``record`` numbers the record of each entry, ascending without gaps; ``floor`` has the bits of each record's prefix.
    Works from the deepest bit up: neighbours that share all but their last bit become one, others meet an empty
    sibling. O(entries · bits between the deepest and the floor) small steps, one hash a node.
    """
    hashes = np.ascontiguousarray(entries.hashes).copy()
    slot = np.arange(len(entries))
    least = floor[record]
    near = _bits_shared_with_next(entries.words, record)
    depth = _risen(entries, near, least)
    for bits in range(int(depth.max(initial=0)), int(least.min(initial=PATH_BITS)), -1):
        at = np.flatnonzero((depth == bits) & (least < bits))
        if not len(at):
            continue
        # The last entry shares nothing with one behind it, so the first finds that before itself.
        paired, is_second = near[at] >= bits - 1, near[at - 1] >= bits - 1
        second, alone = at[is_second], at[~paired & ~is_second]
        _join(hashes, slot[at[paired]], slot[second])
        _meet_empty(hashes, slot[alone], bit_of(entries.words[slot[alone]], bits - 1))
        depth[at] = bits - 1
        near[at[paired]] = near[second]
        kept = np.ones(len(slot), dtype=np.bool_)
        kept[second] = False
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


def _join(hashes: ByteArray, left: OffsetArray, right: OffsetArray) -> None:
    """The hash of each pair takes the place of the left one's."""
    sha256_pairs(INNER, hashes, left, right, left)


def _meet_empty(hashes: ByteArray, slot: OffsetArray, is_right: BoolArray) -> None:
    """Subtrees without a sibling go one bit up."""
    nothing = np.full(len(slot), -1, dtype=np.int64)
    left, right = np.where(is_right, nothing, slot), np.where(is_right, slot, nothing)
    sha256_pairs(INNER, hashes, left, right, slot)
