"""Which particles an answer lists: ends of some links, particles of some kinds, with a text, that stand at a time."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import TYPE, label, memory_text, read_time
from focusmesh.engine.recall.facts import standing_facts
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.engine.links import Filters, Instant, LinkView
    from focusmesh.engine.support.arrays import BoolArray, IndexArray

KIND_RELATIONS = (TYPE, "type", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
"""The relations that lead from a particle to its kind: of memories, of tables and records, of RDF."""
_KEY = "particles with a text"
_NAMED_MAX = 5


@dataclass(frozen=True)
class ListFilter:
    """What a particle must be to be listed, all at once. ``kinds``: one of these, () asks for none.

    ``as_of``: it stood at that time; where that is None, it stands now (facts.py).
    """

    filters: Filters
    kinds: tuple[str, ...] = ()
    with_text: bool = False
    as_of: int | Instant | None = None

    @classmethod
    def of(cls, filters: Filters, kind: Any, with_text: Any, as_of: Any = None) -> ListFilter:
        """``kind``: a name, several of them, or None. Raises ParameterError for anything else."""
        several = () if kind is None else (kind,) if isinstance(kind, str) else kind
        plain = isinstance(several, list | tuple | set | frozenset)
        if not plain or not all(isinstance(each, str) for each in several):
            raise ParameterError(f"kind = {kind!r} must be the name of a kind, or several names")
        if not isinstance(with_text, bool):
            raise ParameterError(f"with_text = {with_text!r} must be True or False")
        return cls(filters, tuple(several), with_text, read_time("as_of", as_of))

    def identity(self) -> tuple[object, ...]:
        """The same for the same filters, in whatever order names are given."""
        return self.filters.identity(), sorted(set(self.kinds)), self.with_text, self.as_of

    def particles_in(self, graph: LinkView) -> BoolArray | None:
        """For each particle whether it may be listed; None where all may be. O(n + m).

        Raises InputError for a kind that no particle has, and what ``Filters.particles_in`` and ``standing_facts`` do.
        """
        masks = [self.filters.particles_in(graph), standing_facts(graph, self.as_of)]
        if self.kinds:
            masks.append(_of_kinds(graph, self.kinds))
        if self.with_text:
            masks.append(_with_text(graph))
        allowed = [mask for mask in masks if mask is not None]
        return np.logical_and.reduce(allowed) if allowed else None


def _of_kinds(graph: LinkView, kinds: Iterable[str]) -> BoolArray:
    """Particles from which a link of ``KIND_RELATIONS`` leads to one of ``kinds``."""
    sources, targets = _kind_links(graph)
    known: dict[str, list[int]] = {}
    for at in np.unique(targets).tolist():
        name = graph.particles[at]
        for spelling in {label(name), memory_text(name)}:
            known.setdefault(spelling, []).append(at)
    wanted = [at for kind in kinds for at in _known_kind(kind, known)]
    listed = np.zeros(graph.particle_count, dtype=bool)
    listed[sources[np.isin(targets, wanted)]] = True
    return listed


def _kind_links(graph: LinkView) -> tuple[IndexArray, IndexArray]:
    columns = graph.labelled_links
    relations = None if columns is None else columns.relations
    if columns is None or relations is None or columns.relation is None:
        none: IndexArray = np.zeros(0, dtype=np.uint32)
        return none, none
    found = [at for at in map(relations.find, KIND_RELATIONS) if at is not None]
    rows = np.isin(columns.relation, found)
    return columns.source[rows], columns.target[rows]


def _known_kind(kind: str, known: dict[str, list[int]]) -> list[int]:
    if kind in known:
        return known[kind]
    if not known:
        raise InputError(
            f"no particle is of the kind {kind!r}: no link of this graph says a kind "
            f"(relations {', '.join(KIND_RELATIONS)})"
        )
    close = difflib.get_close_matches(kind, known, _NAMED_MAX) or sorted(known)[:_NAMED_MAX]
    raise InputError(f"no particle is of the kind {kind!r}; there are {', '.join(close)}")


def _with_text(graph: LinkView) -> BoolArray:
    """Particles with a text. O(n) at first, and kept with the graph of this moment."""
    found: BoolArray | None = graph.derived.get(_KEY)
    if found is None:
        texts = graph.texts
        found = np.zeros(graph.particle_count, dtype=bool)
        if texts is not None:
            found[:] = np.fromiter(map(bool, texts), dtype=bool, count=len(texts))
        graph.derived[_KEY] = found
    return found
