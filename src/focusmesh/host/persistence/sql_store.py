"""A store of arrays over a database: one connection, which one thread at a time has, opened again where it was lost."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from threading import RLock
from typing import TYPE_CHECKING, Protocol

from focusmesh.apps.grid import SCHEMA_VERSION
from focusmesh.errors import GridError
from focusmesh.host.persistence.tables import TABLES, Tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from focusmesh.apps.grid import ArrayReader, ArrayWriter
    from focusmesh.host.persistence.tables import Connection


class Database(Protocol):
    """What databases do in their own ways."""

    name: str
    """How messages call it; without any secret."""
    begin_reading: str
    begin_writing: str

    def connect(self) -> Connection:
        """Raises GridError, StoreError."""
        ...

    def translate_errors(self) -> AbstractContextManager[None]:
        """Raises GridError or StoreError in place of the database's own errors."""
        ...

    def has_tables(self, connection: Connection) -> bool:
        """Whether a store's tables are there."""
        ...

    def make_tables(self, connection: Connection, statements: tuple[str, ...]) -> None:
        """Makes them, within a transaction."""
        ...

    def claim(self, connection: Connection, array: str) -> None:
        """See ArrayStore.claim."""
        ...

    def release(self, connection: Connection | None) -> None:
        """Gives back all claims; ``connection`` is closed next. Raises nothing."""
        ...


class SqlStore:
    """See ArrayStore."""

    def __init__(self, database: Database) -> None:
        """Makes the tables where there are none. Raises GridError (``"schema"`` for those of another version)."""
        self._database = database
        self._lock = RLock()
        self._connection: Connection | None = None
        self._tables: Tables | None = None
        self._claimed: set[str] = set()
        with self._lock:
            self._connect()

    @contextmanager
    def read(self) -> Iterator[ArrayReader]:
        """See ArrayStore.read."""
        with self._transaction(self._database.begin_reading, "ROLLBACK") as tables:
            yield tables

    @contextmanager
    def write(self) -> Iterator[ArrayWriter]:
        """See ArrayStore.write."""
        with self._transaction(self._database.begin_writing, "COMMIT") as tables:
            yield tables

    def claim(self, array: str) -> None:
        """See ArrayStore.claim."""
        with self._lock:
            connection = self._connect()
            with self._lost_at_errors():
                self._database.claim(connection, array)
            self._claimed.add(array)

    def close(self) -> None:
        """See ArrayStore.close."""
        with self._lock:
            self._database.release(self._connection)
            self._disconnect()

    @contextmanager
    def _transaction(self, begin: str, end: str) -> Iterator[Tables]:
        with self._lock:
            if self._tables is not None:
                # One that is open already: what is asked within it is part of it.
                yield self._tables
                return
            connection = self._connect()
            with self._lost_at_errors():
                connection.run(begin)
            self._tables = Tables(connection)
            try:
                with self._lost_at_errors():
                    yield self._tables
                    connection.run(end)
            except BaseException:
                self._take_back()
                raise
            finally:
                self._tables = None

    def _take_back(self) -> None:
        """A connection that cannot even do this is of no further use: the server takes back what it had begun."""
        if self._connection is not None:
            try:
                with self._database.translate_errors():
                    self._connection.run("ROLLBACK")
            except (GridError, OSError):
                self._disconnect()

    @contextmanager
    def _lost_at_errors(self) -> Iterator[None]:
        try:
            with self._database.translate_errors():
                yield
        except GridError as error:
            if error.code == "server":
                self._disconnect()
            raise
        except KeyboardInterrupt:
            # The rest of an answer that nobody waited for would be taken for that to the next question.
            self._disconnect()
            raise

    def _connect(self) -> Connection:
        if self._connection is None:
            connection = self._database.connect()
            try:
                with self._database.translate_errors():
                    self._prepare(connection)
                    for array in sorted(self._claimed):
                        self._database.claim(connection, array)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _prepare(self, connection: Connection) -> None:
        if not self._database.has_tables(connection):
            insert = f"INSERT INTO about VALUES ('schema_version', '{SCHEMA_VERSION}')"
            try:
                connection.run(self._database.begin_writing)
                if not self._database.has_tables(connection):
                    self._database.make_tables(connection, (*TABLES, insert))
                connection.run("COMMIT")
            except BaseException:
                with suppress(Exception):
                    connection.run("ROLLBACK")
                raise
        rows = connection.run("SELECT value FROM about WHERE name = 'schema_version'")
        found = rows[0][0] if rows else "none"
        if found != str(SCHEMA_VERSION):
            raise GridError(
                "schema",
                f"{self._database.name} has tables of version {found}, this focusmesh uses version "
                f"{SCHEMA_VERSION}: use the focusmesh that made them, or another place",
            )
