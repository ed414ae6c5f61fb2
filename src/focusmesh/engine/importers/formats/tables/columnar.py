"""Parquet and Arrow IPC (Feather) files, or folders of parts, through the extra ``arrow``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from focusmesh.engine.importers.folders import files_under
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.source import file_errors
from focusmesh.engine.importers.text_rows.table_header import (
    note_passed_over,
    note_properties,
    note_roles,
)
from focusmesh.errors import DamagedFileError, InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import ArrowLinks, LinkColumns

_BATCH_ROWS = 1 << 16
_PARQUET, _IPC_FILE = b"PAR1", b"ARROW1"
_PANIC = "PanicException"
_NULL = "__HIVE_DEFAULT_PARTITION__"
_LOGS = {"_delta_log": "Delta Lake", ".hoodie": "Hudi", "metadata/*.metadata.json": "Iceberg"}
"""What lies in folders whose files are not all of the table, as it is now."""


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a table file (or texts, see columns_from_arrow), batch by batch; types are kept, rows count from 1.

    A folder is one table in parts: its files in sorted order, without those whose names begin with a dot or ``_``. Of
    folders ``key=value`` (Hive) the key is a column, unless the file has it. Raises MissingExtraError without the extra
    ``arrow``, DamagedFileError for a file that is cut or corrupt, InputError for parts with different columns.
    """
    parts = _parts(path, reading)
    throttle = reading.throttle(None, "rows")
    links = None
    for part in parts:
        links = links or _links(part, reading)
        before = reading.line_count

        def tell(done: int, before: int = before) -> None:
            reading.line_count = before + done
            throttle.at(reading.line_count)

        def refuse(row: int, reason: str, part: Path = part) -> None:
            reading.refuse(row, reason, str(part))

        with _damage(part):
            links.add(_batches(part), str(part), _keys(part, path), refuse, tell)
    if links is None:
        raise InputError(f"{path} has no files of tables ({', '.join(IMPORTER.suffixes)})")
    throttle.finish(reading.line_count)
    found = links.columns()
    reading.warn_of(links.refusals.warnings())
    note_roles(links.roles, reading)
    note_properties(links.more, reading)
    note_passed_over(links.passed_over, reading)
    reading.note_names(found.particles.kind)
    return found


def _links(part: Path, reading: Reading) -> ArrowLinks:
    """No links yet; raises MissingExtraError without the extra ``arrow``."""
    from focusmesh.engine.links import ArrowLinks

    try:
        return ArrowLinks(reading.columns)
    except MissingExtraError:
        raise MissingExtraError("arrow", f"reading {part.suffix} files") from None


def _parts(path: Path, reading: Reading) -> list[Path]:
    """The files of a table: one, or those of a folder."""
    if not path.is_dir():
        return [path]
    for log, name in _LOGS.items():
        if any(path.glob(log)):
            raise InputError(
                f"{path} is a table of {name}: which of its files count only its log says; write it as plain Parquet"
            )
    found = files_under(path, IMPORTER.suffixes, (*reading.exclude, "_*"), reading)
    reading.note(f"{len(found):,} file{'s' if len(found) != 1 else ''}")
    return found


def _keys(part: Path, root: Path) -> dict[str, str]:
    """The columns that the folders between a part and its root say, as Hive writes them."""
    if part == root:
        return {}
    pairs = (folder.partition("=") for folder in part.relative_to(root).parts[:-1])
    return {
        unquote(key): "" if value == _NULL else unquote(value)
        for key, is_pair, value in pairs
        if is_pair
    }


def _batches(path: Path) -> Any:
    try:
        import arro3.io as arrow_files
    except ImportError:
        raise MissingExtraError("arrow", f"reading {path.suffix} files") from None
    with file_errors(path), path.open("rb") as file:
        head = file.read(len(_IPC_FILE))
        file.seek(-min(len(_PARQUET), file.seek(0, 2)), 2)
        tail = file.read()
    if head.startswith(_PARQUET):
        # The library ends in a panic, with a trace on stderr, where this is missing.
        if tail != _PARQUET:
            raise DamagedFileError(f"{path} is cut short: Parquet ends with {_PARQUET.decode()}")
        return arrow_files.read_parquet(path, batch_size=_BATCH_ROWS)
    if head == _IPC_FILE:
        return arrow_files.read_ipc(path)
    if path.suffix.lower() == ".parquet":
        raise DamagedFileError(f"{path} is no Parquet file: it does not begin with PAR1")
    return arrow_files.read_ipc_stream(path)


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Turns what the table library says about a file into DamagedFileError."""
    try:
        yield
    except BaseException as error:
        foreign = type(error).__module__.startswith(("arro3", "pyo3")) or type(error) is Exception
        if not foreign and type(error).__name__ != _PANIC:
            raise
        raise DamagedFileError(f"{path} cannot be read as a table: {error}") from error


IMPORTER = Importer(
    name="table",
    suffixes=(".parquet", ".pq", ".arrow", ".arrows", ".feather", ".ipc"),
    summary="Parquet or Arrow IPC table with columns source, target[, weight, relation, author, time, text], or "
    "particle, text; a file, or a folder of parts",
    read=read,
    compressed=False,
    directory=True,
    alone=True,
    names=("_SUCCESS", "_metadata", "_common_metadata"),
)
