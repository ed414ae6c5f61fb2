"""A sparse array of blocks on a lattice of up to 2²¹ a side: columns under Morton keys, tiles, faces, shards.

May import: focusmesh.errors, focusmesh.engine.support, nothing else of the project.
Start reading at array.py, then tile_store.py and blocks.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.grid.array.array import KAPPA as KAPPA
    from focusmesh.engine.grid.array.array import BlockArray as BlockArray
    from focusmesh.engine.grid.array.array import Read as Read
    from focusmesh.engine.grid.array.blocks import Block as Block
    from focusmesh.engine.grid.array.blocks import Blocks as Blocks
    from focusmesh.engine.grid.array.box import Box as Box
    from focusmesh.engine.grid.array.faces import FACES as FACES
    from focusmesh.engine.grid.array.faces import face_box as face_box
    from focusmesh.engine.grid.array.morton import TILE_BITS as TILE_BITS
    from focusmesh.engine.grid.array.morton import TILE_SIDE as TILE_SIDE
    from focusmesh.engine.grid.array.morton import decode as decode
    from focusmesh.engine.grid.array.morton import decode_one as decode_one
    from focusmesh.engine.grid.array.morton import encode as encode
    from focusmesh.engine.grid.array.morton import encode_one as encode_one
    from focusmesh.engine.grid.array.neighbours import pairs as pairs
    from focusmesh.engine.grid.array.operations import OPERATIONS as OPERATIONS
    from focusmesh.engine.grid.array.operations import Interlocked as Interlocked
    from focusmesh.engine.grid.array.operations import interlock as interlock
    from focusmesh.engine.grid.array.prediction import Batch as Batch
    from focusmesh.engine.grid.array.prediction import Processing as Processing
    from focusmesh.engine.grid.array.prediction import process as process
    from focusmesh.engine.grid.array.ranges import Ranges as Ranges
    from focusmesh.engine.grid.array.ranges import hashed_worker as hashed_worker
    from focusmesh.engine.grid.array.ranges import locality as locality
    from focusmesh.engine.grid.array.shards import ShardedField as ShardedField
    from focusmesh.engine.grid.array.tile_bytes import RECORD_BYTES as RECORD_BYTES
    from focusmesh.engine.grid.array.tile_bytes import block_records as block_records
    from focusmesh.engine.grid.array.tile_bytes import tile_blocks as tile_blocks
    from focusmesh.engine.grid.array.validation import SIDE_MAX as SIDE_MAX
else:
    __getattr__, __dir__ = lazily(__name__)
