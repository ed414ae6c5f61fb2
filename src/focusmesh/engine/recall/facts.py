"""Facts as of a time: what had been told by then, and was not superseded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links import NO_TIME, last_at
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.links import Instant, LinkColumns, LinkView
    from focusmesh.engine.support.arrays import BoolArray

SUPERSEDES = "supersedes"
"""The relation from what holds now to what it replaced."""


def standing_facts(graph: LinkView, as_of: int | Instant | None) -> BoolArray | None:
    """For each particle whether it stands ``as_of`` a time, or now; None where all do. O(n + m).

    It had been told: one of its links is of that time or before, or has no time. And it was not superseded: no link
    ``supersedes`` leads to it that is as late as the last that leads from it. Raises InputError where links have no
    times.
    """
    columns = graph.labelled_links
    rows = None if columns is None else _replacements(columns)
    if as_of is None and rows is None:
        return None
    if columns is None or (as_of is not None and columns.time is None):
        raise InputError("no link of this graph has a time: leave as_of out")
    then = None if as_of is None or columns.time is None else last_at("as_of", as_of, columns.time)
    standing = np.ones(graph.particle_count, dtype=bool)
    if then is not None and columns.time is not None:
        standing = _ends_by_then(columns, columns.time <= then, graph.particle_count)
    if rows is not None:
        if then is not None and columns.time is not None:
            rows = rows & (columns.time <= then)
        standing &= ~_old_facts(columns, rows, graph.particle_count)
    return standing


def _ends_by_then(columns: LinkColumns, early: BoolArray, count: int) -> BoolArray:
    """Particles with such a link, and those without any."""
    told, linked = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    for end in (columns.source, columns.target):
        told[end[early]] = True
        linked[end] = True
    return told | ~linked


def _replacements(columns: LinkColumns) -> BoolArray | None:
    at = None if columns.relations is None else columns.relations.find(SUPERSEDES)
    if at is None or columns.relation is None:
        return None
    found: BoolArray = columns.relation == at
    return found


def _old_facts(columns: LinkColumns, rows: BoolArray, count: int) -> BoolArray:
    """Particles to which such a link leads, but for those that superseded something later still."""
    time = np.zeros(len(rows), dtype=np.int64) if columns.time is None else columns.time
    replaced, replacing = np.full((2, count), NO_TIME, dtype=np.int64)
    np.maximum.at(replaced, columns.target[rows], time[rows])
    np.maximum.at(replacing, columns.source[rows], time[rows])
    gone = np.zeros(count, dtype=bool)
    gone[columns.target[rows]] = True
    found: BoolArray = gone & (replaced >= replacing)
    return found
