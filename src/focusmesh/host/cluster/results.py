"""A focus as a folder of Parquet files, one a part, written by the workers; what closes it is ``_focus.json``."""

from __future__ import annotations

import json
import posixpath
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.errors import FileError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.engine.cluster import PartGraph
    from focusmesh.engine.support.arrays import FloatArray

CLOSING = "_focus.json"
"""Written last: a folder without it is not complete."""
_ROWS = 1 << 18


@dataclass(frozen=True, slots=True)
class ScoreFile:
    """One file of a folder of results."""

    file: str
    particles: int
    bytes: int


def write_part(graph: PartGraph, folder: str, rank: int, kind: str) -> ScoreFile:
    """``part-NNNNN.parquet`` with the columns ``particle`` and ``score``, rows as in the part; whole or not at all.

    ``kind`` of the names is "int64", "binary" or "string" (what is neither is written as text).

    ``folder`` is a path or any URL that fsspec knows. Raises FileError, such as for a full disk.
    """
    system, root = _file_system(folder)
    name = f"part-{rank:05d}.parquet"
    place, half = posixpath.join(root, name), posixpath.join(root, f".{name}.half")
    try:
        system.makedirs(root, exist_ok=True)
        with system.open(half, "wb") as stream:
            count = _write(graph, stream, kind)
        size = int(system.size(half))
        system.mv(half, place)
    except OSError as error:
        _forget(system, half)
        raise FileError(
            f"{place}: the scores of part {rank} could not be written: {error.strerror or error}; make room or "
            "choose another folder, and write them again"
        ) from error
    return ScoreFile(name, count, size)


def close_folder(folder: str, told: dict[str, Any], files: Sequence[ScoreFile]) -> None:
    """Writes ``_focus.json``: the bound and what else is known of the focus, and its files."""
    system, root = _file_system(folder)
    content = {**told, "files": [asdict(file) for file in files]}
    place = posixpath.join(root, CLOSING)
    try:
        for stale in system.glob(posixpath.join(root, "part-*.parquet")):
            if posixpath.basename(stale) not in {file.file for file in files}:
                system.rm_file(stale)
        with system.open(place, "wb") as stream:
            stream.write(json.dumps(content, indent=1).encode() + b"\n")
    except OSError as error:
        raise FileError(f"{place}: could not be written: {error.strerror or error}") from error


def open_folder(folder: str) -> None:
    """Takes away the ``_focus.json`` of an earlier focus, so that nobody takes old and new files for one result.

    Raises FileError.
    """
    system, root = _file_system(folder)
    try:
        _forget(system, posixpath.join(root, CLOSING))
    except OSError as error:
        raise _unwritable(folder, error) from error


def verify_writable(folder: str) -> None:
    """Raises FileError unless files can be written to ``folder``, which is made: before work that ends there begins."""
    system, root = _file_system(folder)
    probe = posixpath.join(root, ".focusmesh.half")
    try:
        system.makedirs(root, exist_ok=True)
        with system.open(probe, "wb") as stream:
            stream.write(b"probe")
        system.rm_file(probe)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: str, error: OSError) -> FileError:
    return FileError(
        f"{folder}: scores cannot be written there: {error.strerror or error}; choose another folder"
    )


def _write(graph: PartGraph, stream: Any, kind: str) -> int:
    arrow, parquet = _arrow()
    schema = arrow.schema([("particle", getattr(arrow, kind)()), ("score", arrow.float64())])
    count = 0
    with parquet.ParquetWriter(stream, schema) as writer:
        for names, scores in graph.rows(_ROWS):
            told = [str(name) for name in names] if kind == "string" else names
            writer.write_table(arrow.table({"particle": told, "score": scores}, schema=schema))
            count += len(scores)
    return count


def read_scores(folder: str) -> Iterator[tuple[list[Any], FloatArray]]:
    """Names and scores of a folder that is complete, file by file; raises FileError for one that is not."""
    system, root = _file_system(folder)
    _, parquet = _arrow()
    try:
        content = json.loads(system.cat_file(posixpath.join(root, CLOSING)))
        for file in content["files"]:
            with system.open(posixpath.join(root, file["file"]), "rb") as stream:
                table = parquet.read_table(stream)
            if table.num_rows != file["particles"]:
                raise FileError(
                    f"{file['file']}: has {table.num_rows} rows, not {file['particles']}"
                )
            yield table["particle"].to_pylist(), np.asarray(table["score"])
    except FileNotFoundError as error:
        raise FileError(f"{folder}: is not a complete folder of scores: {error}") from error


def _forget(system: Any, place: str) -> None:
    if system.exists(place):
        system.rm_file(place)


def _file_system(folder: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError:
        raise MissingExtraError("cluster", "writing scores by workers") from None
    system, root = fsspec.core.url_to_fs(folder)
    return system, str(root)


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtraError("cluster", "writing scores by workers") from None
    return pa, pq
