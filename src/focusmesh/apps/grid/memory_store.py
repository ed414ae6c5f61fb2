"""A store of arrays in memory: for tests, and for grids that nobody keeps."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.apps.grid.store import ArrayReader, ArrayWriter, KeptCommit, KeptTile, Run

Key = TypeVar("Key")
Value = TypeVar("Value")


class MemoryArrayStore:
    """Dictionaries; see ArrayStore. A transaction that fails undoes what it did, last first."""

    def __init__(self) -> None:
        self._tables = _Tables()
        self._lock = RLock()

    @contextmanager
    def read(self) -> Iterator[ArrayReader]:
        """See ArrayStore.read."""
        with self._lock:
            yield self._tables

    @contextmanager
    def write(self) -> Iterator[ArrayWriter]:
        """See ArrayStore.write."""
        with self._lock, ExitStack() as undo:
            self._tables.undo = undo
            yield self._tables
            undo.pop_all()

    def claim(self, array: str) -> None:
        """See ArrayStore.claim. Nobody else can have this memory open."""

    def close(self) -> None:
        """See ArrayStore.close."""


class _Tables:
    """All that a store in memory has; an array's tiles by key, each with the heights that wrote it, oldest first."""

    def __init__(self) -> None:
        self._commits: dict[str, list[KeptCommit]] = {}
        self._tiles: dict[str, dict[int, list[tuple[int, KeptTile]]]] = {}
        self._floors: dict[str, int] = {}
        self._records: dict[tuple[str, str], bytes] = {}
        self._runs: dict[str, Run] = {}
        self.undo = ExitStack()
        """What takes back what this transaction did so far."""

    def arrays(self) -> list[str]:
        return sorted(self._commits)

    def height(self, array: str) -> int | None:
        commits = self._commits.get(array)
        return len(commits) - 1 if commits else None

    def floor(self, array: str) -> int:
        return self._floors.get(array, 0)

    def commits(self, array: str, first: int = 0, last: int | None = None) -> list[KeptCommit]:
        return self._commits.get(array, [])[first : None if last is None else last + 1]

    def tiles_written(self, array: str, height: int) -> Iterator[KeptTile]:
        for _, versions in sorted(self._tiles.get(array, {}).items()):
            yield from (tile for written, tile in versions if written == height)

    def tile(self, array: str, key: int, height: int) -> KeptTile | None:
        versions = self._tiles.get(array, {}).get(key, [])
        tile = next((tile for at, tile in reversed(versions) if at <= height), None)
        return tile if tile and tile.content else None

    def tiles(self, array: str, height: int) -> Iterator[KeptTile]:
        for key in sorted(self._tiles.get(array, {})):
            tile = self.tile(array, key, height)
            if tile:
                yield tile

    def digests(self, array: str, height: int) -> list[tuple[int, bytes]]:
        return [(tile.key, tile.digest) for tile in self.tiles(array, height)]

    def record(self, kind: str, name: str) -> bytes | None:
        return self._records.get((kind, name))

    def kinds(self) -> list[str]:
        return sorted({kind for kind, _ in self._records})

    def records(self, kind: str) -> dict[str, bytes]:
        return {name: self._records[of, name] for of, name in sorted(self._records) if of == kind}

    def runs(self, instance: str | None = None, limit: int = 100) -> list[Run]:
        of = [run for run in self._runs.values() if instance in (None, run.instance)]
        return sorted(of, key=lambda run: (-run.begun, run.name))[:limit]

    def put_commit(self, array: str, commit: KeptCommit, tiles: Sequence[KeptTile]) -> None:
        tip = self.height(array)
        if commit.height != (0 if tip is None else tip + 1):
            raise conflict(array, commit.height, tip)
        self._set(self._commits, array, [*self._commits.get(array, []), commit])
        versions = self._tiles.setdefault(array, {})
        for tile in tiles:
            self._set(versions, tile.key, [*versions.get(tile.key, []), (commit.height, tile)])

    def put_record(self, kind: str, name: str, content: bytes) -> None:
        self._set(self._records, (kind, name), content)

    def delete_record(self, kind: str, name: str) -> None:
        self._drop(self._records, (kind, name))

    def put_run(self, run: Run) -> None:
        self._set(self._runs, run.name, run)

    def prune(self, array: str, height: int) -> int:
        tiles = self._tiles.get(array, {})
        gone = 0
        for key, versions in list(tiles.items()):
            last = max((at for at, _ in versions if at <= height), default=-1)
            kept = [
                (at, tile) for at, tile in versions if at > height or (at == last and tile.content)
            ]
            gone += len(versions) - len(kept)
            if kept:
                self._set(tiles, key, kept)
            else:
                self._drop(tiles, key)
        self._set(self._floors, array, max(height, self.floor(array)))
        return gone

    def _set(self, table: dict[Key, Value], key: Key, value: Value) -> None:
        if key in table:
            self.undo.callback(table.__setitem__, key, table[key])
        else:
            self.undo.callback(table.pop, key, None)
        table[key] = value

    def _drop(self, table: dict[Key, Value], key: Key) -> None:
        if key in table:
            self.undo.callback(table.__setitem__, key, table.pop(key))


def conflict(array: str, height: int, tip: int | None) -> GridError:
    """What a commit is refused with that does not have the next height."""
    last = "has none" if tip is None else f"came to {tip}"
    return GridError(
        "conflict",
        f"a commit of height {height} to the array {array!r}, which {last}: somebody else has "
        "committed; open its history again",
    )
