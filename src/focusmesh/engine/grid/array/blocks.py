"""Blocks as columns, side by side in the order of their keys, and how two of them become one.

What is found, put in and taken out of large columns is done by compiled loops, of small ones by NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.grid.array.morton import TILE_BITS, decode
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import (
        BoolArray,
        FloatArray,
        IndexArray,
        MassArray,
        OffsetArray,
    )

ABSENT = 65_535
"""The model number that no block has: in a dense tile it marks the places without one."""
COLUMNS = ("value", "kappa", "time", "model")
DTYPES: tuple[np.dtype[Any], ...] = (np.dtype("f8"), np.dtype("f4"), np.dtype("u4"), np.dtype("u2"))
BLOCK_BYTES = 26
"""Of a block in a sparse tile: its key and its columns."""


class Block(NamedTuple):
    """One active block: ``value`` (float64), ``kappa`` in [0, 1] (kept in float32), ``time`` (the tick of its last
    change, or what the caller says: 0 to 2³² − 1), and the number of its ``model`` (0 to 65,534; 0: none)."""

    value: float
    kappa: float
    time: int
    model: int


@dataclass(frozen=True, eq=False)
class Blocks:
    """Active blocks, sorted by their Morton keys; arrays of one length, which nobody changes."""

    keys: MassArray
    value: FloatArray
    kappa: npt.NDArray[np.float32]
    time: IndexArray
    model: npt.NDArray[np.uint16]

    @classmethod
    def empty(cls, count: int = 0) -> Blocks:
        """``count`` blocks without contents, to be filled."""
        columns = (np.empty(count, dtype=dtype) for dtype in DTYPES)
        return cls(np.empty(count, dtype=np.uint64), *columns)

    @classmethod
    def of(cls, keys: MassArray, block: Block) -> Blocks:
        """Equal blocks at ``keys``, which rise."""
        columns = (
            np.full(len(keys), part, dtype=dtype) for part, dtype in zip(block, DTYPES, strict=True)
        )
        return cls(keys, *columns)

    @classmethod
    def from_pairs(cls, pairs: Sequence[tuple[int, Block]]) -> Blocks:
        """Blocks under their keys, which rise."""
        blocks = cls.empty(len(pairs))
        if pairs:
            blocks.keys[:] = [key for key, _ in pairs]
            for name, column in zip(
                COLUMNS, zip(*(block for _, block in pairs), strict=True), strict=True
            ):
                getattr(blocks, name)[:] = column
        return blocks

    @classmethod
    def join(cls, parts: Sequence[Blocks]) -> Blocks:
        """Parts of which each lies behind the one before it."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            *(
                np.concatenate([getattr(part, field.name) for part in parts])
                for field in fields(cls)
            )
        )

    def __len__(self) -> int:
        return len(self.keys)

    def items(self) -> Iterator[tuple[tuple[int, int, int], Block]]:
        """Coordinates and block, in the order of the keys."""
        for at, (x, y, z) in enumerate(self.coordinates.tolist()):
            yield (x, y, z), self.block(at)

    @cached_property
    def coordinates(self) -> OffsetArray:
        """int64, shape (n, 3)."""
        return decode(self.keys)

    @property
    def tiles(self) -> MassArray:
        """The key of the tile of each block."""
        return self.keys >> np.uint64(TILE_BITS)

    def block(self, at: int) -> Block:
        """The block at a place, in Python's numbers."""
        return Block(
            float(self.value[at]), short(self.kappa[at]), int(self.time[at]), int(self.model[at])
        )

    def taken(self, chosen: OffsetArray | BoolArray | slice) -> Blocks:
        """Some of them, in the same order."""
        return Blocks(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def with_columns(self, **columns: npt.NDArray[np.generic]) -> Blocks:
        """The same blocks with other contents."""
        return Blocks(
            *(columns.get(field.name, getattr(self, field.name)) for field in fields(self))
        )

    def find(self, keys: MassArray) -> OffsetArray:
        """Where each of ``keys`` (rising) is among the blocks, −1 where it is not. O(n + m) or O(m·log n)."""
        if min(len(keys), len(self)) >= COMPILED_FROM_LINKS:
            from focusmesh.engine.grid.array.blocks_compiled import find_rising

            found = np.empty(len(keys), dtype=np.int64)
            find_rising(self.keys, keys, found)
            return found
        return find_any(self.keys, keys)

    def with_blocks(self, others: Blocks) -> Blocks:
        """Both; where both have a block, that of ``others``. O(n + m)."""
        if not len(self) or not len(others):
            return others if len(others) else self
        if self.keys[-1] < others.keys[0]:
            return Blocks.join([self, others])
        found = self.find(others.keys)
        if found.min() >= 0:
            return others if len(others) == len(self) else self._replace(found, others)
        if max(len(others), len(self)) >= COMPILED_FROM_LINKS:
            return _merged_compiled(self, others)
        rest = self._without_places(found)
        at = np.searchsorted(rest.keys, others.keys)
        return Blocks(
            *(
                np.insert(getattr(rest, field.name), at, getattr(others, field.name))
                for field in fields(self)
            )
        )

    def without(self, keys: MassArray) -> Blocks:
        """Those whose key is not among ``keys``, which rise. O(n + m·log n)."""
        return self._without_places(self.find(keys))

    def _without_places(self, found: OffsetArray) -> Blocks:
        """Those that are not at the places ``found``, of which −1 is none."""
        found = found[found >= 0]
        if not len(found):
            return self
        kept = np.ones(len(self), dtype=np.bool_)
        kept[found] = False
        return self.taken(kept)

    def _replace(self, at: OffsetArray, others: Blocks) -> Blocks:
        """The same keys with the contents of ``others`` at some places."""
        columns = {name: getattr(self, name).copy() for name in COLUMNS}
        for name, column in columns.items():
            column[at] = getattr(others, name)
        return self.with_columns(**columns)


def find_any(known: MassArray, keys: MassArray) -> OffsetArray:
    """Where each of ``keys``, in any order, is among the rising ``known``; −1 where it is not. O(m·log n)."""
    if not len(known):
        return np.full(len(keys), -1, dtype=np.int64)
    at = np.searchsorted(known, keys)
    there = known[np.minimum(at, len(known) - 1)] == keys
    return np.where(there & (at < len(known)), at, -1)


def short(number: np.float32) -> float:
    """The shortest decimal that is this float32, so that what was set as 0.6 is read as 0.6."""
    return float(str(number))


def _merged_compiled(first: Blocks, second: Blocks) -> Blocks:
    from focusmesh.engine.grid.array.blocks_compiled import place_rising, put_column

    # Twelve bytes a block of places are less than what a second pass over the keys would read.
    from_first = np.empty(len(first), dtype=np.int64)
    from_second = np.empty(len(second), dtype=np.int64)
    count = place_rising(first.keys, second.keys, from_first, from_second)
    merged = Blocks.empty(count)

    def put(name: str) -> None:
        columns = (getattr(first, name), getattr(second, name))
        put_column(*columns, from_first, from_second, getattr(merged, name))

    run(put, [field.name for field in fields(Blocks)])
    return merged
