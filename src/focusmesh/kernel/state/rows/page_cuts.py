"""Where the pages of row trees begin, and what their inner nodes hash to: for many rows at once.

A page holds all entries under a bit prefix of their keys; it is one where it has at most 32 entries and the prefix
one bit shorter has more. Of sorted keys, an entry shares d bits with more than 32 entries iff it lies in a window of
33 neighbours whose ends share them; so the depth of its page follows from common prefixes alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.state.hashing import sha256_rows
from focusmesh.kernel.state.particles import prefixes
from focusmesh.kernel.state.rows.merge import is_worth_compiling
from focusmesh.kernel.state.rows.proof import PAGE_ENTRIES_MAX
from focusmesh.kernel.state.tree.paths import leading_zeros

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, MassArray, OffsetArray

_HEAD_BITS = 64
_INNER = 1


@dataclass(frozen=True)
class Keys:
    """Keys of entries, sorted within each row: digests side by side, named by ids.

    ``parts`` are pairs of (digests by id, ids of the entries); ``head`` is the first eight bytes of the first part as
    a number.
    """

    head: MassArray
    parts: Sequence[tuple[ByteArray, IndexArray]]

    def common_bits(self, first: OffsetArray, second: OffsetArray) -> npt.NDArray[np.int16]:
        """How many leading bits the keys ``first[i]`` and ``second[i]`` share, all of them where they are equal."""
        differing = self.head[first] ^ self.head[second]
        bits = leading_zeros(differing)
        equal = np.flatnonzero(differing == 0)
        for part, (digests, ids) in enumerate(self.parts):
            for at in range(0 if part else 8, digests.shape[1], 8):
                if len(equal):
                    one, other = (digests[ids[of[equal]], at : at + 8] for of in (first, second))
                    differing = prefixes(one ^ other)
                    bits[equal] += leading_zeros(differing)
                    equal = equal[differing == 0]
        return bits

    def bit(self, entries: OffsetArray, place: int) -> npt.NDArray[np.bool_]:
        """The bit at ``place``, counted from the most significant one."""
        if place < _HEAD_BITS:
            places = np.uint64(_HEAD_BITS - 1 - place)
            return np.asarray((self.head[entries] >> places) & np.uint64(1), dtype=np.bool_)
        digests, ids = self.parts[place // 256]
        byte = digests[ids[entries], place % 256 // 8]
        return np.asarray((byte >> np.uint8(7 - place % 8)) & 1, dtype=np.bool_)


@dataclass(frozen=True)
class Pages:
    """Pages of many rows in the order of their entries: first entry (k + 1 offsets), depth, row of each."""

    start: OffsetArray
    depth: npt.NDArray[np.int16]
    row: OffsetArray


def cut(keys: Keys, row_start: OffsetArray) -> Pages:
    """The pages of rows whose entries are ``row_start[i] … row_start[i + 1] − 1``; every row has entries.

    O(entries), and O(key) more for entries whose first digests are the same.
    """
    return (cut_compiled if is_worth_compiling(int(row_start[-1])) else cut_by_arrays)(
        keys, row_start
    )


def cut_compiled(keys: Keys, row_start: OffsetArray) -> Pages:
    """``cut`` in machine code."""
    from focusmesh.kernel.state.rows.rows_compiled import cut_rows

    most = int(row_start[-1])
    start, row = np.empty(most + 1, dtype=np.int64), np.empty(most, dtype=np.int64)
    depth = np.empty(most, dtype=np.int16)
    count = cut_rows(keys.head, tuple(keys.parts), row_start, start, depth, row)
    return Pages(start[: count + 1], depth[:count], row[:count])


def cut_by_arrays(keys: Keys, row_start: OffsetArray) -> Pages:
    """``cut`` in NumPy."""
    count = int(row_start[-1])
    lengths = np.diff(row_start)
    row = np.repeat(np.arange(len(lengths)), lengths)
    depth = np.zeros(count, dtype=np.int16)
    begins = np.zeros(count, dtype=np.bool_)
    begins[row_start[:-1]] = True
    large = np.flatnonzero(np.repeat(lengths > PAGE_ENTRIES_MAX, lengths))
    if len(large):
        depth[large] = _depths(keys, large, row[large])
        _begin(keys, large[~begins[large]], depth, begins)
    start = np.flatnonzero(begins)
    return Pages(np.append(start, count), depth[start], row[start])


def _depths(keys: Keys, entry: OffsetArray, row: OffsetArray) -> npt.NDArray[np.int16]:
    """The depth of the page of each entry, of rows with more entries than a page holds."""
    shared = np.full(len(entry), -1, dtype=np.int16)
    within = np.flatnonzero(row[PAGE_ENTRIES_MAX:] == row[:-PAGE_ENTRIES_MAX])
    shared[within] = keys.common_bits(entry[within], entry[within + PAGE_ENTRIES_MAX])
    # The largest of the 33 windows that an entry is in, by doubling.
    for step in (1, 2, 4, 8, 16, 1):
        shared[step:] = np.maximum(shared[step:], shared[:-step])
    return shared + np.int16(1)


def _begin(
    keys: Keys, entry: OffsetArray, depth: npt.NDArray[np.int16], begins: npt.NDArray[np.bool_]
) -> None:
    """Marks entries that do not share their page's prefix with the entry before them."""
    differing = keys.head[entry] ^ keys.head[entry - 1]
    bits = leading_zeros(differing)
    deep = np.flatnonzero((differing == 0) & (depth[entry] > _HEAD_BITS))
    bits[differing == 0] = np.iinfo(np.int16).max
    bits[deep] = keys.common_bits(entry[deep], entry[deep] - 1)
    begins[entry[bits < depth[entry]]] = True


def fold(keys: Keys, pages: Pages, nodes: ByteArray) -> ByteArray:
    """The root of each row, uint8 (rows, node bytes), from the nodes of its pages (as many, node bytes).

    A node is a hash, with a sum of eight bytes behind it in a weights tree. One level of all rows is hashed at a time.
    """
    first, depth, row = pages.start[:-1], pages.depth.astype(np.int64), pages.row
    nodes = nodes.copy()
    joined = np.full(len(first), -1, dtype=np.int64)
    same = np.flatnonzero(row[1:] == row[:-1])
    joined[same] = keys.common_bits(first[same], first[same + 1])
    for level in range(int(depth.max(initial=0)), 0, -1):
        lower = np.flatnonzero(depth == level)
        pair = joined[lower] == level - 1
        second = np.append(False, pair[:-1] & (lower[1:] == lower[:-1] + 1)) if len(lower) else pair
        left, paired = lower[~second], pair[~second]
        sides = np.zeros((len(left), 2, nodes.shape[1]), dtype=np.uint8)
        side = np.where(paired, 0, keys.bit(first[left], level - 1))
        sides[np.arange(len(left)), side] = nodes[left]
        sides[paired, 1] = nodes[left[paired] + 1]
        nodes[left] = _inner(sides)
        depth[left] = level - 1
        gone = left[paired] + 1
        joined[left[paired]] = joined[gone]
        kept = np.ones(len(first), dtype=np.bool_)
        kept[gone] = False
        first, depth, nodes, joined = first[kept], depth[kept], nodes[kept], joined[kept]
    return nodes


def _inner(sides: ByteArray) -> ByteArray:
    """Nodes above pairs of nodes (k, 2, node bytes): their hash, and the sum of their sums where they have any."""
    count, _, width = sides.shape
    message = np.empty((count, 1 + 2 * width), dtype=np.uint8)
    message[:, 0] = _INNER
    message[:, 1:] = sides.reshape(count, 2 * width)
    hashes = sha256_rows(message)
    if width == hashes.shape[1]:
        return hashes
    sums = np.ascontiguousarray(sides[:, :, hashes.shape[1] :]).view(">u8")[:, :, 0]
    total = sums.sum(axis=1, dtype=np.uint64).astype(">u8")
    return np.concatenate([hashes, total.view(np.uint8).reshape(count, 8)], axis=1)
