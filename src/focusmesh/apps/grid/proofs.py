"""Proofs of single blocks: what was at a place as of a commit, for whoever knows the commit's id and nothing else."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import msgspec

from focusmesh.apps.grid.chunks import CHUNK_BYTES, ChunksProof, prove_chunks, verify_chunks
from focusmesh.apps.grid.commit import Commit, tile_leaf
from focusmesh.engine.grid.array import (
    RECORD_BYTES,
    TILE_BITS,
    block_records,
    encode_one,
    tile_blocks,
)
from focusmesh.errors import CodecError, GridError, ProofError
from focusmesh.kernel.state import verify_inclusion
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.apps.grid.tile_index import TileIndex
    from focusmesh.engine.grid.array import Block

_HEAD_BYTES = 1
"""Of a tile's bytes, before its records."""
_LOCAL = (1 << TILE_BITS) - 1


class TilePlace(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A tile's place among all, and the way of its leaf to the state's root."""

    place: int
    key: int
    digest: bytes
    path: tuple[bytes, ...]

    def verify(self, commit: Commit) -> None:
        """Raises ProofError unless it is there as of ``commit``."""
        try:
            leaf = tile_leaf(self.key, self.digest)
        except OverflowError as error:
            raise ProofError("path", f"there is no tile {self.key}") from error
        verify_inclusion(leaf, self.place, commit.tile_count, self.path, commit.state)


class BlockProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is at ``coordinates`` as of a commit.

    Where the block's tile is not empty, ``tiles`` is that tile and ``chunks`` proves the records at ``record`` and,
    if the block is not active, before it. Else ``tiles`` are those between which it would be.
    """

    commit: bytes
    coordinates: tuple[int, int, int]
    tiles: tuple[TilePlace, ...]
    record: int = 0
    chunks: ChunksProof | None = None

    def verify(self, commit_id: bytes) -> Block | None:
        """The block, None where none is active. Raises ProofError unless it follows from the commit's id.

        Codes: ``"commit"``, ``"coordinates"``, ``"chunk"``, ``"record"``, ``"index"``, ``"path"``, ``"root"``.
        """
        commit = self._commit(commit_id)
        number, local = divmod(self._key(commit), 1 << TILE_BITS)
        for tile in self.tiles:
            tile.verify(commit)
        if self.chunks is None:
            self._verify_between(number, commit)
            return None
        if [tile.key for tile in self.tiles] != [number]:
            raise ProofError("record", f"the proof is not of tile {number}")
        chunks = verify_chunks(self.chunks, self.tiles[0].digest)
        return self._block(local, self.chunks.size_bytes, chunks)

    def encode(self) -> bytes:
        """The canonical bytes: a dag-cbor map."""
        return encode(msgspec.to_builtins(self, builtin_types=(bytes,)))

    @classmethod
    def decode(cls, data: bytes) -> BlockProof:
        """Raises ProofError ``"record"`` for anything but the canonical bytes of a proof."""
        try:
            found = msgspec.convert(decode(data), cls, builtin_types=(bytes,))
        except (CodecError, msgspec.ValidationError) as error:
            raise ProofError(
                "record", f"these bytes are not a proof of a block: {error}"
            ) from error
        if found.encode() != data:
            raise ProofError("record", "these bytes are not a proof of a block: fields are missing")
        return found

    def _commit(self, commit_id: bytes) -> Commit:
        try:
            commit = Commit.decode(self.commit)
        except GridError as error:
            raise ProofError("commit", str(error)) from error
        if commit.id != commit_id:
            raise ProofError("commit", f"the proof is for another commit, {commit.id.hex()}")
        return commit

    def _key(self, commit: Commit) -> int:
        inside = [0 <= at < side for at, side in zip(self.coordinates, commit.shape, strict=True)]
        if not all(inside):
            raise ProofError("coordinates", f"{self.coordinates} is outside of {commit.shape}")
        return encode_one(*self.coordinates)

    def _verify_between(self, number: int, commit: Commit) -> None:
        """The tiles are neighbours, or one is at an end, and ``number`` is between or beyond."""
        before = [tile for tile in self.tiles if tile.key < number]
        behind = [tile for tile in self.tiles if tile.key > number]
        place = before[-1].place + 1 if before else 0
        end = behind[0].place if behind else commit.tile_count
        if len(before) > 1 or len(behind) > 1 or place != end:
            raise ProofError("record", f"the proof does not show that tile {number} is empty")

    def _block(self, local: int, size_bytes: int, chunks: Mapping[int, bytes]) -> Block | None:
        count, rest = divmod(size_bytes - _HEAD_BYTES, RECORD_BYTES)
        if rest or not 0 <= self.record <= count:
            raise ProofError("record", f"{size_bytes} bytes have no record {self.record}")
        found = None
        if self.record < count:
            found = _record(self.record, chunks)
            if _place(found) == local:
                return _block(found)
        before = _place(_record(self.record - 1, chunks)) if self.record else -1
        behind = _place(found) if found else _LOCAL + 1
        if not before < local < behind:
            raise ProofError(
                "record", f"records {before} and {behind} do not enclose block {local}"
            )
        return None


def prove_block(
    commit: Commit,
    index: TileIndex,
    content: Callable[[int], bytes],
    coordinates: tuple[int, int, int],
) -> BlockProof:
    """The proof under ``commit``, whose tiles are ``index``; ``content`` gives a tile's bytes.

    Raises GridError ``"coordinates"`` outside of the array.
    """
    x, y, z = coordinates
    if not all(0 <= at < side for at, side in zip(coordinates, commit.shape, strict=True)):
        raise GridError("coordinates", f"({x}, {y}, {z}) is outside of {commit.shape}")
    number, local = divmod(encode_one(x, y, z), 1 << TILE_BITS)
    place = index.place(number)
    if place == len(index) or index.key(place) != number:
        near = [at for at in (place - 1, place) if 0 <= at < len(index)]
        tiles = tuple(_tile_place(index, at) for at in near)
        return BlockProof(commit.encode(), coordinates, tiles)
    data = content(number)
    places = [_place(record) for record in block_records(data)]
    record = bisect_left(places, local)
    is_active = record < len(places) and places[record] == local
    shown = [record] if is_active else [at for at in (record - 1, record) if 0 <= at < len(places)]
    chunks = prove_chunks(data, {at for one in shown for at in _chunks_of(one)})
    return BlockProof(commit.encode(), coordinates, (_tile_place(index, place),), record, chunks)


def _tile_place(index: TileIndex, place: int) -> TilePlace:
    key = index.key(place)
    return TilePlace(place, key, index.digest(key), index.prove(place))


def _chunks_of(record: int) -> tuple[int, int]:
    first = _HEAD_BYTES + record * RECORD_BYTES
    return first // CHUNK_BYTES, (first + RECORD_BYTES - 1) // CHUNK_BYTES


def _record(record: int, chunks: Mapping[int, bytes]) -> bytes:
    first, last = _chunks_of(record)
    if first not in chunks or last not in chunks:
        raise ProofError("record", f"record {record} is not in the proof")
    joined = chunks[first] + (chunks[last] if last != first else b"")
    start = _HEAD_BYTES + record * RECORD_BYTES - first * CHUNK_BYTES
    return joined[start : start + RECORD_BYTES]


def _place(record: bytes) -> int:
    return int.from_bytes(record[:2], "little")


def _block(record: bytes) -> Block:
    """A record as a tile of its own, read by the rules of all tiles."""
    try:
        return tile_blocks(0, b"\x01" + record).block(0)
    except GridError as error:
        raise ProofError("record", str(error)) from error
