"""A history is verified: every commit, every root, every byte of every tile that is kept; each fault with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.apps.grid.commit import Commit
from focusmesh.apps.grid.history import check_tile
from focusmesh.apps.grid.tile_index import TileIndex, changes_root
from focusmesh.engine.grid.array import tile_blocks
from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.apps.grid.store import ArrayReader, ArrayStore, KeptCommit, KeptTile
    from focusmesh.engine.support.progress import Progress

    CheckCertificate = Callable[[bytes, bytes], None]

_ALL = 2**31 - 1


@dataclass(frozen=True)
class Fault:
    """What is not as it was written: at which commit, of which tile (None: the commit itself)."""

    height: int
    tile: int | None
    message: str


@dataclass(frozen=True)
class VerifiedHistory:
    """What was looked at, and what is wrong with it. ``faults`` is empty where all of it holds.

    ``states_from``: the first height whose tiles are kept, which is above 0 once a history was pruned.
    """

    array: str
    height: int
    states_from: int
    tile_count: int
    size_bytes: int
    faults: tuple[Fault, ...]

    @property
    def is_valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify_history(
    store: ArrayStore,
    array: str,
    check: CheckCertificate | None = None,
    progress: Progress | None = None,
) -> VerifiedHistory:
    """Looks at all that a store keeps of an array, and at its records and runs. O(bytes kept).

    ``check`` (commit's id, certificate) raises GridError for a certificate that does not hold; without one, none is
    looked at. Raises GridError ``"unknown-array"``, and as ArrayStore where the store cannot be read at all.
    """
    with store.read() as reader:
        height = reader.height(array)
        if height is None:
            raise GridError("unknown-array", f"there is no array {array!r} in this store")
        look = _Look(
            reader, array, height, check, Throttle(progress, "verifying", height, "commits")
        )
        look.at_all()
    return VerifiedHistory(
        array, height, look.floor, look.tile_count, look.size_bytes, tuple(look.faults)
    )


@dataclass
class _Look:
    """One walk over a history, from its first commit to its last."""

    reader: ArrayReader
    array: str
    height: int
    check: CheckCertificate | None
    told: Throttle
    faults: list[Fault] = field(default_factory=list)
    tile_count: int = 0
    size_bytes: int = 0

    def __post_init__(self) -> None:
        self.floor = self.reader.floor(self.array)
        self.index = TileIndex.of([])
        self.previous: Commit | None = None

    def at_all(self) -> None:
        for height in range(self.height + 1):
            try:
                commit = self._commit(height)
            except GridError as error:
                self.faults.append(Fault(height, None, f"commit {height}: {error}"))
                # What follows is held against the tiles alone: the commit before is not known.
                self.previous = None
                commit = None
            self._tiles(height, commit)
            self.told.at(height)
        self._records()
        self.told.finish(self.height)

    def _records(self) -> None:
        """What else is in the store, each of which says itself whether it is as it was written."""
        for kind in (*self.reader.kinds(), None):
            try:
                if kind is None:
                    self.reader.runs(limit=_ALL)
                else:
                    self.reader.records(kind)
            except GridError as error:
                self.faults.append(Fault(self.height, None, str(error)))

    def _commit(self, height: int) -> Commit:
        kept: KeptCommit = self.reader.commits(self.array, height, height)[0]
        commit = Commit.decode(kept.content)
        if self.previous is not None or height == 0:
            commit.verify_after(self.previous)
        self.previous = commit
        if self.check is not None:
            self.check(commit.id, kept.certificate)
        return commit

    def _tiles(self, height: int, commit: Commit | None) -> None:
        """Those of one commit, and both roots; below the floor there are none, at the floor all that are left."""
        if height < self.floor:
            return
        if height == self.floor and height:
            found = self._digests(height, self.reader.tiles(self.array, height))
            self.index = TileIndex.of(found)
        else:
            found = self._digests(height, self.reader.tiles_written(self.array, height))
            self.index = self.index.with_changes(found)
            if commit is not None and (changes_root(found), len(found)) != (
                commit.root,
                commit.changed_count,
            ):
                self._fault(height, "its tiles are not those that it wrote")
        if commit is not None and self.index.root != commit.state:
            self._fault(height, "the tiles that there are do not add up to its state")

    def _digests(self, height: int, tiles: Iterator[KeptTile]) -> list[tuple[int, bytes]]:
        found = []
        for tile in tiles:
            self.tile_count += 1
            self.size_bytes += len(tile.content)
            try:
                tile_blocks(tile.key, check_tile(tile, self.array, height))
            except GridError as error:
                self.faults.append(Fault(height, tile.key, str(error)))
            found.append((tile.key, tile.digest))
        return found

    def _fault(self, height: int, what: str) -> None:
        self.faults.append(Fault(height, None, f"commit {height}: {what}"))
