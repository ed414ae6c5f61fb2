"""Stores that are given the same links: ours with ids, rows and roots, SQLite, and bare LMDB.

A link's key is 128 bytes (source, target, relation, neuron), as signed signals name it; its amount is added to what is
there. Every commit is durable when it returns.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from benchmarks.data.graphs import Inputs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WEIGHT_UNIT = 100
_NEURONS = 1_000
_HEIGHT_BYTES = 8


@dataclass(frozen=True)
class Changes:
    """Keys of 128 bytes and what is added to each."""

    keys: Sequence[bytes]
    amounts: Sequence[int]

    def __len__(self) -> int:
        return len(self.keys)


class Drawn:
    """R-MAT links with random digests: those that are there first, and blocks of changes, one in ten to old links."""

    def __init__(self, scale: int, link_count: int, block_links: int) -> None:
        inputs = Inputs.named(f"rmat{scale}")
        self._random = np.random.default_rng(scale)
        self._digests = self._random.integers(0, 256, (inputs.particle_count, 32), np.uint8)
        self._neurons = self._random.integers(0, 256, (_NEURONS, 32), np.uint8)
        self._inputs, self._next, self._block_links = inputs, link_count, block_links
        self.first = self._changes(self._keys(slice(0, link_count)))
        self.particle_count = len(
            np.unique([inputs.source[:link_count], inputs.target[:link_count]])
        )

    def block(self) -> Changes:
        """The next block: nine new links for each old one that is changed."""
        old_count = self._block_links // 10
        stop = self._next + self._block_links - old_count
        fresh = self._keys(slice(self._next, stop))
        self._next = stop
        old = self._random.choice(len(self.first), old_count, replace=False).tolist()
        return self._changes([*fresh, *(self.first.keys[at] for at in old)])

    def _keys(self, span: slice) -> list[bytes]:
        source, target = self._inputs.source[span], self._inputs.target[span]
        content = np.zeros((len(source), 128), dtype=np.uint8)
        content[:, :32], content[:, 32:64] = self._digests[source], self._digests[target]
        content[:, 96:] = self._neurons[self._random.integers(0, _NEURONS, len(source))]
        joined = content.tobytes()
        return [joined[at : at + 128] for at in range(0, len(joined), 128)]

    def _changes(self, keys: list[bytes]) -> Changes:
        return Changes(keys, self._random.integers(100, 10_000, len(keys)).tolist())


@dataclass(frozen=True)
class Taken:
    """Seconds to make changes and to commit them, and bytes that lead back to before."""

    change: float
    commit: float
    history_bytes: int | None = None


class Kept(Protocol):
    """What is measured."""

    def __init__(self, folder: Path) -> None: ...

    def add(self, changes: Changes, height: int) -> Taken:
        """One durable transaction."""
        ...

    def used_bytes(self) -> int:
        """Bytes of all records."""
        ...

    def close(self) -> None: ...


class Own:
    """Ids, rows in the order of their keys, roots of every touched row, and a record of what was before."""

    def __init__(self, folder: Path) -> None:
        from focusmesh.kernel.state import LinkTable, LmdbStore

        self._store, self.table = LmdbStore(folder / "own"), LinkTable(_WEIGHT_UNIT)

    def add(self, changes: Changes, height: int) -> Taken:
        begun = time.perf_counter()
        with self._store.write() as writer:
            made = self.table.apply(writer, changes.keys, changes.amounts, height)
            changed = time.perf_counter()
        return Taken(changed - begun, time.perf_counter() - changed, len(made.undo))

    def axon_count(self) -> int:
        """Reads every axon, as a node does that starts."""
        with self._store.read() as reader:
            return len(self.table.load_axons(reader).weight)

    def used_bytes(self) -> int:
        return self._store.used_bytes()

    def close(self) -> None:
        self._store.close()


_TABLE = """
CREATE TABLE links (source BLOB, target BLOB, relation BLOB, neuron BLOB, amount INTEGER, height INTEGER,
PRIMARY KEY (source, target, relation, neuron)) WITHOUT ROWID"""
_ADD = """
INSERT INTO links VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
SET amount = amount + excluded.amount, height = excluded.height"""


class Sqlite:
    """One table by its key, write-ahead log, synchronous=FULL. No roots, no history."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "links.sqlite", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(_TABLE)

    def add(self, changes: Changes, height: int) -> Taken:
        begun = time.perf_counter()
        self._connection.execute("BEGIN")
        self._connection.executemany(_ADD, self._rows(changes, height))
        changed = time.perf_counter()
        self._connection.execute("COMMIT")
        return Taken(changed - begun, time.perf_counter() - changed)

    def _rows(self, changes: Changes, height: int) -> list[tuple[bytes | int | None, ...]]:
        pairs = zip(changes.keys, changes.amounts, strict=True)
        return [
            (key[:32], key[32:64], key[64:96], key[96:], amount, height) for key, amount in pairs
        ]

    def used_bytes(self) -> int:
        pages, size = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "page_size")
        )
        return int(pages * size)

    def close(self) -> None:
        self._connection.close()


class SqliteIds(Sqlite):
    """The same with digests interned in a table of their own, as ours has them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._connection.execute("CREATE TABLE names (id INTEGER PRIMARY KEY, name BLOB UNIQUE)")

    def _rows(self, changes: Changes, height: int) -> list[tuple[bytes | int | None, ...]]:
        parts = [
            [key[at : at + 32] for key in changes.keys] for at in range(0, len(changes.keys[0]), 32)
        ]
        names = [(name,) for name in dict.fromkeys(name for part in parts for name in part)]
        execute = self._connection.execute
        self._connection.executemany("INSERT OR IGNORE INTO names (name) VALUES (?)", names)
        ids = {
            name: execute("SELECT id FROM names WHERE name = ?", (name,)).fetchone()[0]
            for (name,) in names
        }
        columns = [[ids[name] for name in part] for part in parts]
        heights = [height] * len(changes)
        return list(zip(*columns, changes.amounts, heights, strict=True))


class BareLmdb:
    """One key a link, put in the order of keys; reads what is there first."""

    def __init__(self, folder: Path) -> None:
        import lmdb

        self._environment = lmdb.open(str(folder / "bare"), map_size=16 << 30)

    def add(self, changes: Changes, height: int) -> Taken:
        begun = time.perf_counter()
        tail = height.to_bytes(_HEIGHT_BYTES, "little")
        transaction = self._environment.begin(write=True)
        pairs = sorted(zip(changes.keys, changes.amounts, strict=True))
        empty = bytes(16)
        found = [bytes(transaction.get(key, empty)) for key, _ in pairs]
        with transaction.cursor() as cursor:
            cursor.putmulti(
                (key, (int.from_bytes(old[:8], "little") + amount).to_bytes(8, "little") + tail)
                for (key, amount), old in zip(pairs, found, strict=True)
            )
        changed = time.perf_counter()
        transaction.commit()
        return Taken(changed - begun, time.perf_counter() - changed)

    def used_bytes(self) -> int:
        stat = self._environment.stat()
        return stat["psize"] * (stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"])

    def close(self) -> None:
        self._environment.close()


STORES: dict[str, type[Kept]] = {
    "focusmesh": Own,
    "bare LMDB": BareLmdb,
    "SQLite": Sqlite,
    "SQLite, digests as ids": SqliteIds,
}
