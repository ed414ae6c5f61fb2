"""Which particles an answer may list: ends of links of a relation, an author, a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.graph import NO_TIME
from focusmesh.errors import InputError, ParameterError, UnknownParticleError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.arrays import BoolArray, IndexArray
    from focusmesh.engine.graph import Graph, LinkColumns, Names


@dataclass(frozen=True, slots=True)
class Filters:
    """What a link must have, all at once, for its ends to be listed; None asks for nothing.

    ``relation`` and ``author`` are one or several names; ``since`` and ``until`` are both included.
    """

    relation: Any = None
    author: Any = None
    since: int | None = None
    until: int | None = None

    def __bool__(self) -> bool:
        return any(
            value is not None for value in (self.relation, self.author, self.since, self.until)
        )

    def allowed(self, graph: Graph) -> BoolArray | None:
        """For each particle whether a link of it, in or out, passes; None where all are allowed. O(m).

        Raises InputError where no link has what is asked for, UnknownParticleError for a relation or author that
        the graph does not have.
        """
        if not self:
            return None
        columns = graph.labelled_links
        rows = _among("relation", self.relation, columns)
        rows &= _among("author", self.author, columns)
        rows &= self._in_time(columns)
        listed = np.zeros(graph.particle_count, dtype=bool)
        if columns is not None:
            listed[columns.source[rows]] = listed[columns.target[rows]] = True
        return listed

    def _in_time(self, columns: LinkColumns | None) -> BoolArray | bool:
        if self.since is None and self.until is None:
            return True
        for name in ("since", "until"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise ParameterError(
                    f"{name} = {value!r} must be an integer, as the times of the links are"
                )
        if columns is None or columns.time is None:
            raise InputError("no link of this graph has a time: leave since and until out")
        kept: BoolArray = columns.time != NO_TIME
        if self.since is not None:
            kept &= columns.time >= self.since
        if self.until is not None:
            kept &= columns.time <= self.until
        return kept


def _among(kind: str, wanted: Any, columns: LinkColumns | None) -> BoolArray | bool:
    """For each link whether its relation or author is among those that are wanted."""
    if wanted is None:
        return True
    names: Names | None = None if columns is None else getattr(columns, f"{kind}s")
    column: IndexArray | None = None if columns is None else getattr(columns, kind)
    if names is None or column is None:
        raise InputError(f"no link of this graph has a {kind}: leave {kind} out")
    several = isinstance(wanted, list | tuple | set | frozenset)
    found = [_index(names, name, kind) for name in (wanted if several else [wanted])]
    kept: BoolArray = np.isin(column, found)
    return kept


def _index(names: Names, name: Hashable, kind: str) -> int:
    found = names.find(name)
    if found is None:
        raise UnknownParticleError(name, kind, names.close(name))
    return found
