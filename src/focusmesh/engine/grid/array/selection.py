"""Which blocks are in a box: tiles first, then places in those that the box cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.array.blocks import Blocks, find_any
from focusmesh.engine.grid.array.dense import places
from focusmesh.engine.grid.array.morton import (
    TILE_BLOCKS,
    TILE_SIDE,
    decode,
    local_keys,
    tile_cuts,
    tile_keys,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import BoolArray, MassArray, OffsetArray


def chosen_tiles(
    known: MassArray, low: Sequence[int], high: Sequence[int]
) -> tuple[OffsetArray, OffsetArray]:
    """Which of the ``known`` tiles (rising) a box touches, and how it cuts each (``morton.tile_cuts``).

    O(the fewer of known tiles and tiles of the box), times a logarithm.
    """
    sides = [
        -(-end // TILE_SIDE) - start // TILE_SIDE for start, end in zip(low, high, strict=True)
    ]
    if min(end - start for start, end in zip(low, high, strict=True)) <= 0:
        at = np.empty(0, dtype=np.int64)
    elif np.prod(sides) <= len(known):
        at = find_any(known, tile_keys(low, high))
        at = at[at >= 0]
    else:
        corner = decode(known)
        first = np.array(low) // TILE_SIDE
        at = np.flatnonzero(np.all((corner >= first) & (corner < first + sides), axis=1))
    return at, tile_cuts(known[at], low, high)


def within_tiles(
    blocks: Blocks,
    starts: OffsetArray,
    at: OffsetArray,
    cuts: OffsetArray,
    low: Sequence[int],
    high: Sequence[int],
) -> Blocks:
    """The blocks in the box, of the tiles ``at`` that it touches; block ranges by ``starts``."""
    counts = starts[at + 1] - starts[at]
    total = int(counts.sum())
    if not total:
        return Blocks.empty()
    begin, end = int(starts[at[0]]), int(starts[at[-1] + 1])
    if end - begin == total:
        part = blocks.taken(slice(begin, end))
    else:
        steps = np.repeat(starts[at] - (np.cumsum(counts) - counts), counts)
        part = blocks.taken(steps + np.arange(total))
    used, which = np.unique(cuts, return_inverse=True)
    if not used.any():
        return part
    masks = np.stack([box_mask(int(cut), low, high) for cut in used])
    local = places(part.keys)
    inside = masks[0][local] if len(used) == 1 else masks[np.repeat(which, counts), local]
    return part if inside.all() else part.taken(inside)


def box_mask(cut: int, low: Sequence[int], high: Sequence[int]) -> BoolArray:
    """Which of a tile's 4,096 places are in the box that cuts it so."""
    mask = np.zeros(TILE_BLOCKS, dtype=np.bool_)
    mask[places(local_keys(cut, low, high))] = True
    return mask
