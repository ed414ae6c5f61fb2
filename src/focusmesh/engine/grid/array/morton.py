"""Morton keys: the bits of x, y and z taken in turn, so that blocks near each other mostly have keys near each other.

Bit 3i of a key is bit i of x, 3i + 1 that of y, 3i + 2 that of z. A tile is a cube of 16³ blocks, whose keys differ in
their last 12 bits alone: sorted keys have the blocks of a tile, of 2³ tiles, … side by side (G. M. Morton, 1966).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import IntArray, MassArray, OffsetArray

AXIS_BITS = 21
"""Bits of a coordinate; three of them fill 63 of the key's 64."""
TILE_SIDE = 16
TILE_BITS = 12
TILE_BLOCKS = 4_096
TILES = 1 << 3 * AXIS_BITS - TILE_BITS
"""Keys of tiles are below it."""

_SPREADS = (
    (32, 0x1F00000000FFFF),
    (16, 0x1F0000FF0000FF),
    (8, 0x100F00F00F00F00F),
    (4, 0x10C30C30C30C30C3),
    (2, 0x1249249249249249),
)
_LOW_BITS = np.uint64((1 << AXIS_BITS) - 1)
AXIS_MASKS = tuple(np.uint64(0x1249249249249249 << axis) for axis in range(3))
"""The bits of a key that are x's, y's and z's."""


def encode(coordinates: IntArray) -> MassArray:
    """Keys (uint64) of coordinates (integers from 0 to 2²¹ − 1, shape (n, 3)). O(n)."""
    keys = np.zeros(len(coordinates), dtype=np.uint64)
    for axis in range(3):
        keys |= spread(coordinates[:, axis]) << np.uint64(axis)
    return keys


def decode(keys: MassArray) -> OffsetArray:
    """Coordinates (int64, shape (n, 3)) of keys. O(n)."""
    found = np.empty((len(keys), 3), dtype=np.int64)
    for axis in range(3):
        found[:, axis] = _gather_bits(keys >> np.uint64(axis))
    return found


def encode_one(x: int, y: int, z: int) -> int:
    """The key of one block, without arrays."""
    return spread_one(x) | spread_one(y) << 1 | spread_one(z) << 2


def decode_one(key: int) -> tuple[int, int, int]:
    """The coordinates of one key, without arrays."""
    x, y, z = (_gathered_one(key >> axis) for axis in range(3))
    return x, y, z


def spread(numbers: IntArray) -> MassArray:
    """Each number with two zeros between its bits."""
    bits = numbers.astype(np.uint64) & _LOW_BITS
    for shift, mask in _SPREADS:
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits


def _gather_bits(keys: MassArray) -> MassArray:
    bits = keys & AXIS_MASKS[0]
    for (shift, _), mask in zip(reversed(_SPREADS), _GATHERS, strict=True):
        bits = (bits | (bits >> np.uint64(shift))) & np.uint64(mask)
    return bits


_GATHERS = (*(mask for _, mask in reversed(_SPREADS[:-1])), (1 << AXIS_BITS) - 1)


def spread_one(number: int) -> int:
    """``spread`` of one number, without arrays."""
    for shift, mask in _SPREADS:
        number = (number | number << shift) & mask
    return number


def _gathered_one(key: int) -> int:
    key &= 0x1249249249249249
    for (shift, _), mask in zip(reversed(_SPREADS), _GATHERS, strict=True):
        key = (key | key >> shift) & mask
    return key


def neighbour_keys(keys: MassArray, axis: int, forward: bool) -> MassArray:
    """The keys one step along an axis; a coordinate at the end of its range goes round to the other end of 2²¹."""
    mask = AXIS_MASKS[axis]
    other = keys & ~mask
    if forward:
        # Ones in all other places carry a sum on from one bit of the axis to its next.
        return (((keys | ~mask) + (np.uint64(1) << np.uint64(axis))) & mask) | other
    return (((keys & mask) - (np.uint64(1) << np.uint64(axis))) & mask) | other


def box_keys(low: Sequence[int], high: Sequence[int]) -> MassArray:
    """The keys of all blocks with low ≤ (x, y, z) < high, rising. O(blocks), without a sort of them.

    Tile after tile: in a tile that the box cuts, the places are those of one of at most 27 cuts.
    """
    tiles = tile_keys(low, high)
    if not len(tiles):
        return np.empty(0, dtype=np.uint64)
    cuts = tile_cuts(tiles, low, high)
    places = {int(cut): local_keys(int(cut), low, high) for cut in np.unique(cuts)}
    if len(places) == 1:
        (only,) = places.values()
        return ((tiles << np.uint64(TILE_BITS))[:, None] | only).ravel()
    counts = np.array([len(places.get(cut, ())) for cut in range(27)])[cuts]
    ends = np.cumsum(counts)
    keys = np.empty(int(ends[-1]), dtype=np.uint64)
    for cut, local in places.items():
        chosen = np.flatnonzero(cuts == cut)
        at = (ends - counts)[chosen, None] + np.arange(len(local))
        keys[at] = (tiles[chosen] << np.uint64(TILE_BITS))[:, None] | local
    return keys


def tile_keys(low: Sequence[int], high: Sequence[int]) -> MassArray:
    """The keys of the tiles that a box touches, rising."""
    ranges = [
        spread(np.arange(start // TILE_SIDE, -(-end // TILE_SIDE) if end > start else 0))
        for start, end in zip(low, high, strict=True)
    ]
    x, y, z = ranges
    grid = z[:, None, None] << np.uint64(2) | y[:, None] << np.uint64(1) | x
    return np.sort(grid, axis=None)


def tile_cuts(tiles: MassArray, low: Sequence[int], high: Sequence[int]) -> OffsetArray:
    """How the box cuts each tile: 0 to 26, three cases an axis (1: the tile's first, 2: last; 0: else).

    A box that is in one tile of an axis is its last; ``local_keys`` takes both ends there.
    """
    places = decode(tiles)
    cuts = np.zeros(len(tiles), dtype=np.int64)
    for axis in range(3):
        first, last = low[axis] // TILE_SIDE, (high[axis] - 1) // TILE_SIDE
        at = places[:, axis]
        begins = (at == first) & (low[axis] % TILE_SIDE != 0)
        ends = (at == last) & ((high[axis] % TILE_SIDE != 0) | (begins & (first == last)))
        cuts += 3**axis * np.where(ends, 2, begins.astype(np.int64))
    return cuts


def local_keys(cut: int, low: Sequence[int], high: Sequence[int]) -> MassArray:
    """The keys within a tile, 0 to 4,095 and rising, that the box has of a tile that it cuts so."""
    ranges = []
    for axis in range(3):
        case = cut // 3**axis % 3
        first, last = low[axis] // TILE_SIDE, (high[axis] - 1) // TILE_SIDE
        begin = low[axis] % TILE_SIDE if case == 1 or (case == 2 and first == last) else 0
        end = (high[axis] - 1) % TILE_SIDE + 1 if case == 2 else TILE_SIDE
        ranges.append(spread(np.arange(begin, end)))
    x, y, z = ranges
    return np.sort(z[:, None, None] << np.uint64(2) | y[:, None] << np.uint64(1) | x, axis=None)
