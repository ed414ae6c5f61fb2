"""A batch of changes to the state tree: down once to the buckets that they touch, up once with new hashes.

Every step is taken for all records of a level at once. O(changed · log n) records are read, hashed and written; one
that has become too large is cut where its prefixes part, one without entries goes. Records are not joined again: how
leaves are spread over records changes no hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.kernel.state.tree.batch import Batch, Before, Bottom, splice_order
from focusmesh.kernel.state.tree.hashing import EMPTY, Entries, subtree_hashes
from focusmesh.kernel.state.tree.paths import MASKS, shared_bits, splitting_depths
from focusmesh.kernel.state.tree.records import (
    ENTRIES_MAX,
    LEAVES_MAX,
    Meta,
    Records,
    decode_nodes,
    encode_buckets,
    encode_nodes,
    record_keys,
    table_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.engine.support.arrays import BoolArray, OffsetArray
    from focusmesh.kernel.state.store import Reader, Writer
    from focusmesh.kernel.state.tree.paths import Depths, Words


class _Level(NamedTuple):
    """Records of one level as the changes found them: keys in the store, entries, the record of each entry."""

    records: Records
    keys: list[bytes]
    entries: Entries
    record: OffsetArray


class _Made(NamedTuple):
    """Records that were written, as entries of the level above, and the record there that each belongs to."""

    entries: Entries
    above: OffsetArray


def update(writer: Writer, changes: Mapping[bytes, bytes | None]) -> tuple[Meta, Before]:
    """Sets keys to values, or removes them where the value is None, and writes the records that follow from it.

    Gives the tree's new meta, and the keys that have another value now with the value they had before. Raises
    InputError for empty values and keys of a wrong length.
    """
    meta, batch = Meta.read(writer), Batch.of(changes)
    if not batch.keys:
        return meta, []
    passed, records, at = _descend(writer, meta, batch.words[:, 0])
    bottom = Bottom.read(writer, records, batch)
    before = bottom.before(batch)
    leaves, record = bottom.merge(batch, at)
    level = _Level(records, bottom.keys, leaves.entries, record)
    made = _settle(writer, level, LEAVES_MAX, lambda count: encode_buckets(leaves, count))
    height, top = _ascend(writer, passed, records, made)
    added = batch.write_keys(writer, bottom.hit)
    root = top.hashes[0].tobytes() if len(top) else EMPTY
    meta = Meta(height if len(top) else 0, meta.leaf_count + added, root)
    writer.put_many("meta", [meta.pair()])
    return meta, [
        (key, old)
        for key, old, new in zip(batch.keys, before, batch.values, strict=True)
        if old != new
    ]


def _descend(reader: Reader, meta: Meta, paths: Words) -> tuple[list[_Level], Records, OffsetArray]:
    """The levels from the top down to above the buckets, the buckets, and the number of each path's bucket."""
    passed = []
    records, at = (
        Records.first(meta.height, meta.leaf_count > 0),
        np.zeros(len(paths), dtype=np.int64),
    )
    while records.level:
        keys, contents = records.read(reader)
        entries, count = decode_nodes(contents)
        level = _Level(records, keys, entries, records.spread(count))
        passed.append(level)
        records, at = _below(level, paths, at)
    return passed, records, at


def _below(level: _Level, paths: Words, at: OffsetArray) -> tuple[Records, OffsetArray]:
    """The records under ``level`` that paths lead to, and the number of each path's, given that of its record here.

    Where nothing lies yet the widest prefix is taken that has nothing else under it.
    """
    place = np.searchsorted(level.entries.words[:, 0], paths, side="right") - 1
    inside = _is_inside(level, paths, at, place)
    depth = level.records.depth[at]
    for neighbour in (place, place + 1):
        np.maximum(depth, _parting(level, paths, at, neighbour), out=depth)
    depth[inside] = level.entries.depth[place[inside]]
    prefix = paths & MASKS[depth]
    first = np.concatenate([[True], prefix[1:] != prefix[:-1]])
    chosen = np.flatnonzero(first)
    entry = np.where(inside, place, -1)[chosen]
    below = Records(level.records.level - 1, prefix[chosen], depth[chosen], entry, at[chosen])
    return below, np.cumsum(first) - 1


def _belongs(level: _Level, at: OffsetArray, place: OffsetArray) -> OffsetArray:
    """Numbers of the paths whose ``place`` is an entry of their own record."""
    possible = np.flatnonzero((place >= 0) & (place < len(level.entries)))
    own: OffsetArray = possible[level.record[place[possible]] == at[possible]]
    return own


def _is_inside(level: _Level, paths: Words, at: OffsetArray, place: OffsetArray) -> BoolArray:
    """Whether the entry at ``place`` is a prefix of the path."""
    inside = np.zeros(len(paths), dtype=np.bool_)
    own = _belongs(level, at, place)
    chosen, entries = place[own], level.entries
    differ = (paths[own] ^ entries.words[chosen, 0]) & MASKS[entries.depth[chosen]]
    inside[own[differ == 0]] = True
    return inside


def _parting(level: _Level, paths: Words, at: OffsetArray, place: OffsetArray) -> Depths:
    """Bits of a path's shortest prefix that the entry at ``place`` of its record does not have, else 0."""
    bits = np.zeros(len(paths), dtype=np.int16)
    own = _belongs(level, at, place)
    near = level.entries.words[place[own], :1]
    bits[own] = np.minimum(shared_bits(paths[own, None], near) + 1, 64)
    return bits


def _settle_nodes(writer: Writer, level: _Level) -> _Made:
    """``_settle`` above the buckets."""
    return _settle(writer, level, ENTRIES_MAX, lambda count: encode_nodes(level.entries, count))


def _settle(
    writer: Writer,
    level: _Level,
    size_max: int,
    encode: Callable[[OffsetArray], list[bytes]],
) -> _Made:
    """Cuts a level's entries into records, writes those, removes what is no record any more."""
    entries, records = level.entries, level.records
    depth = splitting_depths(entries.words, level.record, records.depth[level.record], size_max)
    prefix = entries.words[:, 0] & MASKS[depth]
    first = np.ones(len(entries), dtype=np.bool_)
    first[1:] = (prefix[1:] != prefix[:-1]) | (level.record[1:] != level.record[:-1])
    start = np.flatnonzero(first)
    hashes, lone = subtree_hashes(entries, np.cumsum(first) - 1, depth[start])
    keys = record_keys(records.level, prefix[start])
    contents = encode(np.diff(np.append(start, len(entries))))
    table = table_of(records.level)
    writer.delete_many(table, sorted(set(level.keys) - set(keys)))
    writer.put_many(table, zip(keys, contents, strict=True))
    made = Entries(prefix[start, None], depth[start], lone, hashes)
    return _Made(made, records.above[level.record[start]])


def _ascend(
    writer: Writer, passed: list[_Level], records: Records, made: _Made
) -> tuple[int, Entries]:
    """Puts what was written into the records above, up to the one that has everything; its level and its entry."""
    for level in reversed(passed):
        kept = np.ones(len(level.entries), dtype=np.bool_)
        kept[records.entry[records.entry >= 0]] = False
        place = np.searchsorted(level.entries.words[:, 0], made.entries.words[:, 0])
        order = splice_order(kept, place)
        entries = level.entries.followed_by(made.entries).take(order)
        record = np.concatenate([level.record, made.above])[order]
        renewed = level._replace(entries=entries, record=record)
        made, records = _settle_nodes(writer, renewed), level.records
    height = records.level
    while len(made.entries) and made.entries.depth[0]:
        height += 1
        level = _Level(Records.first(height), [], made.entries, np.zeros_like(made.above))
        made = _settle_nodes(writer, level)
    return height, made.entries
