"""Parquet tables under any fsspec path: which there are, their columns, and how they are cut into blocks of rows."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from focusmesh.engine.cluster import BLOCK_ROWS
from focusmesh.engine.links import required_roles
from focusmesh.errors import DamagedFileError, FileError, InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SUFFIXES = (".parquet", ".pq")


@dataclass(frozen=True)
class Table:
    """One Parquet file: ``url``, how it is shown (``name``), rows, the columns of each role, and ``version``: what
    changes when the file does.
    """

    url: str
    name: str
    rows: int
    columns: Mapping[str, str]
    integers: bool
    version: str


@dataclass(frozen=True)
class BlockSpan:
    """Rows of one table: ``count`` of them after ``skip`` rows of the row group ``group``, the ``first``-th of all."""

    table: int
    group: int
    skip: int
    first: int
    count: int


@dataclass(frozen=True)
class TableSet:
    """The tables in their order and the blocks to read; ``options`` go to the file system (keys, endpoints)."""

    tables: tuple[Table, ...]
    blocks: tuple[BlockSpan, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def integers(self) -> bool:
        """Whether every name is an integer."""
        return all(table.integers for table in self.tables)

    def fingerprint(self) -> dict[str, Any]:
        """What has to be the same for pieces of work to be used again."""
        return {
            "tables": [[table.url, table.version, dict(table.columns)] for table in self.tables],
            "rows": self.rows,
        }


def find_tables(
    paths: Sequence[str],
    columns: Mapping[str, str],
    options: Mapping[str, Any],
    block_rows: int = BLOCK_ROWS,
) -> TableSet:
    """The tables of files, folders and globs, in the order given, files of a folder by name; reads their footers alone.

    Raises FileError, DamagedFileError, InputError for columns that are not there, MissingExtraError without the
    extra ``cluster``.
    """
    fsspec, parquet = _extras()
    tables: list[Table] = []
    blocks: list[BlockSpan] = []
    for path in paths:
        filesystem, found = _files(fsspec, path, options)
        for at in found:
            with open_parquet(parquet, filesystem, at) as file:
                table = _table(file, filesystem, at, columns)
                blocks += _spans(file.metadata, len(tables), block_rows)
                tables.append(table)
    if not blocks:
        raise InputError(f"{', '.join(paths)}: the tables have no rows")
    return TableSet(tuple(tables), tuple(blocks), dict(options))


@contextmanager
def open_parquet(parquet: Any, filesystem: Any, path: str) -> Iterator[Any]:
    """A Parquet file, its footer read. Raises FileError, DamagedFileError."""
    import pyarrow as pa

    try:
        with filesystem.open(path, "rb") as raw, parquet.ParquetFile(raw) as file:
            yield file
    except pa.ArrowException as error:
        raise DamagedFileError(f"{path} cannot be read as a table: {error}") from error
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot read {path}: {error.strerror or error}") from error


def parquet_of(url: str, options: Mapping[str, Any]) -> tuple[Any, Any, str]:
    """pyarrow.parquet, the file system of a URL, and the path there."""
    fsspec, parquet = _extras()
    filesystem, path = fsspec.core.url_to_fs(url, **options)
    return parquet, filesystem, path


def _extras() -> tuple[Any, Any]:
    try:
        import fsspec
        import pyarrow.parquet as parquet
    except ImportError:
        raise MissingExtraError("cluster", "partitioning Parquet tables") from None
    return fsspec, parquet


def _files(fsspec: Any, path: str, options: Mapping[str, Any]) -> tuple[Any, list[str]]:
    try:
        filesystem, at = fsspec.core.url_to_fs(path, **options)
        if any(sign in at for sign in "*?["):
            found = filesystem.glob(at)
        elif filesystem.isdir(at):
            found = [each for suffix in SUFFIXES for each in filesystem.glob(f"{at}/**/*{suffix}")]
        else:
            found = [at] if filesystem.exists(at) else []
    except (ImportError, ValueError, OSError) as error:
        raise FileError(f"cannot look into {path}: {error}") from error
    kept = sorted({each for each in found if not each.rsplit("/", 1)[-1].startswith(("_", "."))})
    if not kept:
        raise FileError(f"{path}: there is no Parquet file (*.parquet, *.pq)")
    return filesystem, kept


def _table(file: Any, filesystem: Any, path: str, columns: Mapping[str, str]) -> Table:
    import pyarrow as pa

    schema = file.schema_arrow
    roles = required_roles(schema.names, columns, path)
    if "target" not in roles:
        raise InputError(
            f"{path} describes particles and has no links; its columns: {', '.join(schema.names)}"
        )
    named: dict[str, str] = {
        role: schema.names[roles[role]] for role in ("source", "target", "weight") if role in roles
    }
    kinds = {role: _kind(pa, schema.field(name).type, role, path) for role, name in named.items()}
    info = filesystem.info(path)
    marks = (info.get(key) for key in ("size", "mtime", "ETag", "etag", "LastModified", "created"))
    return Table(
        url=filesystem.unstrip_protocol(path),
        name=path,
        rows=file.metadata.num_rows,
        columns=named,
        integers=kinds["source"] == kinds["target"] == "integer",
        version=repr([str(mark) for mark in marks if mark is not None]),
    )


def _kind(pyarrow: Any, found: Any, role: str, path: str) -> str:
    """What a column holds; raises InputError, as for a single machine, where that is no name or no number."""
    types = pyarrow.types
    if types.is_dictionary(found):
        found = found.value_type
    if role == "weight":
        numeric = types.is_integer(found) or types.is_floating(found) or types.is_decimal(found)
        if not (numeric or types.is_null(found)):
            raise InputError(f"the weight column of {path} has type {found}: weights are numbers")
        return "number"
    if types.is_integer(found):
        return "integer"
    text = (types.is_string, types.is_large_string, types.is_string_view, types.is_null)
    if not any(check(found) for check in text):
        raise InputError(
            f"the {role} column of {path} has type {found}: names are integers or strings"
        )
    return "text"


def _spans(metadata: Any, table: int, block_rows: int) -> list[BlockSpan]:
    """Row groups cut into blocks, small ones put together."""
    spans: list[BlockSpan] = []
    first = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        last = spans[-1] if spans else None
        if last is not None and last.skip == 0 and last.count + rows <= block_rows:
            spans[-1] = BlockSpan(table, last.group, 0, last.first, last.count + rows)
        else:
            spans += [
                BlockSpan(table, group, skip, first + skip, min(block_rows, rows - skip))
                for skip in range(0, rows, block_rows)
            ]
        first += rows
    return spans
