"""The tiles that an array has at a height: keys and digests under one root, which changes a few leaves at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.apps.grid.commit import tile_leaf
from focusmesh.ids import digest
from focusmesh.kernel.state import MerkleTree, merkle_root, sha256_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import ByteArray, MassArray

NO_TILE = digest(b"")
"""The digest of a tile without blocks."""
_LEAF_BYTES = 40


class TileIndex:
    """Sorted keys with digests and the hashes of their leaves. Never changes: ``with_changes`` gives another one."""

    def __init__(self, keys: MassArray, digests: ByteArray, hashes: ByteArray) -> None:
        """Use ``of``. Keys are uint64 (n,), the others uint8 (n, 32)."""
        self._keys = keys
        self._digests = digests
        self._tree = MerkleTree(hashes)
        self._hashes = hashes

    @classmethod
    def of(cls, tiles: Sequence[tuple[int, bytes]]) -> TileIndex:
        """Over keys, ascending, and digests."""
        keys = np.array([key for key, _ in tiles], dtype=np.uint64)
        digests = _matrix([tile_digest for _, tile_digest in tiles])
        return cls(keys, digests, _leaf_hashes(keys, digests))

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def root(self) -> bytes:
        """Over all tiles that are not empty."""
        return self._tree.root

    def place(self, key: int) -> int:
        """How many tiles have a smaller key: the place of ``key``, or where it would be."""
        return int(np.searchsorted(self._keys, np.uint64(key)))

    def key(self, place: int) -> int:
        """The key at a place."""
        return int(self._keys[place])

    def digest(self, key: int) -> bytes:
        """The digest of a tile, that of no bytes where it is empty."""
        place = self.place(key)
        if place < len(self) and self.key(place) == key:
            return bytes(self._digests[place])
        return NO_TILE

    def prove(self, place: int) -> tuple[bytes, ...]:
        """The way of the leaf at a place to the root."""
        return tuple(self._tree.prove(place))

    def with_changes(self, changes: Sequence[tuple[int, bytes]]) -> TileIndex:
        """With these digests in place of what there was; that of no bytes takes a tile out. O(n) bytes moved."""
        keys = np.array([key for key, _ in changes], dtype=np.uint64)
        digests = _matrix([tile_digest for _, tile_digest in changes])
        stays = (digests != np.frombuffer(NO_TILE, dtype=np.uint8)).any(axis=1)
        kept = ~np.isin(self._keys, keys)
        together = np.concatenate([self._keys[kept], keys[stays]])
        order = np.argsort(together)
        hashes = np.concatenate([self._hashes[kept], _leaf_hashes(keys[stays], digests[stays])])
        all_digests = np.concatenate([self._digests[kept], digests[stays]])
        return TileIndex(together[order], all_digests[order], hashes[order])


def changes_root(changes: Sequence[tuple[int, bytes]]) -> bytes:
    """The root over the tiles that a commit writes: keys, ascending, and digests."""
    return merkle_root([tile_leaf(key, tile_digest) for key, tile_digest in changes])


def _matrix(digests: Sequence[bytes]) -> ByteArray:
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 32)


def _leaf_hashes(keys: MassArray, digests: ByteArray) -> ByteArray:
    rows = np.zeros((len(keys), 1 + _LEAF_BYTES), dtype=np.uint8)
    rows[:, 1:9] = keys.astype(">u8").view(np.uint8).reshape(-1, 8)
    rows[:, 9:] = digests
    return sha256_rows(rows)
