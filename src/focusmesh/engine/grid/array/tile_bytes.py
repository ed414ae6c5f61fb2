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
from focusmesh.engine.grid.array.morton import TILE_BITS, TILE_BLOCKS
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

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
    """The blocks that the bytes of tile ``number`` say.

    Raises GridError ``tile`` for bytes that ``tile_bytes`` does not make: another version, half a record, places that
    do not rise, numbers that no block has.
    """
    if not data:
        return Blocks.empty()
    if data[:1] != VERSION:
        raise GridError("tile", f"tile {number}: version {data[0]} is not {VERSION[0]}")
    if len(data) == 1 or (len(data) - 1) % RECORD_BYTES:
        raise GridError(
            "tile", f"tile {number}: {len(data)} bytes are no whole records of {RECORD_BYTES}"
        )
    records = np.frombuffer(data, dtype=_RECORD, offset=1)
    fault = _fault(records)
    if fault:
        raise GridError("tile", f"tile {number}: {fault}")
    keys = records["place"].astype(np.uint64) | np.uint64(number << TILE_BITS)
    return Blocks(keys, *(np.ascontiguousarray(records[name]) for name in COLUMNS))


def _fault(records: npt.NDArray[np.void]) -> str | None:
    place = records["place"].astype(np.int64)
    if place[-1] >= TILE_BLOCKS or np.any(np.diff(place) <= 0):
        return f"places do not rise, or reach {TILE_BLOCKS}"
    value, kappa = records["value"], records["kappa"]
    negative_zero = np.any((value == 0) & np.signbit(value)) or np.any(
        (kappa == 0) & np.signbit(kappa)
    )
    if negative_zero or not np.all(np.isfinite(value)):
        return "a value is not finite, or minus nothing"
    if not np.all((kappa >= 0) & (kappa <= 1)):
        return "a κ is not from 0 to 1"
    return "a model is 65,535" if np.any(records["model"] == ABSENT) else None


def block_records(data: bytes) -> list[bytes]:
    """The records of a tile's bytes, block after block: what a proof of one block is made of."""
    return [data[at : at + RECORD_BYTES] for at in range(1, len(data), RECORD_BYTES)]
