"""Rows of a rank's own particles, whose columns may be foreign; sums with the bits of rows that nobody cut (rows.py).

Where the whole graph has rows of one length in eights, they are packed here too, and the others stay where they lie,
so that each row is added up in the same order. What does not make eight here is filled up by repeating a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import LANES, SHORT, Rows

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.focus.ranks.exchange import Ranks
    from focusmesh.engine.focus.ranks.halo import Halo, Route
    from focusmesh.engine.support.arrays import IndexArray, OffsetArray, RealArray, WeightArray

    Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class HaloRows:
    """``inner`` rows read own particles alone, ``border`` rows others too, which are fetched in the meantime."""

    inner: Rows
    border: Rows
    halo: Halo
    route: Route

    def sums(self, gathered: RealArray, total: Any) -> Any:
        """As ``Rows.sums``, of own values."""
        room = self.halo.extend(gathered)
        waiting = self.halo.post(self.route, gathered, room)
        self.inner.sums(gathered, total)
        waiting.wait()
        return self.border.sums(room, total)

    def pair_sums(self, pairs: RealArray, total: RealArray, other: RealArray) -> None:
        """As ``Rows.pair_sums``, of own values."""
        waiting, room = self.post_pairs(pairs)
        self.inner.pair_sums(pairs, total, other)
        waiting.wait()
        self.border.pair_sums(room.view(np.float32).reshape(-1, 2), total, other)

    def post_pairs(self, pairs: RealArray) -> tuple[Any, Any]:
        """The pairs on their way, as one float64 each, and where they will stand."""
        words = pairs.reshape(-1).view(np.float64)
        room = self.halo.extend(words, "pairs")
        return self.halo.post(self.route, words, room), room


def halo_rows(
    start: OffsetArray,
    column: IndexArray,
    weight: WeightArray | None,
    halo: Halo,
    route: Route,
) -> HaloRows:
    """Packs the rows of this rank; all ranks call it together. O(n + m)."""
    packed = _packed_everywhere(start, halo.ranks)
    border = _leading_out(start, column, halo.own)
    inner, outer = (
        Rows.select(start, column, weight, *_laid(start, packed, among))
        for among in (~border, border)
    )
    return HaloRows(inner, outer, halo, route)


def _packed_everywhere(start: OffsetArray, ranks: Ranks) -> Mask:
    """Which rows are packed in the whole graph: of each length the first so many, a multiple of eight."""
    length = np.diff(start)
    short = (length > 0) & (length < SHORT)
    counts = np.bincount(length[short], minlength=SHORT)
    table = np.stack(ranks.gather(counts.astype(np.float64))).astype(np.int64)
    before, whole = table[: ranks.rank].sum(axis=0), table.sum(axis=0)
    kept = np.clip(whole - whole % LANES - before, 0, counts)
    for links in np.flatnonzero(kept < counts).tolist():
        places = np.flatnonzero(length == links)
        short[places[kept[links] :]] = False
    return short


def _leading_out(start: OffsetArray, column: IndexArray, own: int) -> Mask:
    """Rows that have a foreign column."""
    filled = np.flatnonzero(np.diff(start))
    found = np.zeros(len(start) - 1, dtype=bool)
    if len(filled):
        found[filled] = np.maximum.reduceat(column, start[filled]) >= own
    return found


def _laid(
    start: OffsetArray, packed: Mask, among: Mask
) -> tuple[IndexArray, IndexArray, OffsetArray]:
    """Of the rows ``among``: long ones, packed ones by falling length in whole eights, and where slices start."""
    length = np.diff(start)
    long = np.flatnonzero(among & ~packed & (length > 0)).astype(np.uint32)
    short = np.flatnonzero(among & packed)
    lengths = length[short]
    order = np.argsort((SHORT - lengths).astype(np.uint8), kind="stable")
    short, counts = short[order], np.bincount(lengths, minlength=SHORT)[::-1]
    slices = -(-counts // LANES)
    ends = np.cumsum(counts)
    # The last slice of each length repeats its last row.
    at = np.arange(int(slices.sum()) * LANES) - np.repeat(
        LANES * (np.cumsum(slices) - slices), LANES * slices
    )
    first = np.repeat(ends - counts, LANES * slices)
    last = np.repeat(ends - 1, LANES * slices)
    rows = short[np.minimum(first + at, last)].astype(np.uint32)
    deep = np.repeat(np.arange(SHORT)[::-1], slices)
    return long, rows, np.append(0, np.cumsum(LANES * deep)).astype(np.int64)
