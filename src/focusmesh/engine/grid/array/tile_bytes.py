"""The bytes of a tile: a version, then 20 bytes a block by rising place. One tile has one form, dense or not.

A block's record is its place in the tile (u16: the last twelve bits of its key), value (float64), κ (float32), time
(u32) and model (u16), all little-endian. A tile without blocks has no bytes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.array.blocks import ABSENT, COLUMNS, Blocks
from focusmesh.engine.grid.array.dense import places
from focusmesh.engine.grid.array.morton import TILE_BITS, TILE_BLOCKS, TILES
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import MassArray

VERSION = b"\x01"
RECORD_BYTES = 20
_RECORD = np.dtype(
    [("place", "<u2"), ("value", "<f8"), ("kappa", "<f4"), ("time", "<u4"), ("model", "<u2")]
)


def tile_bytes(blocks: Blocks) -> bytes:
    """The bytes of blocks that are in one tile."""
    return VERSION + _records(blocks).tobytes() if len(blocks) else b""


def tiles_bytes(blocks: Blocks, starts: npt.NDArray[np.int64]) -> Iterator[bytes]:
    """The bytes of tile after tile, whose blocks begin at ``starts``; its last entry is how many there are."""
    joined = _records(blocks).tobytes()
    ends = (starts * RECORD_BYTES).tolist()
    for begin, end in pairwise(ends):
        yield VERSION + joined[begin:end]


def _records(blocks: Blocks) -> npt.NDArray[np.void]:
    records = np.empty(len(blocks), dtype=_RECORD)
    records["place"] = places(blocks.keys)
    for name in COLUMNS:
        records[name] = getattr(blocks, name)
    return records


def tile_blocks(number: int, data: bytes) -> Blocks:
    """The blocks that the bytes of tile ``number`` say. Raises as ``tiles_blocks``."""
    return tiles_blocks([(number, data)])


def tiles_blocks(tiles: Sequence[tuple[int, bytes]]) -> Blocks:
    """The blocks that the bytes of many tiles say, by rising key. O(bytes), and little a tile.

    Raises GridError ``tile`` for a tile given twice and for bytes that ``tile_bytes`` does not make: another version,
    half a record, places that do not rise, numbers that no block has; the message names the tile.
    """
    rising = sorted((number, data) for number, data in tiles if data)
    for number, data in rising:
        _check_frame(number, data)
    if not rising:
        return Blocks.empty()
    numbers = np.array([number for number, _ in rising], dtype=np.uint64)
    again = np.flatnonzero(numbers[1:] == numbers[:-1])
    if len(again):
        raise GridError("tile", f"tile {numbers[again[0]]} is given twice")
    records = np.frombuffer(b"".join([data[1:] for _, data in rising]), dtype=_RECORD)
    counts = [(len(data) - 1) // RECORD_BYTES for _, data in rising]
    tile = np.repeat(numbers, counts)
    keys = records["place"].astype(np.uint64) | (tile << np.uint64(TILE_BITS))
    _check_records(records, keys, tile)
    return Blocks(keys, *(np.ascontiguousarray(records[name]) for name in COLUMNS))


def _check_frame(number: int, data: bytes) -> None:
    if not 0 <= number < TILES:
        raise GridError("tile", f"tile {number} is outside of every array")
    if data[:1] != VERSION:
        raise GridError("tile", f"tile {number}: version {data[0]} is not {VERSION[0]}")
    if len(data) == 1 or (len(data) - 1) % RECORD_BYTES:
        told = f"{len(data)} bytes are not whole records of {RECORD_BYTES}"
        raise GridError("tile", f"tile {number}: {told}")


def _check_records(records: npt.NDArray[np.void], keys: MassArray, tile: MassArray) -> None:
    value, kappa = records["value"], records["kappa"]
    falls = np.zeros(len(keys), dtype=np.bool_)
    falls[1:] = keys[1:] <= keys[:-1]
    # Minus nothing would be a second form of nothing.
    negative_zero = ((value == 0) & np.signbit(value)) | ((kappa == 0) & np.signbit(kappa))
    for bad, what in (
        (
            (records["place"] >= TILE_BLOCKS) | falls,
            f"places do not rise, or reach {TILE_BLOCKS:,}",
        ),
        (~np.isfinite(value) | negative_zero, "a value is not finite, or minus nothing"),
        (~((kappa >= 0) & (kappa <= 1)), "a κ is not from 0 to 1"),
        (records["model"] == ABSENT, f"a model is {ABSENT:,}"),
    ):
        if bad.any():
            raise GridError("tile", f"tile {tile[np.argmax(bad)]}: {what}")


def block_records(data: bytes) -> list[bytes]:
    """The records of a tile's bytes, block after block: what a proof of one block is made of."""
    return [data[at : at + RECORD_BYTES] for at in range(1, len(data), RECORD_BYTES)]
