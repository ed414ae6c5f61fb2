"""Seeds from a file: names with weights, such as the ``i,v`` beside a trust table ``i,j,v``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.engine.importers.formats.delimited import Delimited
from focusmesh.engine.importers.import_run import Reading
from focusmesh.engine.importers.text_rows.lines import text_lines
from focusmesh.engine.links import ImportReport, RowLayout, integer_of, shorten, weight_of

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable

    from focusmesh.engine.links import Names
    from focusmesh.engine.support.progress import Progress

_FORMAT = "seeds"
_TITLES = {"i", "seed", "name", "particle", "peer", "id"}


def read_seeds(
    path: str | os.PathLike[str],
    particles: Names,
    *,
    strict: bool = False,
    progress: Progress | None = None,
) -> tuple[dict[Hashable, float], ImportReport]:
    """Seeds of a CSV or TSV file (or compressed), for ``Graph.focus`` and ``eigentrust``: ``name,weight`` or ``name``.

    A first line ``i,v`` (or seed, name, particle, peer, id) is a header. A missing weight is 1; a name that stands
    twice has the sum. ``particles`` are those of the graph: they decide whether ``7`` is an integer or text. A line
    that names none of them, has more fields or a weight that is no number ≥ 0 is a bad line: counted and named in the
    report, or raised as BadLineError by ``strict``. Raises FileError when the file cannot be read.
    """
    location, began = Path(path), time.perf_counter()
    reading = Reading(str(location), strict, progress=progress)
    seeds: dict[Hashable, float] = {}
    for number, line in text_lines(location, reading):
        if line is None or not line.strip():
            continue
        found = _seed(line, number, particles)
        if isinstance(found, str):
            reading.refuse(number, found)
        elif found is not None:
            name, weight = found
            seeds[name] = seeds.get(name, 0.0) + weight
    report = ImportReport(
        path=str(location),
        format=_FORMAT,
        line_count=reading.line_count,
        link_count=0,
        bad_count=reading.bad_count,
        bad=tuple(reading.bad),
        seconds=time.perf_counter() - began,
    )
    return seeds, report


def _seed(line: str, number: int, particles: Names) -> tuple[Hashable, float] | str | None:
    """The seed in a line, None for a header, or why it has none."""
    delimiter = "\t" if "\t" in line else ","
    found = Delimited(RowLayout(), delimiter.encode()).fields(line.encode())
    if isinstance(found, str):
        return found
    fields = found.values
    name, *rest = [field.decode().strip() for field in fields]
    known = _name_in_graph(name, particles)
    if number == 1 and known is None and name.casefold() in _TITLES:
        return None
    if len(rest) > 1:
        return f"{len(fields)} fields where 1 or 2 are expected"
    if known is None:
        return f"no particle of the graph is called {shorten(name)}"
    weight = weight_of(rest[0]) if rest else 1.0
    return weight if isinstance(weight, str) else (known, weight)


def _name_in_graph(name: str, particles: Names) -> Hashable | None:
    """The name as the graph has it."""
    whole = integer_of(name.encode())
    return next((n for n in (name, whole) if n is not None and particles.find(n) is not None), None)
