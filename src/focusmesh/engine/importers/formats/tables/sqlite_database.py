"""Databases of SQLite: a table, a view or a query. The file is opened for reading, and its schema is not trusted."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.source import LINE_BYTES_MAX, file_errors
from focusmesh.engine.importers.typed_rows.databases import DatabaseTable, read_database
from focusmesh.errors import DamagedFileError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.typed_rows.cells import Cell
    from focusmesh.engine.links import LinkColumns

_MAGIC = b"SQLite format 3\0"
_JOURNAL_MODE_AT, _WAL = 18, 2
_DAMAGE = {"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT", "SQLITE_IOERR"}
_STEPS_BETWEEN_SIGNALS = 100_000
"""So often SQLite calls Python, which then sees Ctrl-C; SQLite says _INTERRUPTED, as nobody else ends a query."""
_INTERRUPTED = "SQLITE_INTERRUPT"


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a table or query (see read_database). Nothing is written, and no other file is opened.

    Raises InputError with SQLite's words for an error of SQL or a locked file, DamagedFileError for a broken one.
    """
    with file_errors(path), path.open("rb") as file:
        head = file.read(_JOURNAL_MODE_AT + 2)
    if not head.startswith(_MAGIC):
        raise DamagedFileError(
            f"{path} is no database of SQLite: it does not begin with 'SQLite format 3'"
        )
    with _Database(path, _uri(path, head)) as database:
        return read_database(database, reading)


def has_shape(path: Path) -> bool:
    """Whether a file is a database of SQLite: ``.db`` may be anything, other suffixes say so themselves."""
    if path.suffix.lower() != ".db":
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


class _Database:
    """A connection that reads, ready for Ctrl-C, with texts that are not UTF-8 in surrogates."""

    def __init__(self, path: Path, uri: str) -> None:
        self._path = path
        with self._errors():
            self._connection = sqlite3.connect(uri, uri=True)
        self._cursor = self._connection.cursor()

    def __enter__(self) -> _Database:
        connection = self._connection
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LINE_BYTES_MAX)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_progress_handler(lambda: 0, _STEPS_BETWEEN_SIGNALS)
        with self._errors():
            for rule in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
                connection.execute(f"PRAGMA {rule}")
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def tables(self) -> list[DatabaseTable]:
        listing = (
            "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        )
        with self._errors():
            listed = self._connection.execute(listing).fetchall()
        return [
            DatabaseTable(name, self._columns(name), is_view=kind == "view")
            for name, kind in listed
        ]

    def select(self, query: str) -> Sequence[str]:
        with self._errors():
            self._cursor.execute(query)
        return [column[0] for column in self._cursor.description or ()]

    def fetch(self, count: int) -> Sequence[Sequence[Cell]]:
        with self._errors():
            return self._cursor.fetchmany(count)

    def _columns(self, table: str) -> tuple[str, ...]:
        """The columns of a table; none of a view that cannot be used."""
        with self._errors():
            try:
                found = self._connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
                with closing(found):
                    return tuple(str(name) for (name,) in found)
            except sqlite3.OperationalError:
                return ()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            name = str(getattr(error, "sqlite_errorname", ""))
            if name == _INTERRUPTED:
                raise KeyboardInterrupt from None
            if name.startswith(tuple(_DAMAGE)):
                raise DamagedFileError(f"{self._path} is damaged: {error}") from error
            raise InputError(f"{self._path}: SQLite says: {error}") from error
        except sqlite3.Warning as error:
            raise InputError(f"{self._path}: SQLite says: {error}") from error
        except UnicodeError as error:
            raise InputError(f"{self._path}: a name is not UTF-8: {error}") from error
        except (ValueError, OverflowError, MemoryError) as error:
            raise InputError(f"{self._path}: the query cannot be asked: {error}") from error


def _uri(path: Path, head: bytes) -> str:
    """How the file is opened: for reading.

    In the mode of a write-ahead log SQLite would make files beside it even so. Where there is no log nobody writes, and
    the file is opened as one that does not change.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    has_log = path.with_name(f"{path.name}-wal").exists()
    return f"{uri}&immutable=1" if _WAL in head[_JOURNAL_MODE_AT:] and not has_log else uri


IMPORTER = Importer(
    name="sqlite",
    suffixes=(".sqlite", ".sqlite3", ".db"),
    summary="database of SQLite: the table with columns source, target[, …], or --table NAME, --table 'SELECT …'",
    read=read,
    compressed=False,
    shape=has_shape,
    has_tables=True,
)
