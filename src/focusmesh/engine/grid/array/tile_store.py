"""What an array keeps: sorted blocks of sparse tiles, dense tiles, and a few writes that wait to be merged.

A write of a few blocks waits in a dictionary; what is read meanwhile is laid over with it. Merging costs a pass over
the sparse blocks, so it waits for a share of them. Blocks in dense tiles are written where they are.
"""

from __future__ import annotations

import heapq
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.array.blocks import BLOCK_BYTES, Block, Blocks, find_any
from focusmesh.engine.grid.array.dense import DENSE_FROM, SPARSE_BELOW, DenseTile
from focusmesh.engine.grid.array.morton import TILE_BITS, TILE_BLOCKS
from focusmesh.engine.grid.array.selection import box_mask, chosen_tiles, within_tiles
from focusmesh.engine.grid.array.tile_bytes import tile_bytes, tiles_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.engine.support.arrays import BoolArray, MassArray, OffsetArray

WAITING_MIN, WAITING_SHARE = 4_096, 256
"""Writes wait until there are more than the larger of 4,096 and a 256th of the sparse blocks."""
_WAITING_BYTES = 300
"""Of one write that waits, with its key and numbers in a dictionary, about."""
_LOCAL = TILE_BLOCKS - 1
_TILES_AT_ONCE = 4_096


class Sparse:
    """Sorted blocks, and where each tile of them begins. Nobody changes it: a merge makes another."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks

    @cached_property
    def starts(self) -> OffsetArray:
        """Where the blocks of each tile begin, and how many there are."""
        tiles = self.blocks.tiles
        if not len(tiles):
            return np.zeros(1, dtype=np.int64)
        turns = np.flatnonzero(tiles[1:] != tiles[:-1]) + 1
        return np.concatenate(([0], turns, [len(tiles)]))

    @cached_property
    def tiles(self) -> MassArray:
        """The keys of its tiles, rising."""
        return self.blocks.tiles[self.starts[:-1]]

    def tile(self, key: int) -> Blocks:
        at = int(np.searchsorted(self.tiles, np.uint64(key)))
        if at == len(self.tiles) or self.tiles[at] != key:
            return Blocks.empty()
        return self.blocks.taken(slice(int(self.starts[at]), int(self.starts[at + 1])))

    def get(self, key: int) -> Block | None:
        keys = self.blocks.keys
        at = int(np.searchsorted(keys, np.uint64(key)))
        return self.blocks.block(at) if at < len(keys) and keys[at] == key else None


class Tiling:
    """The blocks of an array under their keys. What it is given is sorted by key, each key once."""

    def __init__(self) -> None:
        self._sparse = Sparse(Blocks.empty())
        self._dense: dict[int, DenseTile] = {}
        self._numbers = np.empty(0, dtype=np.uint64)
        self._waiting: dict[int, Block | None] = {}
        self._overlay: tuple[Blocks, MassArray] | None = None

    @property
    def count(self) -> int:
        """Active blocks. O(writes that wait)."""
        laid, removed = self._laid()
        known = self._sparse.blocks
        changed = int(np.count_nonzero(known.find(laid.keys) < 0)) if len(laid) else 0
        gone = int(np.count_nonzero(known.find(removed) >= 0)) if len(removed) else 0
        dense = sum(tile.count for tile in self._dense.values())
        return len(known) + changed - gone + dense

    @property
    def memory_bytes(self) -> int:
        dense = sum(tile.memory_bytes for tile in self._dense.values())
        return len(self._sparse.blocks) * BLOCK_BYTES + dense + len(self._waiting) * _WAITING_BYTES

    @property
    def dense_count(self) -> int:
        """Tiles that are dense."""
        return len(self._dense)

    def get(self, key: int) -> Block | None:
        """One block. O(log n)."""
        if key in self._waiting:
            return self._waiting[key]
        tile = self._dense.get(key >> TILE_BITS)
        return tile.get(key & _LOCAL) if tile is not None else self._sparse.get(key)

    def put(self, key: int, block: Block | None) -> None:
        """Writes one block, or takes it out: at once in a dense tile, else it waits. O(1), amortised."""
        number = key >> TILE_BITS
        tile = self._dense.get(number)
        if tile is None:
            self._waiting[key] = block
            self._overlay = None
            self._merge_if_many()
        elif block is not None:
            tile.put(key & _LOCAL, block)
        else:
            tile.remove(np.array([key], dtype=np.uint64))
            self._thin([number])

    def write(self, blocks: Blocks) -> None:
        """Writes blocks, or writes over them."""
        self._make_room(len(blocks))
        rest = blocks
        if self._dense:
            for number, part in self._in_dense(blocks.keys):
                self._dense[number].write(blocks.taken(part))
            rest = blocks.taken(~self._dense_mask(blocks.keys))
        if not len(rest):
            return
        if len(rest) <= self._room():
            for at, key in enumerate(rest.keys.tolist()):
                self._waiting[key] = rest.block(at)
            self._overlay = None
        else:
            self._replace(self._sparse.blocks.with_blocks(rest))

    def remove(self, keys: MassArray) -> None:
        """Takes out the blocks at ``keys``, all of which are there."""
        self._make_room(len(keys))
        dense = list(self._in_dense(keys))
        rest = keys[~self._dense_mask(keys)] if dense else keys
        for number, part in dense:
            self._dense[number].remove(keys[part])
        if len(rest) <= self._room():
            self._waiting.update(dict.fromkeys(rest.tolist()))
            self._overlay = None
        else:
            self._replace(self._sparse.blocks.without(rest))
        self._thin([number for number, _ in dense])

    def has(self, keys: MassArray) -> BoolArray:
        """Which of ``keys`` are active."""
        there: BoolArray = self._sparse.blocks.find(keys) >= 0
        for number, part in self._in_dense(keys):
            there[part] = self._dense[number].has(keys[part])
        if not self._waiting:
            return there
        laid, removed = self._laid()
        if len(removed):
            there[find_any(removed, keys) >= 0] = False
        if len(laid):
            there[find_any(laid.keys, keys) >= 0] = True
        return there

    def take(self, keys: MassArray) -> Blocks:
        """The active ones of ``keys``."""
        found = _among(self._sparse.blocks, keys)
        if self._dense:
            touched = [(n, self._dense[n].among(keys[part])) for n, part in self._in_dense(keys)]
            found = _laid_between(found, touched)
        if not self._waiting:
            return found
        laid, removed = self._laid()
        return found.without(removed).with_blocks(_among(laid, keys))

    def region(self, low: Sequence[int], high: Sequence[int]) -> Blocks:
        """The blocks with low ≤ (x, y, z) < high."""
        at, cuts = chosen_tiles(self._sparse.tiles, low, high)
        part = within_tiles(self._sparse.blocks, self._sparse.starts, at, cuts, low, high)
        if self._dense:
            at, cuts = chosen_tiles(self._numbers, low, high)
            masks = {cut: box_mask(cut, low, high) if cut else None for cut in {*cuts.tolist()}}
            touched = [
                (number, self._dense[number].blocks(number, masks[cut]))
                for number, cut in zip(self._numbers[at].tolist(), cuts.tolist(), strict=True)
            ]
            part = _laid_between(part, touched)
        if not self._waiting:
            return part
        laid, removed = self._laid()
        inside = np.flatnonzero(
            np.all((laid.coordinates >= low) & (laid.coordinates < high), axis=1)
        )
        return part.without(removed).with_blocks(laid.taken(inside))

    def tile(self, number: int) -> Blocks:
        """The blocks of one tile."""
        dense = self._dense.get(number)
        if dense is not None:
            return dense.blocks(number)
        laid, removed = self._laid()
        part = laid.taken(laid.tiles == np.uint64(number)) if len(laid) else laid
        return self._sparse.tile(number).without(removed).with_blocks(part)

    def replace_tile(self, number: int, blocks: Blocks) -> None:
        """The blocks of one tile become these."""
        self.settle()
        old = self.tile(number)
        if self._dense.pop(number, None) is None:
            self._sparse = Sparse(self._sparse.blocks.without(old.keys))
        self._number()
        if len(blocks):
            self.write(blocks)

    def tiles(self) -> Iterator[tuple[int, bytes]]:
        """Each tile that has blocks, with its bytes, by rising key."""
        self.settle()
        return heapq.merge(self._sparse_tiles(), self._dense_tiles())

    def _sparse_tiles(self) -> Iterator[tuple[int, bytes]]:
        sparse = self._sparse
        for first in range(0, len(sparse.tiles), _TILES_AT_ONCE):
            last = min(first + _TILES_AT_ONCE, len(sparse.tiles))
            begin, end = int(sparse.starts[first]), int(sparse.starts[last])
            part = sparse.blocks.taken(slice(begin, end))
            data = tiles_bytes(part, sparse.starts[first : last + 1] - begin)
            yield from zip(sparse.tiles[first:last].tolist(), data, strict=True)

    def _dense_tiles(self) -> Iterator[tuple[int, bytes]]:
        for number in self._numbers.tolist():
            yield number, tile_bytes(self._dense[number].blocks(number))

    def settle(self) -> None:
        """Merges what waits."""
        if self._waiting:
            laid, removed = self._laid()
            self._waiting = {}
            self._overlay = None
            self._replace(self._sparse.blocks.without(removed).with_blocks(laid))

    def _laid(self) -> tuple[Blocks, MassArray]:
        """What waits, sorted: blocks to be laid over, and keys that are no more."""
        if self._overlay is None:
            keys = sorted(self._waiting)
            written = [(key, block) for key in keys if (block := self._waiting[key]) is not None]
            gone = [key for key in keys if self._waiting[key] is None]
            laid = Blocks.from_pairs(written)
            self._overlay = laid, np.array(gone, dtype=np.uint64)
        return self._overlay

    def _room(self) -> int:
        most = max(WAITING_MIN, len(self._sparse.blocks) // WAITING_SHARE)
        return most - len(self._waiting)

    def _make_room(self, count: int) -> None:
        """Merges what waits if ``count`` more would be too many: before it is asked which tiles are dense, as a merge
        may make some so."""
        if count > self._room():
            self.settle()

    def _merge_if_many(self) -> None:
        if self._room() < 0:
            self.settle()

    def _replace(self, blocks: Blocks) -> None:
        """Other sparse blocks; those of tiles that have become full go into dense ones."""
        sparse = Sparse(blocks)
        full = np.flatnonzero(np.diff(sparse.starts) >= DENSE_FROM)
        if len(full):
            kept = np.ones(len(blocks), dtype=np.bool_)
            for at in full.tolist():
                part = slice(int(sparse.starts[at]), int(sparse.starts[at + 1]))
                self._dense[int(sparse.tiles[at])] = DenseTile(blocks.taken(part))
                kept[part] = False
            sparse = Sparse(blocks.taken(kept))
            self._number()
        self._sparse = sparse

    def _thin(self, numbers: Sequence[int]) -> None:
        """Makes those of these dense tiles sparse that have become empty enough."""
        thin = sorted(n for n in numbers if self._dense[n].count < SPARSE_BELOW)
        if thin:
            self.settle()
            parts = [self._dense.pop(number).blocks(number) for number in thin]
            self._number()
            self._sparse = Sparse(self._sparse.blocks.with_blocks(Blocks.join(parts)))

    def _number(self) -> None:
        """After other tiles have become dense, or sparse."""
        self._numbers = np.array(sorted(self._dense), dtype=np.uint64)

    def _dense_mask(self, keys: MassArray) -> BoolArray:
        mask: BoolArray = find_any(self._numbers, keys >> np.uint64(TILE_BITS)) >= 0
        return mask

    def _in_dense(self, keys: MassArray) -> Iterator[tuple[int, slice]]:
        """Each dense tile that ``keys`` (rising) touch, with their part of it."""
        if not self._dense or not len(keys):
            return
        tiles = keys >> np.uint64(TILE_BITS)
        firsts = np.searchsorted(tiles, self._numbers, side="left")
        lasts = np.searchsorted(tiles, self._numbers, side="right")
        for at in np.flatnonzero(lasts > firsts).tolist():
            yield int(self._numbers[at]), slice(int(firsts[at]), int(lasts[at]))


def _among(blocks: Blocks, keys: MassArray) -> Blocks:
    found = blocks.find(keys)
    return blocks.taken(found[found >= 0])


def _laid_between(sparse: Blocks, dense: Sequence[tuple[int, Blocks]]) -> Blocks:
    """Blocks of sparse tiles, with those of dense tiles (by rising tile) laid between them."""
    numbers = np.array([number for number, _ in dense], dtype=np.uint64)
    cuts = np.searchsorted(sparse.tiles, numbers).tolist()
    parts, begin = list[Blocks](), 0
    for cut, (_, blocks) in zip(cuts, dense, strict=True):
        if cut > begin:
            parts.append(sparse.taken(slice(begin, cut)))
        parts.append(blocks)
        begin = cut
    return Blocks.join([*parts, sparse.taken(slice(begin, len(sparse)))])
