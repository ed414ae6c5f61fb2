"""The way in: a path becomes link columns and a report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.engine.graph.importers.reading import Reading
from focusmesh.engine.graph.importers.registry import importer_of
from focusmesh.engine.graph.importers.report import ImportReport
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from focusmesh.engine.graph.links import LinkColumns
    from focusmesh.engine.progress import Progress

ROLES = ("source", "target", "weight", "relation", "author", "time", "text")


def read_links(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    strict: bool = False,
    exclude: Iterable[str] = (),
    columns: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> tuple[LinkColumns, ImportReport]:
    """Reads the links of a file or source tree.

    The format goes by suffix (.gz and .zst aside) unless ``format`` names one. A line that cannot be used is counted
    and named in the report; ``strict`` raises BadLineError at the first instead. Particles are numbered in the order
    in which they first appear, the source of a line before its target. Raises FileError when the file cannot be
    read, DamagedFileError for broken compression, UnsupportedFormatError, MissingExtraError.
    """
    location = Path(path)
    unknown = sorted(set(columns or {}) - set(ROLES))
    if unknown:
        raise ParameterError(f"columns= knows the roles {', '.join(ROLES)}, not {unknown[0]!r}")
    left_out = tuple(exclude)
    importer = importer_of(location, format, left_out)
    reading = Reading(str(location), strict, left_out, dict(columns or {}), progress)
    began = time.perf_counter()
    links = importer.read(location, reading)
    report = ImportReport(
        path=str(location),
        format=importer.name,
        line_count=reading.line_count,
        link_count=len(links),
        bad_count=reading.bad_count,
        bad=tuple(reading.bad),
        seconds=time.perf_counter() - began,
    )
    return links, report
