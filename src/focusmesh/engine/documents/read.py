"""The way in: items, files and folders become link columns and a report."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.documents.assembly import add_items, finish
from focusmesh.engine.documents.draft import Draft
from focusmesh.engine.documents.extracts import capital_phrases
from focusmesh.engine.documents.items import items_of
from focusmesh.engine.documents.kept_readings import KeptReadings
from focusmesh.engine.documents.params import DocumentParams
from focusmesh.engine.documents.sources import add_sources
from focusmesh.engine.importers import Reading
from focusmesh.engine.links import ImportReport
from focusmesh.engine.support.gc_pause import collector_at_rest
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.documents.extracts import Extract
    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.progress import Progress

FORMAT = "documents"


def document_links(
    given: Any,
    *,
    params: DocumentParams | None = None,
    extract: Extract | None = None,
    strict: bool = False,
    exclude: Iterable[str] = (),
    kept: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> tuple[LinkColumns, ImportReport]:
    """The links of documents: a path, a list of paths, or items (see ``items_of``). See ``Graph.from_documents``."""
    chosen = DocumentParams() if params is None else params
    if not isinstance(chosen, DocumentParams):
        raise ParameterError(f"params are DocumentParams, not {type(chosen).__name__}")
    if extract is not None and not callable(extract):
        raise ParameterError("extract= is a function from a text to phrases and triples")
    paths, items = _sorted_out(given)
    reading = Reading(
        ", ".join(map(str, paths)) or "items",
        strict=strict,
        exclude=tuple(exclude),
        progress=progress,
    )
    began = time.perf_counter()
    readings = KeptReadings(None if kept is None else Path(kept))
    with collector_at_rest():
        draft = Draft()
        if paths:
            add_sources(draft, paths, reading, readings)
        else:
            add_items(draft, items_of(items), reading)
        _verify_something(draft, reading)
        columns = finish(draft, chosen, reading, capital_phrases if extract is None else extract)
    readings.save()
    return columns, _report(columns, reading, time.perf_counter() - began)


def _sorted_out(given: Any) -> tuple[Sequence[Path], Iterable[Any]]:
    """Paths, or else items."""
    if isinstance(given, str | os.PathLike):
        return [Path(given)], ()
    if isinstance(given, bytes) or not isinstance(given, Iterable):
        raise InputError(
            f"documents are a path, paths, or mappings with name and text, not {type(given).__name__}"
        )
    if isinstance(given, list | tuple) and given and isinstance(given[0], str | os.PathLike):
        if not all(isinstance(one, str | os.PathLike) for one in given):
            raise InputError("documents are paths or mappings, not some of both")
        return [Path(one) for one in given], ()
    return [], given


def _verify_something(draft: Draft, reading: Reading) -> None:
    """Raises InputError where there is no text to ask."""
    if any(draft.texts):
        return
    if not reading.bad:
        raise InputError(f"there is no text in {reading.path}")
    first, more = reading.bad[0], reading.bad_count - 1
    raise InputError(
        f"nothing could be read of {reading.path}: {first}"
        + (f"; and {more:,} more" if more else "")
    )


def _report(columns: LinkColumns, reading: Reading, seconds: float) -> ImportReport:
    return ImportReport(
        path=reading.path,
        format=FORMAT,
        line_count=reading.line_count,
        link_count=len(columns),
        bad_count=reading.bad_count,
        bad=tuple(reading.bad),
        seconds=seconds,
        of_files=True,
        understood=tuple(reading.notes),
        warnings=tuple(reading.warnings),
        self_loop_count=int(np.count_nonzero(columns.source == columns.target)),
    )
