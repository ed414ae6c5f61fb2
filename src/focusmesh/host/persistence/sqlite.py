"""A grid's store in a folder: one SQLite file, and a lock that says which process commits to it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from focusmesh.errors import FileError, GridError, StoreBusyError, StoreError
from focusmesh.host.persistence.sql_store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from focusmesh.host.persistence.tables import Connection

FILE = "grid.sqlite"
LOCK = "lock"
_BUSY_SECONDS = 5.0
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def open_sqlite(folder: Path, *, create: bool) -> SqlStore:
    """The store in a folder. Raises FileError where there is none and none is to be made."""
    file = folder / FILE
    if not file.is_file():
        if not create:
            raise FileError(f"{folder} holds no grid; `focusmesh grid create {folder}` makes one")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} cannot be made: {error.strerror}") from error
    return SqlStore(SqliteDatabase(folder))


class SqliteDatabase:
    """See Database. A transaction is written beside the file (WAL) and synced to the disk."""

    begin_reading = "BEGIN"
    begin_writing = "BEGIN IMMEDIATE"

    def __init__(self, folder: Path) -> None:
        self.name = str(folder / FILE)
        self._folder = folder
        self._lock: int | None = None

    def connect(self) -> Connection:
        """See Database.connect."""
        with self.translate_errors():
            connection = sqlite3.connect(
                self.name, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                # What was damaged is found when it is read, and not after it was written on.
                connection.execute("PRAGMA cell_size_check = ON")
            except BaseException:
                connection.close()
                raise
            return _SqliteConnection(connection)

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """See Database.translate_errors."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _error(self, error: sqlite3.Error) -> Exception:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGED:
            return GridError("damaged", f"{self.name}: {error}: restore a backup of the store")
        if code in _BUSY:
            return StoreBusyError(f"another process is writing to {self.name}: try again")
        return StoreError(f"{self.name} cannot be used: {error}")

    def has_tables(self, connection: Connection) -> bool:
        """See Database.has_tables."""
        return bool(connection.run("SELECT 1 FROM sqlite_master WHERE name = 'about'"))

    def make_tables(self, connection: Connection, statements: tuple[str, ...]) -> None:
        """See Database.make_tables."""
        for statement in statements:
            connection.run(statement.replace("BYTEA", "BLOB"))

    def claim(self, connection: Connection, array: str) -> None:
        """See Database.claim. Whoever claims one array of a folder has all of them."""
        if self._lock is not None:
            return
        path = self._folder / LOCK
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"{path} cannot be made: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(file, 20, 0).decode("ascii", "replace") or "unknown"
            os.close(file)
            raise StoreBusyError(
                f"process {holder} has the grid in {self._folder}: stop it, or send your requests to it"
            ) from error
        os.truncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._lock = file

    def release(self, connection: Connection | None) -> None:
        """See Database.release."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class _SqliteConnection:
    """See Connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, **values: Any) -> Sequence[Sequence[Any]]:
        return self._connection.execute(sql, values).fetchall()

    def add(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        marks = ", ".join("?" for _ in columns)
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        self._connection.executemany(sql, rows)

    def close(self) -> None:
        self._connection.close()
