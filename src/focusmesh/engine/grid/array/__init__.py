"""A sparse array of blocks on a lattice of up to 2²¹ a side: columns under Morton keys, tiles, faces, shards.

May import: focusmesh.errors, focusmesh.engine.{arrays,compiled,parallel,progress}, nothing else of the project.
Start reading at array.py, then tiling.py and blocks.py.
"""

from __future__ import annotations

from focusmesh.engine.grid.array.array import KAPPA, BlockArray, Read
from focusmesh.engine.grid.array.blocks import Block, Blocks
from focusmesh.engine.grid.array.faces import FACES, Box, face_box
from focusmesh.engine.grid.array.morton import (
    TILE_BITS,
    TILE_SIDE,
    decode,
    decode_one,
    encode,
    encode_one,
)
from focusmesh.engine.grid.array.neighbours import pairs
from focusmesh.engine.grid.array.operations import OPERATIONS, Interlocked, interlock
from focusmesh.engine.grid.array.processing import Batch, Processing, process
from focusmesh.engine.grid.array.ranges import Ranges, hashed_worker, locality
from focusmesh.engine.grid.array.shards import ShardedField
from focusmesh.engine.grid.array.tile_bytes import RECORD_BYTES, block_records, tile_blocks

__all__ = [
    "FACES",
    "KAPPA",
    "OPERATIONS",
    "RECORD_BYTES",
    "TILE_BITS",
    "TILE_SIDE",
    "Batch",
    "Block",
    "BlockArray",
    "Blocks",
    "Box",
    "Interlocked",
    "Processing",
    "Ranges",
    "Read",
    "ShardedField",
    "block_records",
    "decode",
    "decode_one",
    "encode",
    "encode_one",
    "face_box",
    "hashed_worker",
    "interlock",
    "locality",
    "pairs",
    "process",
    "tile_blocks",
]
