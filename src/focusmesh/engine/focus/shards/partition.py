"""From the axons of a graph to its shards: every link is cut out once for each end that sends over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.shards.border import Border, Links
from focusmesh.engine.focus.shards.shard import Shard

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.axons import IntegerAxons
    from focusmesh.engine.focus.shards.placement import Placing
    from focusmesh.engine.support.arrays import IndexArray, OffsetArray


def split(axons: IntegerAxons, placing: Placing) -> list[Shard]:
    """The shards of a graph. O(n + m); memory: 16 bytes a link, as the axons themselves, and as much for a while."""
    s, compiled = axons.structure, axons.structure.is_compiled
    # Who links sends to the rows of targets; who is linked to sends back to the rows of sources.
    along = _cut(s.in_start, s.in_source, axons.in_weight, placing)
    back = _cut(s.out_start, s.out_target, axons.out_weight, placing)
    return [
        Shard(
            at=at,
            positions=positions,
            ranks=axons.rank[positions],
            out=axons.out.take(positions),
            degree=axons.degree.take(positions),
            along=Border(along[at], compiled=compiled),
            back=Border(back[at], compiled=compiled),
            compiled=compiled,
        )
        for at, positions in enumerate(map(placing.positions, range(placing.count)))
    ]


def _cut(
    start: OffsetArray, column: IndexArray, weight: IndexArray | None, placing: Placing
) -> list[Links]:
    """Rows of receivers with columns of senders, cut by the shards of the senders."""
    entry, place = _by_members(start, placing)
    sender = column[entry]
    order = np.argsort(placing.shard[sender].astype(np.uint16), kind="stable")
    counts = np.bincount(placing.shard[sender], minlength=placing.count)
    local, weights = (
        placing.local[sender[order]],
        weight if weight is None else weight[entry[order]],
    )
    place = place[order]
    return [
        _links(
            place[stop - count : stop],
            local[stop - count : stop],
            None if weights is None else weights[stop - count : stop],
            placing,
        )
        for count, stop in zip(counts.tolist(), np.cumsum(counts).tolist(), strict=True)
    ]


def _by_members(start: OffsetArray, placing: Placing) -> tuple[OffsetArray, IndexArray]:
    """The entries of compressed rows, rows shard after shard, and the place of each one's row."""
    counts = np.diff(start)[placing.members]
    firsts = np.cumsum(counts) - counts
    entry = np.repeat(start[placing.members] - firsts, counts)
    entry += np.arange(len(entry))
    return entry, np.repeat(np.arange(len(counts), dtype=np.uint32), counts)


def _links(
    place: IndexArray, sender: IndexArray, weight: IndexArray | None, placing: Placing
) -> Links:
    """Compressed rows of the places (rising) that receive anything."""
    fresh = np.ones(len(place), dtype=bool)
    fresh[1:] = place[1:] != place[:-1]
    begins = np.flatnonzero(fresh)
    receiving = place[begins]
    bounds = np.searchsorted(receiving, placing.first)
    base = np.repeat(placing.first[:-1], np.diff(bounds))
    return Links(
        start=np.append(begins, len(place)).astype(np.int64),
        sender=np.ascontiguousarray(sender),
        weight=None if weight is None else np.ascontiguousarray(weight),
        receivers=(receiving - base).astype(np.uint32),
        bounds=bounds.astype(np.int64),
    )
