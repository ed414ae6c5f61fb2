"""What a folder of parts was made of, beside its manifest: so that nobody takes it for the parts of other tables."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from focusmesh.engine.support.files import whole_file
from focusmesh.errors import FileError
from focusmesh.host.cluster.partitioning.tables import find_tables

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

SOURCE = "source.json"


def told_of(path: str) -> dict[str, Any]:
    """What is told of a graph file: another one where it was written again. Raises FileError."""
    try:
        found = Path(path).stat()
    except OSError as error:
        raise FileError(f"cannot open {path}: {error.strerror or error}") from error
    return {"graph": str(Path(path).absolute()), "version": f"{found.st_size}-{found.st_mtime_ns}"}


def drop_source(folder: str | os.PathLike[str]) -> None:
    """From now on nobody knows what the parts are of, if there is such a folder."""
    with suppress(NotADirectoryError):
        Path(folder, SOURCE).unlink(missing_ok=True)


def write_source(folder: str | os.PathLike[str], told: Mapping[str, Any]) -> None:
    """Keeps what the parts were made of; raises FileError."""
    with whole_file(Path(folder, SOURCE)) as file:
        file.write(_bytes(told))


def is_made_of(
    folder: str | os.PathLike[str],
    paths: Sequence[str],
    columns: Mapping[str, str],
    graph_suffix: str,
) -> bool | None:
    """Whether the parts in a folder were made of these tables, or this graph file, as they are now; None: nobody knows.

    Reads the footers of tables alone. Raises as ``find_tables``.
    """
    try:
        kept = Path(folder, SOURCE).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"cannot read {Path(folder, SOURCE)}: {error.strerror or error}") from error
    is_graph = len(paths) == 1 and paths[0].endswith(graph_suffix)
    told = told_of(paths[0]) if is_graph else find_tables(paths, columns, {}).fingerprint()
    return kept == _bytes(told)


def _bytes(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True).encode() + b"\n"
