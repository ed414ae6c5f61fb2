"""The history of an array: commits that name each other, roots over tiles, and every state that was committed.

history = History.create(store, "sensors", (1000, 1000, 1000), time)
array = history.array()
array.set(3, 4, 5, 0.25)
history.commit(array, "set 3,4,5", time)
proof = history.prove(3, 4, 5)          # proof.verify(history.tip.id) gives the block to whoever has the id
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.apps.grid.commit import CREATED, Commit
from focusmesh.apps.grid.memory_store import conflict
from focusmesh.apps.grid.proofs import prove_block
from focusmesh.apps.grid.store import KeptCommit, KeptTile
from focusmesh.apps.grid.tile_index import TileIndex, changes_root
from focusmesh.engine.grid.array import TILE_BITS, TILE_SIDE, BlockArray, decode_one
from focusmesh.errors import GridError
from focusmesh.ids import DIGEST_BYTES, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from focusmesh.apps.grid.proofs import BlockProof
    from focusmesh.apps.grid.store import ArrayReader, ArrayStore, ArrayWriter, Run

    Certify = Callable[[bytes], bytes]
    Records = Mapping[tuple[str, str], bytes | None]


class History:
    """The history of one array in a store, which it alone commits to. Not safe between threads.

    Times are in milliseconds since 1970, given by the caller. Raises GridError; see ArrayStore for the store's own.
    """

    def __init__(self, store: ArrayStore, array: str) -> None:
        """Use ``open`` or ``create``."""
        self._store = store
        self.name = array
        with store.read() as reader:
            height = reader.height(array)
            if height is None:
                raise _absent(array, reader)
            self.tip = Commit.decode(reader.commits(array, height)[0].content)
            self._index = TileIndex.of(reader.digests(array, height))
        if self._index.root != self.tip.state:
            raise GridError(
                "damaged",
                f"the tiles of {array!r} are not those of its last commit, {height}: `grid check` "
                "says which; restore a backup of the store",
            )
        self._unwritten: set[int] = set()
        self._doubtful: tuple[Commit, TileIndex] | None = None

    @classmethod
    def open(cls, store: ArrayStore, array: str) -> History:
        """The history of an array that there is. Raises GridError ``"unknown-array"``, StoreBusyError.

        O(tiles), none of which is read.
        """
        store.claim(array)
        return cls(store, array)

    @classmethod
    def create(
        cls, store: ArrayStore, array: str, shape: tuple[int, int, int], time: int
    ) -> History:
        """The history of a new array, with its first commit. Raises GridError ``"exists"`` where there is one."""
        store.claim(array)
        empty = BlockArray(shape)
        commit = Commit(
            array=array,
            shape=empty.shape,
            height=0,
            previous=bytes(DIGEST_BYTES),
            operation=CREATED,
            root=changes_root([]),
            changed_count=0,
            state=TileIndex.of([]).root,
            tile_count=0,
            time=time,
        )
        commit.verify()
        with store.write() as writer:
            if writer.height(array) is not None:
                raise GridError("exists", f"there is an array {array!r} in this store already")
            writer.put_commit(array, KeptCommit(0, commit.encode()), [])
        return cls(store, array)

    @property
    def height(self) -> int:
        """The height of the last commit; 0 is the first."""
        return self.tip.height

    @property
    def shape(self) -> tuple[int, int, int]:
        """The sides of the array."""
        return self.tip.shape

    def commits(self, first: int = 0, last: int | None = None) -> list[Commit]:
        """The commits of these heights, both included, by height."""
        with self._store.read() as reader:
            kept = reader.commits(self.name, first, last)
        return [Commit.decode(one.content) for one in kept]

    def certificate(self, height: int) -> bytes:
        """The certificate of a commit, empty where it has none. Raises GridError ``"height"``."""
        with self._store.read() as reader:
            return self._commit_at(reader, height).certificate

    def array(self, height: int | None = None) -> BlockArray:
        """The array as of a height (default: the last), each tile held against its digest. O(blocks).

        Raises GridError ``"damaged"`` with the tile, ``"height"`` for what there never was or is pruned.
        """
        tiles = [(tile.key, tile.content) for tile in self.tiles(height)]
        array = BlockArray.from_tiles(self.shape, tiles)
        array.take_dirty()
        return array

    def tiles(self, height: int | None = None) -> list[KeptTile]:
        """All tiles that are not empty as of a height (default: the last), by key. Raises as ``array``."""
        with self._store.read() as reader:
            at = self._height(reader, height)
            tiles = list(reader.tiles(self.name, at))
        for tile in tiles:
            check_tile(tile, self.name, at)
        return tiles

    def tiles_written(self, height: int) -> list[KeptTile]:
        """The tiles that a commit wrote, by key; without bytes those that it emptied. Raises as ``array``."""
        with self._store.read() as reader:
            at = self._height(reader, height)
            if at and at == reader.floor(self.name):
                raise GridError(
                    "height", f"{self.name!r} was pruned at {at}: what it wrote is gone"
                )
            tiles = list(reader.tiles_written(self.name, at))
        for tile in tiles:
            check_tile(tile, self.name, at)
        return tiles

    def commit(
        self,
        array: BlockArray,
        operation: str,
        time: int,
        certify: Certify | None = None,
        records: Records | None = None,
        runs: Iterable[Run] = (),
    ) -> Commit:
        """Keeps what changed in ``array`` since it was last committed, all of it or nothing.

        ``certify`` makes the certificate over the commit's id. ``records`` ((kind, name) → content, None takes it away)
        and ``runs`` are kept in the same transaction. O(changed tiles · log n + all tiles' 72 bytes).

        Raises GridError ``"conflict"`` where somebody else committed, ``"shape"`` for an array of another shape,
        ``"commit"`` for words too long. The array's changes then wait for the next commit.
        """
        if array.shape != self.shape:
            raise GridError(
                "shape", f"{self.name!r} has the shape {self.shape}, this array {array.shape}"
            )
        self._settle()
        # What is taken from the array must not be lost if the store cannot take it now.
        self._unwritten |= set(array.take_dirty())
        tiles = [
            tile
            for tile in (_tile(array, key) for key in sorted(self._unwritten))
            if tile.digest != self._index.digest(tile.key)
        ]
        changes = [(tile.key, tile.digest) for tile in tiles]
        index = self._index.with_changes(changes)
        commit = self._next(operation, changes, index, time)
        kept = KeptCommit(commit.height, commit.encode(), certify(commit.id) if certify else b"")
        self._doubtful = commit, index
        with self._store.write() as writer:
            # Tiles and id are as of the commit that this history knows.
            tip = writer.height(self.name)
            if tip != self.height:
                raise conflict(self.name, commit.height, tip)
            writer.put_commit(self.name, kept, tiles)
            _put(writer, records or {}, runs)
        self._take(commit, index)
        return commit

    def prove(self, x: int, y: int, z: int, height: int | None = None) -> BlockProof:
        """What is at a place as of a height (default: the last), for whoever knows that commit's id: about 2 KB.

        O(one tile), and O(all tiles) where the height is not the last. Raises GridError ``"coordinates"``,
        ``"height"``, ``"damaged"``.
        """
        with self._store.read() as reader:
            at = self._height(reader, height)
            commit = Commit.decode(self._commit_at(reader, at).content)
            index = self._index
            if at != self.height:
                index = TileIndex.of(reader.digests(self.name, at))

            def content(key: int) -> bytes:
                tile = reader.tile(self.name, key, at)
                return check_tile(tile, self.name, at) if tile else b""

            return prove_block(commit, index, content, (x, y, z))

    def prune(self, height: int) -> int:
        """Forgets states before ``height``; its commits stay. Gives how many tiles went.

        Arrays and proofs as of ``height`` and later are as before.
        """
        with self._store.write() as writer:
            self._commit_at(writer, height)
            return writer.prune(self.name, height)

    def _settle(self) -> None:
        """Whether a commit was kept at which the store went away, nobody knew; the store does."""
        if self._doubtful is None:
            return
        commit, index = self._doubtful
        with self._store.read() as reader:
            found = reader.height(self.name) or 0
            if found >= commit.height:
                (kept,) = reader.commits(self.name, commit.height, commit.height)
                if kept.content == commit.encode():
                    self._take(commit, index)
        self._doubtful = None

    def _take(self, commit: Commit, index: TileIndex) -> None:
        self.tip, self._index = commit, index
        self._unwritten, self._doubtful = set(), None

    def _next(
        self, operation: str, changes: list[tuple[int, bytes]], index: TileIndex, time: int
    ) -> Commit:
        commit = Commit(
            array=self.name,
            shape=self.shape,
            height=self.height + 1,
            previous=self.tip.id,
            operation=operation,
            root=changes_root(changes),
            changed_count=len(changes),
            state=index.root,
            tile_count=len(index),
            time=max(time, self.tip.time),
        )
        commit.verify()
        return commit

    def _commit_at(self, reader: ArrayReader, height: int) -> KeptCommit:
        if not 0 <= height <= self.height:
            raise GridError(
                "height", f"{self.name!r} has commits 0 … {self.height}, there is no {height}"
            )
        return reader.commits(self.name, height, height)[0]

    def _height(self, reader: ArrayReader, height: int | None) -> int:
        at = self.height if height is None else height
        self._commit_at(reader, at)
        floor = reader.floor(self.name)
        if at < floor:
            raise GridError("height", f"{self.name!r} was pruned: its states begin at {floor}")
        return at


def check_tile(tile: KeptTile, array: str, height: int) -> bytes:
    """The bytes of a tile. Raises GridError ``"damaged"`` unless they have its digest."""
    if digest(tile.content) != tile.digest:
        raise GridError("damaged", damage(tile.key, array, height))
    return tile.content


def damage(key: int, array: str, height: int) -> str:
    """Which blocks a damaged tile is of."""
    low = decode_one(key << TILE_BITS)
    high = tuple(side + TILE_SIDE - 1 for side in low)
    return (
        f"the tile of the blocks {low} to {high} of {array!r}, as of commit {height}, is not as it "
        "was written: restore it from a backup"
    )


def _tile(array: BlockArray, key: int) -> KeptTile:
    content = array.tile(key)
    return KeptTile(key, digest(content), content)


def _put(writer: ArrayWriter, records: Records, runs: Iterable[Run]) -> None:
    for (kind, name), content in records.items():
        if content is None:
            writer.delete_record(kind, name)
        else:
            writer.put_record(kind, name, content)
    for run in runs:
        writer.put_run(run)


def _absent(array: str, reader: ArrayReader) -> GridError:
    names = ", ".join(map(repr, reader.arrays())) or "none"
    return GridError("unknown-array", f"there is no array {array!r} in this store; it has {names}")
