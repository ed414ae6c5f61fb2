"""The way in: a path becomes link columns and a report."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.importers.empty_import import empty_reason, linkless_reason, uncounted_warning
from focusmesh.engine.importers.import_run import Reading
from focusmesh.engine.importers.registry import importer_of, importers
from focusmesh.engine.links import ImportReport, normalise_names
from focusmesh.engine.support.files import as_path
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from focusmesh.engine.importers.registry import Importer
    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.progress import Progress

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
    nfc: bool = False,
    names: str = "id",
    table: str | None = None,
    progress: Progress | None = None,
    first: int | None = None,
    for_texts: bool = False,
) -> tuple[LinkColumns, ImportReport]:
    """Reads the links of a file or source tree.

    The format goes by suffix (.gz or the like aside) unless ``format`` names one. A line that cannot be used is counted
    and named in the report; ``strict`` raises BadLineError at the first instead. Particles are numbered in the order
    in which they first appear, the source of a line before its target. With ``nfc`` names are brought into Unicode's
    normal form NFC, and equal ones are one. ``names``: ``"label"`` calls the particles of files that describe nodes
    (GraphML, GEXF, GML, DOT, Pajek, JSON) and of RDF by their labels, with their ids behind those that several have;
    ParameterError for other formats. ``table``: the table, view or query (SELECT …, WITH …) of a database, or the
    sheet of a spreadsheet, that has the links; ParameterError for formats without tables. The report says how the file
    was understood.
    Of a text that has more than ``first`` links no more than needed is read, and only the first are given.
    ``for_texts``: the texts of its particles are what is wanted of the file, so that it may lack links.
    Raises FileError when the file cannot be read, DamagedFileError for broken compression, UnsupportedFormatError,
    MissingExtraError; InputError where nothing could be read, with what was seen instead.
    """
    location = as_path(path)
    given = _roles(columns or {})
    if isinstance(exclude, str | bytes) or not isinstance(exclude, Iterable):
        raise InputError(f"exclude is a list of patterns, not {exclude!r:.80}")
    left_out = tuple(exclude)
    importer = importer_of(location, format, left_out)
    by_label = _is_by_label(names, importer)
    _verify_table(table, importer)
    reading = Reading(
        str(location),
        strict,
        left_out,
        given,
        progress,
        first=first,
        by_label=by_label,
        table=table,
    )
    began = time.perf_counter()
    links = importer.read(location, reading)
    if nfc:
        links = normalise_names(links, "NFC")
    _verify_something(importer, location, links, reading)
    if first is not None and len(links) > first:
        links = links.where(np.arange(len(links)) < first)
    if not (importer.of_files or for_texts or _some_count(links)):
        reading.warn(uncounted_warning(reading.path, links))
    return links, _report(importer, links, reading, time.perf_counter() - began)


def _report(
    importer: Importer, links: LinkColumns, reading: Reading, seconds: float
) -> ImportReport:
    loops = int(np.count_nonzero(links.source == links.target))
    weightless = 0 if links.weight is None else int(np.count_nonzero(links.weight == 0))
    return ImportReport(
        path=reading.path,
        format=importer.name,
        line_count=reading.line_count,
        link_count=len(links),
        bad_count=reading.bad_count,
        bad=tuple(reading.bad),
        seconds=seconds,
        of_files=importer.of_files,
        understood=(*reading.notes, *_counts(loops, weightless, reading.trimmed_count)),
        warnings=tuple(reading.warnings),
        self_loop_count=loops,
        trimmed_count=reading.trimmed_count,
    )


def _is_by_label(names: str, importer: Importer) -> bool:
    """Whether particles are called by labels; raises ParameterError where a format has none beside the names."""
    if names not in ("id", "label"):
        raise ParameterError(f"names is 'id' or 'label', not {names!r}")
    if names == "label" and not importer.has_labels:
        raise ParameterError(
            f"{importer.name} has no labels beside its names: leave names=label out "
            f"(it is for {_enumerate(each.name for each in importers().values() if each.has_labels)})"
        )
    return names == "label"


def _verify_table(table: str | None, importer: Importer) -> None:
    """Raises ParameterError for a table of a format that has none, or of no name."""
    if table is not None and not importer.has_tables:
        raise ParameterError(
            f"{importer.name} has no tables to choose from: leave table={table!r:.60} out "
            f"(it is for {_enumerate(each.name for each in importers().values() if each.has_tables)})"
        )
    if table is not None and not table.strip():
        raise ParameterError("table= is empty: name a table, or leave it out")


def _enumerate(formats: Iterable[str]) -> str:
    *names, last = formats
    return f"{', '.join(names)} and {last}"


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


def _some_count(links: LinkColumns) -> bool:
    """Whether ranking uses any of the links: one that has a weight and leads to another particle."""
    counting = links.source != links.target
    return bool(np.any(counting if links.weight is None else counting & (links.weight > 0)))


def _counts(loops: int, weightless: int, trimmed: int) -> list[str]:
    """What an import counted, in words."""
    found = []
    if loops:
        found.append(f"{loops:,} self-loop{'s' if loops != 1 else ''} that ranking leaves out")
    if weightless:
        links = "links" if weightless != 1 else "link"
        found.append(f"{weightless:,} {links} of weight 0 that ranking leaves out")
    if trimmed:
        found.append(f"{trimmed:,} name{'s' if trimmed != 1 else ''} with blanks trimmed")
    return found


def _verify_something(
    importer: Importer, location: Path, links: LinkColumns, reading: Reading
) -> None:
    """Raises InputError where a file says nothing, or all links that it has are bad: that is no graph to ask."""
    if importer.of_files:
        _verify_files(links, reading)
    elif not len(links) and not len(links.particles):
        raise InputError(empty_reason(location, importer.name, reading))
    elif not len(links) and reading.bad_count and (importer.has_labels or links.texts is None):
        raise InputError(linkless_reason(location, links, reading))


def _verify_files(links: LinkColumns, reading: Reading) -> None:
    """Raises InputError where files were refused and the others, if any, say nothing."""
    if not reading.bad or len(links) or any(map(str, links.texts or ())):
        return
    first, more = reading.bad[0], reading.bad_count - 1
    why = first.reason if first.file == reading.path else str(first)
    further = f"; and {more:,} more" if more else ""
    raise InputError(f"nothing could be read of {reading.path}: {why}{further}")
