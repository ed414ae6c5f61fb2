"""A grid's tables in SQL that an embedded database and a server both understand, and what is read from them.

Every row but a tile's ends in a seal, the digest of what it says: what is read is what was written. Tiles have the
digest that their commit names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from focusmesh.apps.grid import KeptCommit, KeptTile, Run, conflict
from focusmesh.errors import GridError
from focusmesh.ids import digest
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TABLES = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE commits (array_name TEXT NOT NULL, height BIGINT NOT NULL, content BYTEA NOT NULL,
    certificate BYTEA NOT NULL, seal BYTEA NOT NULL, PRIMARY KEY (array_name, height))""",
    """CREATE TABLE tiles (array_name TEXT NOT NULL, place BIGINT NOT NULL, height BIGINT NOT NULL,
    digest BYTEA NOT NULL, content BYTEA NOT NULL, PRIMARY KEY (array_name, place, height))""",
    "CREATE INDEX tiles_by_height ON tiles (array_name, height)",
    """CREATE TABLE records (kind TEXT NOT NULL, name TEXT NOT NULL, content BYTEA NOT NULL,
    seal BYTEA NOT NULL, PRIMARY KEY (kind, name))""",
    """CREATE TABLE runs (name TEXT PRIMARY KEY, instance TEXT NOT NULL, begun BIGINT NOT NULL,
    content BYTEA NOT NULL, seal BYTEA NOT NULL)""",
    "CREATE INDEX runs_by_instance ON runs (instance, begun)",
)
_FLOOR = "history/floor"
"""The kind of record that says how far an array is pruned."""
_PAGE = 512
"""Tiles that are read at once: 40 MB of full ones."""
_NEWEST = (
    "height = (SELECT MAX(height) FROM tiles WHERE array_name = :array AND place = t.place"
    " AND height <= :height) AND length(content) > 0"
)

_OVERTAKEN = (
    "array_name = :array AND height < (SELECT MAX(n.height) FROM tiles AS n"
    " WHERE n.array_name = :array AND n.place = tiles.place AND n.height <= :height)"
)
_EMPTIED = "array_name = :array AND height <= :height AND length(content) = 0"


class Connection(Protocol):
    """A database that is open."""

    def run(self, sql: str, **values: Any) -> Sequence[Sequence[Any]]:
        """The rows of one statement, in which ``:name`` stands for a value."""
        ...

    def add(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Inserts rows."""
        ...

    def close(self) -> None:
        """Raises nothing."""
        ...


class Tables:
    """See ArrayWriter; a transaction of ``connection`` is open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def arrays(self) -> list[str]:
        rows = self._connection.run("SELECT DISTINCT array_name FROM commits")
        return sorted(name for (name,) in rows)

    def height(self, array: str) -> int | None:
        sql = "SELECT MAX(height) FROM commits WHERE array_name = :array"
        ((height,),) = self._connection.run(sql, array=array)
        return None if height is None else int(height)

    def floor(self, array: str) -> int:
        return int(self.record(_FLOOR, array) or b"0")

    def commits(self, array: str, first: int = 0, last: int | None = None) -> list[KeptCommit]:
        rows = self._connection.run(
            "SELECT height, content, certificate, seal FROM commits WHERE array_name = :array"
            " AND height BETWEEN :first AND :last ORDER BY height",
            array=array,
            first=first,
            last=2**62 if last is None else last,
        )
        found = []
        for height, content, certificate, seal in rows:
            kept = KeptCommit(int(height), bytes(content), bytes(certificate))
            _check(seal, f"commit {height} of the array {array!r}", array, *_fields(kept))
            found.append(kept)
        if last is not None and len(found) != last - first + 1:
            raise GridError(
                "damaged", f"of the commits {first} … {last} of {array!r} some are missing"
            )
        return found

    def tiles_written(self, array: str, height: int) -> Iterator[KeptTile]:
        return self._pages("height = :height", array, height)

    def tile(self, array: str, key: int, height: int) -> KeptTile | None:
        rows = self._connection.run(
            "SELECT place, digest, content FROM tiles WHERE array_name = :array AND place = :key"
            " AND height <= :height ORDER BY height DESC LIMIT 1",
            array=array,
            key=key,
            height=height,
        )
        tiles = [_tile(row) for row in rows]
        return tiles[0] if tiles and tiles[0].content else None

    def tiles(self, array: str, height: int) -> Iterator[KeptTile]:
        return self._pages(_NEWEST, array, height)

    def digests(self, array: str, height: int) -> list[tuple[int, bytes]]:
        rows = self._connection.run(
            "SELECT place, digest FROM tiles AS t WHERE array_name = :array"
            f" AND {_NEWEST} ORDER BY place",
            array=array,
            height=height,
        )
        return [(int(key), bytes(tile_digest)) for key, tile_digest in rows]

    def record(self, kind: str, name: str) -> bytes | None:
        sql = "SELECT name, content, seal FROM records WHERE kind = :kind AND name = :name"
        rows = self._connection.run(sql, kind=kind, name=name)
        return _records(kind, rows).get(name)

    def kinds(self) -> list[str]:
        rows = self._connection.run("SELECT DISTINCT kind FROM records")
        return sorted(kind for (kind,) in rows)

    def records(self, kind: str) -> dict[str, bytes]:
        sql = "SELECT name, content, seal FROM records WHERE kind = :kind"
        return dict(sorted(_records(kind, self._connection.run(sql, kind=kind)).items()))

    def runs(self, instance: str | None = None, limit: int = 100) -> list[Run]:
        where = "" if instance is None else "WHERE instance = :instance "
        values = {} if instance is None else {"instance": instance}
        sql = f"SELECT name, content, seal FROM runs {where}ORDER BY begun DESC, name LIMIT :limit"
        found = []
        for name, content, seal in self._connection.run(sql, limit=limit, **values):
            _check(seal, f"run {name!r}", name, bytes(content))
            found.append(msgspec.msgpack.decode(bytes(content), type=Run))
        return found

    def put_commit(self, array: str, commit: KeptCommit, tiles: Sequence[KeptTile]) -> None:
        tip = self.height(array)
        if commit.height != (0 if tip is None else tip + 1):
            raise conflict(array, commit.height, tip)
        row = (array, *_fields(commit))
        columns = ("array_name", "height", "content", "certificate", "seal")
        self._connection.add("commits", columns, [(*row, _seal(*row))])
        columns = ("array_name", "place", "height", "digest", "content")
        rows = [(array, tile.key, commit.height, tile.digest, tile.content) for tile in tiles]
        self._connection.add("tiles", columns, rows)

    def put_record(self, kind: str, name: str, content: bytes) -> None:
        self.delete_record(kind, name)
        row = (kind, name, content)
        columns = ("kind", "name", "content", "seal")
        self._connection.add("records", columns, [(*row, _seal(*row))])

    def delete_record(self, kind: str, name: str) -> None:
        sql = "DELETE FROM records WHERE kind = :kind AND name = :name"
        self._connection.run(sql, kind=kind, name=name)

    def put_run(self, run: Run) -> None:
        self._connection.run("DELETE FROM runs WHERE name = :name", name=run.name)
        content = msgspec.msgpack.encode(run)
        row = (run.name, run.instance, run.begun, content, _seal(run.name, content))
        self._connection.add("runs", ("name", "instance", "begun", "content", "seal"), [row])

    def prune(self, array: str, height: int) -> int:
        gone = 0
        # Emptied tiles go last: until then they say that what was there before is over.
        for where in (_OVERTAKEN, _EMPTIED):
            ((count,),) = self._connection.run(
                f"SELECT COUNT(*) FROM tiles WHERE {where}", array=array, height=height
            )
            self._connection.run(f"DELETE FROM tiles WHERE {where}", array=array, height=height)
            gone += int(count)
        self.put_record(_FLOOR, array, str(max(height, self.floor(array))).encode())
        return gone

    def _pages(self, where: str, array: str, height: int) -> Iterator[KeptTile]:
        after = -1
        while True:
            rows = self._connection.run(
                "SELECT place, digest, content FROM tiles AS t WHERE array_name = :array"
                f" AND place > :after AND {where} ORDER BY place LIMIT {_PAGE}",
                array=array,
                height=height,
                after=after,
            )
            for row in rows:
                tile = _tile(row)
                yield tile
                after = tile.key
            if len(rows) < _PAGE:
                return


def _tile(row: Sequence[Any]) -> KeptTile:
    key, tile_digest, content = row
    return KeptTile(int(key), bytes(tile_digest), bytes(content))


def _fields(commit: KeptCommit) -> tuple[int, bytes, bytes]:
    return commit.height, commit.content, commit.certificate


def _records(kind: str, rows: Sequence[Sequence[Any]]) -> dict[str, bytes]:
    found = {}
    for name, content, seal in rows:
        _check(seal, f"the {kind} {name!r}", kind, name, bytes(content))
        found[name] = bytes(content)
    return found


def _seal(*fields: Any) -> bytes:
    return digest(encode(list(fields)))


def _check(seal: Any, what: str, *fields: Any) -> None:
    if bytes(seal) != _seal(*fields):
        raise GridError(
            "damaged", f"{what} is not as it was written: restore a backup of the store"
        )
