"""Databases of DuckDB, through the extra ``duckdb``: a table, a view or a query, without access to other files."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.source import file_errors
from focusmesh.engine.importers.typed_rows.databases import DatabaseTable, read_database
from focusmesh.errors import DamagedFileError, InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.typed_rows.cells import Cell
    from focusmesh.engine.links import LinkColumns

_MAGIC_AT, _MAGIC = 8, b"DUCK"
_SETTINGS = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
    "lock_configuration": "true",
}
"""A stranger's views reach no file and no network; what does not fit memory is not laid beside the file."""
_DAMAGE = re.compile(r"corrupt|checksum|not a valid|serializ|internal error|truncated", re.I)
_TABLES = """
    SELECT schema_name, table_name, false FROM duckdb_tables() WHERE NOT internal
    UNION ALL SELECT schema_name, view_name, true FROM duckdb_views() WHERE NOT internal
    ORDER BY ALL
"""
_USUAL_SCHEMA = "main"


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a table or query (see read_database). The file is opened for reading.

    Raises MissingExtraError without the extra ``duckdb``; InputError with DuckDB's words for an error of SQL, a locked
    file or one of a newer version; DamagedFileError for a broken one.
    """
    try:
        import duckdb
    except ImportError:
        raise MissingExtraError("duckdb", f"reading {path.suffix} files") from None
    with file_errors(path), path.open("rb") as file:
        head = file.read(_MAGIC_AT + len(_MAGIC))
    if not head.endswith(_MAGIC) or len(head) != _MAGIC_AT + len(_MAGIC):
        raise DamagedFileError(f"{path} is no database of DuckDB: bytes 9 to 12 are not DUCK")
    with _errors(path):
        opened = duckdb.connect(str(path.absolute()), read_only=True, config=dict(_SETTINGS))
    with opened as connection:
        return read_database(_Database(path, connection), reading)


def has_shape(path: Path) -> bool:
    """Whether a file is a database of DuckDB: ``.db`` may be anything, the other suffix says so itself."""
    if path.suffix.lower() != ".db":
        return True
    try:
        with path.open("rb") as file:
            return file.read(_MAGIC_AT + len(_MAGIC))[_MAGIC_AT:] == _MAGIC
    except OSError:
        return False


class _Database:
    """A connection that reads."""

    def __init__(self, path: Path, connection: Any) -> None:
        self._path = path
        self._connection = connection

    def tables(self) -> list[DatabaseTable]:
        with _errors(self._path):
            listed = self._connection.execute(_TABLES).fetchall()
            columns: dict[tuple[str, str], list[str]] = {}
            held = "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE NOT internal"
            for schema, table, column in self._connection.execute(held).fetchall():
                columns.setdefault((schema, table), []).append(column)
        return [
            DatabaseTable(name, tuple(columns.get((schema, name), ())), _schema(schema), is_view)
            for schema, name, is_view in listed
        ]

    def select(self, query: str) -> Sequence[str]:
        with _errors(self._path):
            if len(self._connection.extract_statements(query)) != 1:
                raise InputError(f"{self._path}: one query is asked at a time")
            # DuckDB looks for signals between its tasks alone, and one may take hours: this thread sees Ctrl-C.
            with ThreadPoolExecutor(1) as thread:
                asked = thread.submit(self._connection.execute, query)
                try:
                    asked.result()
                except KeyboardInterrupt:
                    self._connection.interrupt()
                    raise
            return [column[0] for column in self._connection.description or ()]

    def fetch(self, count: int) -> Sequence[Sequence[Cell]]:
        with _errors(self._path):
            found: list[tuple[Cell, ...]] = self._connection.fetchmany(count)
            return found


def _schema(name: str) -> str:
    return "" if name == _USUAL_SCHEMA else name


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """Turns what DuckDB says into InputError, or DamagedFileError where it says that of the file."""
    import duckdb

    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except (duckdb.Error, UnicodeDecodeError, MemoryError) as error:
        said = str(error).strip()
        if _DAMAGE.search(said):
            raise DamagedFileError(f"{path} is damaged: {said}") from error
        raise InputError(f"{path}: DuckDB says: {said}") from error
    except RuntimeError as error:
        if "interrupt" in str(error).casefold():
            raise KeyboardInterrupt from None
        raise InputError(f"{path}: DuckDB says: {error}") from error


IMPORTER = Importer(
    name="duckdb",
    suffixes=(".duckdb", ".db"),
    summary="database of DuckDB: the table with columns source, target[, …], or --table NAME, --table 'SELECT …'",
    read=read,
    compressed=False,
    shape=has_shape,
    has_tables=True,
)
