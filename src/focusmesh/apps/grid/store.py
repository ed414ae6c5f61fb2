"""Where arrays, their histories and what else a grid keeps lie: one protocol, whatever holds the bytes.

Stores in memory are here; those in a file and on a server are the interface's. All of them run the same tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

SCHEMA_VERSION = 1
"""What a store on a disk or a server is laid out as; one of a later version is refused."""


class KeptCommit(msgspec.Struct, frozen=True):
    """A commit as it is kept: its canonical bytes, and the certificate over its id, which may be empty."""

    height: int
    content: bytes
    certificate: bytes = b""


class KeptTile(NamedTuple):
    """A tile as a commit wrote it. ``digest`` is that of its bytes, which are empty where the commit emptied it."""

    key: int
    digest: bytes
    content: bytes


class Run(msgspec.Struct, frozen=True):
    """Something that an instance was asked for, and what came of it. Times are in milliseconds since 1970.

    ``name`` is the store's key, such as a request's id; a run that is put again takes the place of what was.
    """

    name: str
    instance: str
    operation: str
    begun: int
    ended: int | None = None
    status: str = "running"
    request: bytes = b""
    result: bytes = b""


class ArrayReader(Protocol):
    """One moment of a store. Arrays have names; contents are never looked into.

    What was read is what was written, but for the contents of tiles: whoever reads those holds them against the digest.
    """

    def arrays(self) -> list[str]:
        """The names of all arrays that have a commit, sorted."""
        ...

    def height(self, array: str) -> int | None:
        """The height of the last commit, None where there is no such array."""
        ...

    def floor(self, array: str) -> int:
        """The least height whose tiles are all kept: 0 unless ``prune`` raised it."""
        ...

    def commits(self, array: str, first: int = 0, last: int | None = None) -> list[KeptCommit]:
        """Commits from height ``first`` to ``last`` (the last one), both included, by height."""
        ...

    def tiles_written(self, array: str, height: int) -> Iterator[KeptTile]:
        """The tiles that one commit wrote, by key."""
        ...

    def tile(self, array: str, key: int, height: int) -> KeptTile | None:
        """A tile as of a height, None where it was empty."""
        ...

    def tiles(self, array: str, height: int) -> Iterator[KeptTile]:
        """All tiles that are not empty as of a height, by key."""
        ...

    def digests(self, array: str, height: int) -> list[tuple[int, bytes]]:
        """Keys and digests of all tiles that are not empty as of a height, by key; no tile is read."""
        ...

    def record(self, kind: str, name: str) -> bytes | None:
        """What else a grid keeps, such as a model, None where there is none of that name."""
        ...

    def kinds(self) -> list[str]:
        """The kinds of records that there are, sorted."""
        ...

    def records(self, kind: str) -> dict[str, bytes]:
        """All records of a kind, by name, sorted."""
        ...

    def runs(self, instance: str | None = None, limit: int = 100) -> list[Run]:
        """Runs, newest first: of one instance, or of all."""
        ...


class ArrayWriter(ArrayReader, Protocol):
    """A transaction; it reads what it has written itself."""

    def put_commit(self, array: str, commit: KeptCommit, tiles: Sequence[KeptTile]) -> None:
        """Appends a commit and the tiles that it writes, keys ascending.

        Raises GridError ``"conflict"`` unless the height is the next one.
        """
        ...

    def put_record(self, kind: str, name: str, content: bytes) -> None:
        """Sets a record."""
        ...

    def delete_record(self, kind: str, name: str) -> None:
        """Removes a record; one that is not there is passed over."""
        ...

    def put_run(self, run: Run) -> None:
        """Sets a run, by its name."""
        ...

    def prune(self, array: str, height: int) -> int:
        """Deletes tiles that a later tile up to ``height`` took the place of; commits stay. Gives how many went."""
        ...


class ArrayStore(Protocol):
    """A store that is open. It may be used from any thread; one at a time has a moment or a transaction of it.

    Every method raises GridError: ``"server"`` where a server is gone (the next use connects again), ``"password"``
    where it refuses, ``"damaged"`` for what is not as it was written; StoreError where a file cannot be used.
    """

    def read(self) -> AbstractContextManager[ArrayReader]:
        """What was committed last, the same for as long as the block runs."""
        ...

    def write(self) -> AbstractContextManager[ArrayWriter]:
        """A transaction: durable when the block ends, without a trace when it is left by an exception."""
        ...

    def claim(self, array: str) -> None:
        """Makes this store the only one that commits to an array, until it is closed.

        Raises StoreBusyError where another process or another store of this one does.
        """
        ...

    def close(self) -> None:
        """Gives everything back. Closing again does nothing."""
        ...
