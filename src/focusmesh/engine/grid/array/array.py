"""BlockArray: a lattice of up to 2²¹ blocks a side, of which only the active ones take memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.grid.array.blocks import COLUMNS, DTYPES, Block, Blocks, find_any
from focusmesh.engine.grid.array.faces import face_box
from focusmesh.engine.grid.array.morton import (
    TILE_BITS,
    TILE_SIDE,
    TILES,
    box_keys,
    encode,
    encode_one,
)
from focusmesh.engine.grid.array.neighbours import near
from focusmesh.engine.grid.array.tile_bytes import tile_blocks, tile_bytes, tiles_blocks
from focusmesh.engine.grid.array.tile_store import Tiling
from focusmesh.engine.grid.array.validation import (
    TIME_MAX,
    checked_block,
    checked_box,
    checked_column,
    checked_many,
    checked_one,
    checked_shape,
)
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from focusmesh.engine.grid.array.box import Box, Corner, Shape
    from focusmesh.engine.support.arrays import BoolArray, FloatArray, IndexArray, MassArray

KAPPA = 0.6
"""κ of a block that is made without one: where the field of κ comes to rest."""


class Read(NamedTuple):
    """Blocks in the order in which they were asked for; zeros where ``active`` is False."""

    active: BoolArray
    value: FloatArray
    kappa: npt.NDArray[np.float32]
    time: IndexArray
    model: npt.NDArray[np.uint16]


class BlockArray:
    """Active blocks on a lattice of ``shape`` (a side, or three; default 1000³). O(active) memory.

    A block is active from ``set`` or ``activate`` until ``clear``. A change counts one tick, which is the time of the
    blocks that it touched, unless the caller gives their time. One thread at a time may use an array. What is refused
    raises GridError and changes nothing.
    """

    def __init__(self, shape: int | tuple[int, int, int] = 1_000) -> None:
        self.shape: Shape = checked_shape(shape)
        self.tick = 0
        self._tiling = Tiling()
        self._dirty: set[int] = set()

    @classmethod
    def from_tiles(
        cls, shape: int | tuple[int, int, int], tiles: Iterable[tuple[int, bytes]]
    ) -> BlockArray:
        """An array of what ``tiles`` gave; its tick is the latest time in it. Raises as ``put_tile``."""
        array = cls(shape)
        blocks = tiles_blocks(list(tiles))
        array._check_inside(blocks)
        if len(blocks):
            array._tiling.write(blocks)
            array.tick = int(blocks.time.max())
        return array

    def __len__(self) -> int:
        return self._tiling.count

    def __repr__(self) -> str:
        return f"<BlockArray {'×'.join(map(str, self.shape))}: {len(self):,} active blocks>"

    @property
    def count(self) -> int:
        """Active blocks."""
        return self._tiling.count

    @property
    def memory_bytes(self) -> int:
        """Of all active blocks."""
        return self._tiling.memory_bytes

    @property
    def dense_tiles(self) -> int:
        """Tiles in which every block has a place, active or not."""
        return self._tiling.dense_count

    def get(self, x: int, y: int, z: int) -> Block | None:
        """The block, None where none is active. O(log n)."""
        return self._tiling.get(encode_one(*checked_one(self.shape, x, y, z)))

    def set(
        self,
        x: int,
        y: int,
        z: int,
        value: float | None = None,
        *,
        kappa: float | None = None,
        model: int | None = None,
        time: int | None = None,
    ) -> Block:
        """Makes the block active with what is given; it keeps the rest, or begins with 0, κ 0.6 and no model. O(1)."""
        key = encode_one(*checked_one(self.shape, x, y, z))
        old = self._tiling.get(key) or Block(0.0, KAPPA, 0, 0)
        block = checked_block(
            old.value if value is None else value,
            old.kappa if kappa is None else kappa,
            self._coming_tick() if time is None else time,
            old.model if model is None else model,
        )
        if time is None:
            self.tick += 1
        self._tiling.put(key, block)
        self._dirty.add(key >> TILE_BITS)
        return block

    def activate(self, x: int, y: int, z: int) -> bool:
        """Makes the block active; False if it was, and nothing changed. O(log n)."""
        if self.get(x, y, z) is not None:
            return False
        self.set(x, y, z)
        return True

    def clear(self, x: int, y: int, z: int) -> bool:
        """Takes the block out; False if none was active. O(log n)."""
        if self.get(x, y, z) is None:
            return False
        key = encode_one(x, y, z)
        self.next_tick()
        self._tiling.put(key, None)
        self._dirty.add(key >> TILE_BITS)
        return True

    def get_many(self, coordinates: Any) -> Read:
        """Blocks at coordinates (integers, shape (n, 3)), in their order. O(n·log n)."""
        keys = encode(checked_many(self.shape, coordinates))
        order = np.argsort(keys)
        found = self._tiling.take(unique(keys[order]))
        at = find_any(found.keys, keys)
        active = at >= 0
        columns = []
        for name, dtype in zip(COLUMNS, DTYPES, strict=True):
            column = np.zeros(len(keys), dtype=dtype)
            column[active] = getattr(found, name)[at[active]]
            columns.append(column)
        return Read(active, *columns)

    def set_many(
        self,
        coordinates: Any,
        value: Any = None,
        *,
        kappa: Any = None,
        model: Any = None,
        time: Any = None,
    ) -> int:
        """``set`` of many blocks at once, with one number or n for each part; of one block named twice the last holds.

        Returns how many blocks became active. O(n·log n), and O(active) for more than a few thousand.
        """
        keys = encode(checked_many(self.shape, coordinates))
        given = {"value": value, "kappa": kappa, "model": model, "time": time}
        columns = {
            name: checked_column(name, numbers, len(keys))
            for name, numbers in given.items()
            if numbers is not None
        }
        if not len(keys):
            return 0
        if time is None:
            columns["time"] = np.full(len(keys), self.next_tick(), dtype=np.uint32)
        keys, order = sorted_last(keys)
        known = self._tiling.take(keys)
        blocks = Blocks.of(keys, Block(0.0, KAPPA, 0, 0)).with_blocks(known)
        chosen = {name: column[order] for name, column in columns.items()}
        self._write(blocks.with_columns(**chosen))
        return len(keys) - len(known)

    def activate_many(self, coordinates: Any) -> int:
        """``activate`` of many; returns how many were not active."""
        return self._activate(unique(np.sort(encode(checked_many(self.shape, coordinates)))))

    def clear_many(self, coordinates: Any) -> int:
        """``clear`` of many; returns how many were active."""
        keys = unique(np.sort(encode(checked_many(self.shape, coordinates))))
        return self._clear(keys[self._tiling.has(keys)])

    def activate_box(self, low: Corner, high: Corner) -> int:
        """``activate`` of all blocks with low ≤ (x, y, z) < high; returns how many were not active. O(blocks)."""
        box = checked_box(self.shape, low, high)
        return self._activate(box_keys(*box))

    def clear_box(self, low: Corner, high: Corner) -> int:
        """``clear`` of all blocks of a box; returns how many were active."""
        return self._clear(self.region(low, high).keys)

    def write(self, blocks: Blocks) -> None:
        """Writes blocks that were read from this array, by ``region`` and its like, with other contents. O(n).

        They are not checked anew. Their times stay as they say: ``next_tick`` counts one.
        """
        if len(blocks):
            self._write(blocks)

    def region(self, low: Corner, high: Corner) -> Blocks:
        """The active blocks with low ≤ (x, y, z) < high. O(found + tiles touched)."""
        box = checked_box(self.shape, low, high)
        # What is cut off by the array's border has nothing to be left out.
        ends = (
            -(-end // TILE_SIDE) * TILE_SIDE if end == side else end
            for end, side in zip(box.high, self.shape, strict=True)
        )
        return self._tiling.region(box.low, tuple(ends))

    def blocks(self) -> Blocks:
        """All active blocks. O(active)."""
        return self.region((0, 0, 0), self.shape)

    def face(self, plane: str, index: int | None = None) -> Blocks:
        """The active blocks of a face (``"north"``) or plane (``"z", 3``). Raises GridError ``face``."""
        return self.region(*self.face_box(plane, index))

    def face_box(self, plane: str, index: int | None = None) -> Box:
        """The box of a face or plane, for ``region``, ``activate_box`` and ``clear_box``."""
        return face_box(self.shape, plane, index)

    def neighbours(self, x: int, y: int, z: int, reach: int = 6) -> Blocks:
        """The active ones of the 6 blocks that share a face with this one, or of the 26 that share a face, an edge or
        a corner. The array ends at its faces. Raises GridError ``neighbours`` for another number. O(log n)."""
        at = checked_one(self.shape, x, y, z)
        return self._tiling.take(near(at, self.shape, reach))

    def tiles(self) -> Iterator[tuple[int, bytes]]:
        """Each tile that has blocks: its Morton key and its bytes, by rising key. O(active)."""
        return self._tiling.tiles()

    def tile(self, number: int) -> bytes:
        """The bytes of one tile, none where it has no blocks."""
        return tile_bytes(self._tiling.tile(int(number)))

    def put_tile(self, number: int, data: bytes) -> None:
        """The blocks of a tile become what its bytes say. Raises GridError ``tile`` for bytes that no tile has."""
        if not 0 <= number < TILES:
            raise GridError("tile", f"tile {number} is outside of every array")
        blocks = tile_blocks(number, data)
        self._check_inside(blocks)
        self.next_tick()
        self._tiling.replace_tile(number, blocks)
        self._dirty.add(number)

    def take_dirty(self) -> list[int]:
        """The keys of the tiles that changed since this was last asked, rising; emptied ones too."""
        dirty, self._dirty = sorted(self._dirty), set()
        return dirty

    def next_tick(self) -> int:
        """Counts a tick. Raises GridError ``block`` after 2³² − 1."""
        self.tick = self._coming_tick()
        return self.tick

    def _coming_tick(self) -> int:
        if self.tick >= TIME_MAX:
            raise GridError("block", "the array has no ticks left; give the time of each change")
        return self.tick + 1

    def _check_inside(self, blocks: Blocks) -> None:
        outside = np.any(blocks.coordinates >= np.array(self.shape), axis=1)
        if outside.any():
            number = blocks.tiles[np.argmax(outside)]
            raise GridError("tile", f"tile {number} has blocks outside of the array")

    def _activate(self, keys: MassArray) -> int:
        if self._tiling.count:
            keys = keys[~self._tiling.has(keys)]
        if len(keys):
            self._write(Blocks.of(keys, Block(0.0, KAPPA, self.next_tick(), 0)))
        return len(keys)

    def _clear(self, keys: MassArray) -> int:
        if len(keys):
            self.next_tick()
            self._tiling.remove(keys)
            self._mark_changed(keys)
        return len(keys)

    def _write(self, blocks: Blocks) -> None:
        self._tiling.write(blocks)
        self._mark_changed(blocks.keys)

    def _mark_changed(self, keys: MassArray) -> None:
        self._dirty.update(unique(keys >> np.uint64(TILE_BITS)).tolist())


def unique(keys: MassArray) -> MassArray:
    """Rising keys, each once."""
    if len(keys) < 2:
        return keys
    first = np.concatenate(([True], keys[1:] != keys[:-1]))
    return keys if first.all() else keys[first]


def sorted_last(keys: MassArray) -> tuple[MassArray, npt.NDArray[np.intp]]:
    """Keys sorted, each once, and where the last of each was."""
    order = np.argsort(keys, kind="stable")
    found = keys[order]
    last = np.concatenate((found[1:] != found[:-1], [True]))
    return found[last], order[last]
