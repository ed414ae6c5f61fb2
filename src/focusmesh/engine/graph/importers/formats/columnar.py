"""Parquet and Arrow IPC (Feather) files, through the extra ``arrow``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from focusmesh.engine.graph.importers.registry import Importer
from focusmesh.engine.graph.importers.source import file_errors
from focusmesh.errors import DamagedFileError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.graph.importers.reading import Reading
    from focusmesh.engine.graph.links import LinkColumns

_BATCH_ROWS = 1 << 16
_PARQUET, _IPC_FILE = b"PAR1", b"ARROW1"
_PANIC = "PanicException"


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a table file (or texts, see columns_from_arrow), batch by batch; types are kept, rows count from 1.

    Raises MissingExtraError without the extra ``arrow``, DamagedFileError for a file that is cut or corrupt.
    """
    from focusmesh.engine.graph.arrow import columns_from_arrow

    throttle = reading.throttle(None, "rows")

    def tell(done: int) -> None:
        reading.line_count = done
        throttle.at(done)

    with _damage(path):
        columns = columns_from_arrow(_batches(path), reading.columns, reading.refuse, tell)
    throttle.finish(reading.line_count)
    return columns


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
    "particle, text",
    read=read,
    compressed=False,
)
