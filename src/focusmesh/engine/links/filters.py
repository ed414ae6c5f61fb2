"""Which links are meant: those of a relation, an author, a time."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.edits import NO_TIME
from focusmesh.engine.links.names.names import label
from focusmesh.engine.links.tables.instants import Instant, first_at, last_at, read_time
from focusmesh.errors import InputError, ParameterError, UnknownParticleError

if TYPE_CHECKING:
    from focusmesh.engine.links.columns import LinkColumns
    from focusmesh.engine.links.names.names import Names
    from focusmesh.engine.links.view import LinkView
    from focusmesh.engine.support.arrays import BoolArray, IndexArray

_FEW = 20
"""So many relations or authors are all named to whoever asks for one that is not there."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a link must have, all at once; None asks for nothing.

    ``relation`` and ``author`` are one or several names (list, tuple or set), kept as a tuple; ``since`` and ``until``
    are both included: integers in the unit of the links' times, or dates (``read_time``). Raises ParameterError for
    what is no time and for times of which none is both.
    """

    relation: Any = None
    author: Any = None
    since: Any = None
    until: Any = None

    def __post_init__(self) -> None:
        for kind in ("relation", "author"):
            object.__setattr__(self, kind, _several(getattr(self, kind)))
        for name in ("since", "until"):
            object.__setattr__(self, name, read_time(name, getattr(self, name)))
        if isinstance(self.since, Instant) and isinstance(self.until, Instant):
            _verify_order(self.since.first, self.until.last)
        elif isinstance(self.since, int) and isinstance(self.until, int):
            _verify_order(self.since, self.until)

    def identity(self) -> tuple[object, ...]:
        """The same for the same filters, in whatever order names are given."""
        named = [
            None if wanted is None else sorted(map(repr, wanted))
            for wanted in (self.relation, self.author)
        ]
        return *named, self.since, self.until

    def __bool__(self) -> bool:
        return any(
            value is not None for value in (self.relation, self.author, self.since, self.until)
        )

    def particles_in(self, graph: LinkView) -> BoolArray | None:
        """For each particle whether a link of it, in or out, passes; None where all are allowed. O(m).

        Raises InputError where no link has what is asked for, UnknownParticleError for a relation or author that
        the graph does not have.
        """
        if not self:
            return None
        columns = graph.labelled_links
        rows = self.rows(columns)
        listed = np.zeros(graph.particle_count, dtype=bool)
        if columns is not None:
            listed[columns.source[rows]] = listed[columns.target[rows]] = True
        return listed

    def rows(self, columns: LinkColumns | None) -> BoolArray:
        """For each link whether it passes, shape (m,); None stands for links without labels. O(m).

        Errors are those of ``particles_in``.
        """
        rows = _among("relation", self.relation, columns)
        rows &= _among("author", self.author, columns)
        rows &= self._in_time(columns)
        return np.broadcast_to(rows, 0 if columns is None else len(columns))

    def _in_time(self, columns: LinkColumns | None) -> BoolArray | bool:
        if self.since is None and self.until is None:
            return True
        if columns is None or columns.time is None:
            raise InputError("no link of this graph has a time: leave since and until out")
        kept: BoolArray = columns.time != NO_TIME
        if self.since is not None:
            kept &= columns.time >= first_at("since", self.since, columns.time)
        if self.until is not None:
            kept &= columns.time <= last_at("until", self.until, columns.time)
        return kept


def _among(kind: str, wanted: Any, columns: LinkColumns | None) -> BoolArray | bool:
    """For each link whether its relation or author is among those that are wanted."""
    if wanted is None:
        return True
    names: Names | None = None if columns is None else getattr(columns, f"{kind}s")
    column: IndexArray | None = None if columns is None else getattr(columns, kind)
    if names is None or column is None:
        article = "an" if kind == "author" else "a"
        raise InputError(f"no link of this graph has {article} {kind}: leave {kind} out")
    kept: BoolArray = np.isin(column, [_index(names, name, kind) for name in wanted])
    return kept


def _several(wanted: Any) -> tuple[Any, ...] | None:
    if wanted is None:
        return None
    return tuple(wanted) if isinstance(wanted, list | tuple | set | frozenset) else (wanted,)


def _verify_order(since: int, until: int) -> None:
    if since > until:
        raise ParameterError(f"since = {since} must not be after until = {until}: no time is both")


def _index(names: Names, name: Hashable, kind: str) -> int:
    if not isinstance(name, Hashable):
        raise InputError(f"{name!r} cannot be the name of a {kind}")
    found = names.find(name)
    if found is None:
        known = [label(one) for one in names if one != ""] if len(names) <= _FEW else []
        raise UnknownParticleError(name, kind, names.close(name), known)
    return found
