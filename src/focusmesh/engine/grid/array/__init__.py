"""A sparse array of blocks on a lattice of up to 2²¹ a side: columns under Morton keys, tiles, faces, shards.

May import: focusmesh.errors, focusmesh.engine.{arrays,compiled,parallel,progress}, engine.graph for the bridge to it.
Start reading at array.py, then tiling.py and blocks.py.
"""

from __future__ import annotations

from focusmesh.engine.grid.array.array import KAPPA, BlockArray, Read
from focusmesh.engine.grid.array.blocks import Block, Blocks
from focusmesh.engine.grid.array.faces import FACES, Box, face_box
from focusmesh.engine.grid.array.morton import TILE_BITS, TILE_SIDE, decode_one, encode_one
from focusmesh.engine.grid.array.tile_bytes import RECORD_BYTES, block_records, tile_blocks

__all__ = [
    "FACES",
    "KAPPA",
    "RECORD_BYTES",
    "TILE_BITS",
    "TILE_SIDE",
    "Block",
    "BlockArray",
    "Blocks",
    "Box",
    "Read",
    "block_records",
    "decode_one",
    "encode_one",
    "face_box",
    "tile_blocks",
]
