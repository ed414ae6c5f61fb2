"""The way in: a path becomes link columns and a report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.engine.graph.importers.reading import Reading
from focusmesh.engine.graph.importers.registry import importer_of
from focusmesh.engine.graph.importers.report import ImportReport
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from focusmesh.engine.graph.importers.registry import Importer
    from focusmesh.engine.graph.links import LinkColumns
    from focusmesh.engine.progress import Progress

ROLES = ("source", "target", "weight", "relation", "author", "time", "text")
PARTICLE = "particle"
"""What ``source`` may also be called, for tables that describe particles."""


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
    read, DamagedFileError for broken compression, UnsupportedFormatError, MissingExtraError; InputError for a folder or
    document of which nothing could be read.
    """
    location = Path(path)
    given = _roles(columns or {})
    left_out = tuple(exclude)
    importer = importer_of(location, format, left_out)
    reading = Reading(str(location), strict, left_out, given, progress)
    began = time.perf_counter()
    links = importer.read(location, reading)
    _verify_something(importer, links, reading)
    report = ImportReport(
        path=str(location),
        format=importer.name,
        line_count=reading.line_count,
        link_count=len(links),
        bad_count=reading.bad_count,
        bad=tuple(reading.bad),
        seconds=time.perf_counter() - began,
        of_files=importer.of_files,
    )
    return links, report


def _roles(columns: Mapping[str, str]) -> dict[str, str]:
    """Column names by role; the particle that a row describes has the role of a source."""
    unknown = sorted(set(columns) - {*ROLES, PARTICLE})
    if unknown:
        known = ", ".join((*ROLES, PARTICLE))
        raise ParameterError(f"columns= knows the roles {known}, not {unknown[0]!r}")
    if PARTICLE in columns and "source" in columns:
        raise ParameterError(
            f"columns= has source and {PARTICLE}, which are the same: leave one out"
        )
    return {"source" if role == PARTICLE else role: name for role, name in columns.items()}


def _verify_something(importer: Importer, links: LinkColumns, reading: Reading) -> None:
    """Raises InputError where files were refused and the others, if any, say nothing: that is no graph to ask."""
    if not (importer.of_files and reading.bad) or len(links) or any(map(str, links.texts or ())):
        return
    first, more = reading.bad[0], reading.bad_count - 1
    why = first.reason if first.file == reading.path else str(first)
    further = f"; and {more:,} more" if more else ""
    raise InputError(f"nothing could be read of {reading.path}: {why}{further}")
