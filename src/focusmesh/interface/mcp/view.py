"""Entities, observations and relations of one moment of a graph."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import NO_TIME, OBSERVATION, TYPE, memory_name, memory_text
from focusmesh.engine.recall import SUPERSEDES
from focusmesh.errors import InputError
from focusmesh.ids import from_cid
from focusmesh.interface.mcp.records import Entity, Relation

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    import numpy.typing as npt

    from focusmesh.engine.graph import Graph

    Rows = npt.NDArray[np.int64]


class MemoryView:
    """A graph as a memory: particles by index, links by row, the oldest first.

    An entity is a particle that was made one (it has a type), of which something was observed, or one that has a text
    of its own and is not what was observed of another: so the notes of a folder are entities too, and the text of each
    is its first observation.
    """

    def __init__(self, graph: Graph) -> None:
        """O(m log m)."""
        links = graph.links()
        self.particles = links.particles
        self._texts = links.texts
        rows = np.arange(len(links), dtype=np.int64)
        if links.time is not None:
            rows = np.lexsort((rows, links.time))
        self.source = links.source[rows].astype(np.int64)
        self.target = links.target[rows].astype(np.int64)
        self._time = None if links.time is None else links.time[rows]
        self._relations = ("",) if links.relations is None else links.relations
        none = np.zeros(len(rows), dtype=np.int64)
        self._relation = none if links.relation is None else links.relation[rows].astype(np.int64)
        self._authors = ("",) if links.authors is None else links.authors
        self._author = None if links.author is None else links.author[rows]
        kinds = np.array([_KINDS.get(name, _RELATED) for name in self._relations], dtype=np.int8)
        self._kind = kinds[self._relation]

    def find(self, text: str) -> int | None:
        """The particle that ``text`` names: as a memory spells it, as it stands, or as a number."""
        for spelling in _spellings(text):
            at = self.particles.find(spelling)
            if at is not None:
                return at
        return None

    def name_of(self, text: str) -> Hashable:
        """The name of the particle that ``text`` names, there or not."""
        at = self.find(text)
        return memory_name(text) if at is None else self.particles[at]

    def label(self, at: int) -> str:
        """The text of a name."""
        return memory_text(self.particles[at])

    def text(self, at: int) -> str:
        """What a particle says: its text, else its name."""
        return self.own_text(at) or self.label(at)

    def own_text(self, at: int) -> str:
        """The text of a particle that its name is not; "" where there is none."""
        if self._texts is None:
            return ""
        text = str(self._texts[at])
        return "" if text == self.particles[at] else text

    @cached_property
    def types(self) -> dict[int, int]:
        """The type of each particle that was made an entity, in the order in which they were."""
        rows = self._rows(_TYPE)
        found: dict[int, int] = {}
        for source, target in zip(self.source[rows], self.target[rows], strict=True):
            found.setdefault(int(source), int(target))
        return found

    @cached_property
    def entities(self) -> list[int]:
        """All entities: those that were made, in this order, then others with observations or texts."""
        others = {at for at in self._observations if at not in self.types}
        if self._texts is not None:
            everybody = range(len(self.particles))
            others |= {at for at in everybody if at not in self.types and self.is_entity(at)}
        return [*self.types, *sorted(others)]

    def is_entity(self, at: int) -> bool:
        """Whether a particle is among the entities; asks for none of the others."""
        if self._was_made_or_observed[at]:
            return True
        return bool(self.own_text(at)) and not self.observers_of(at)

    @cached_property
    def _was_made_or_observed(self) -> npt.NDArray[np.bool_]:
        found = np.zeros(len(self.particles), dtype=bool)
        found[self.source[(self._kind == _TYPE) | (self._kind == _OBSERVATION)]] = True
        return found

    @cached_property
    def entity_names(self) -> list[str]:
        """What the entities are called."""
        return [self.label(at) for at in self.entities]

    @cached_property
    def digests(self) -> dict[str, int]:
        """One number an entity, good within this process, which differs where it or a relation of it does."""
        return {
            self.label(at): hash(
                (
                    self.type_of(at),
                    tuple(map(self.text, self.observations(at))),
                    tuple(map(self.relation, self.relations_of(at))),
                )
            )
            for at in self.entities
        }

    @cached_property
    def only_types(self) -> frozenset[int]:
        """What is the type of entities, and end of no relation."""
        rows = self._rows(_RELATED)
        related = {*self.source[rows].tolist(), *self.target[rows].tolist()}
        return frozenset(self.types.values()) - related

    @cached_property
    def relations(self) -> list[int]:
        """The rows that are relations; of several authors of one, the first."""
        return self._distinct(self._rows(_RELATED))

    def observers_of(self, at: int) -> list[int]:
        """The entities that an observation was made of, the first one first."""
        sources, targets = self._by_observation
        span = slice(*np.searchsorted(targets, (at, at + 1)))
        return list(dict.fromkeys(sources[span].tolist()))

    @cached_property
    def _by_observation(self) -> tuple[Rows, Rows]:
        """Source and target of what was observed, by target; what was told first stands first."""
        rows = self._rows(_OBSERVATION)
        rows = rows[np.argsort(self.target[rows], kind="stable")]
        return self.source[rows], self.target[rows]

    def observations(self, at: int) -> list[int]:
        """The particles that say what was observed of an entity; itself first where it has a text of its own."""
        own = [at] if self.own_text(at) else []
        return [*own, *self._observations.get(at, ())]

    def search(self, query: str) -> list[int]:
        """The entities whose name, type or observations have ``query`` in them, whatever its case."""
        wanted = query.lower()

        def has(at: int) -> bool:
            texts = (self.label(at), self.type_of(at), *map(self.text, self.observations(at)))
            return any(wanted in text.lower() for text in texts)

        return [at for at in self.entities if has(at)]

    def relations_of(self, at: int) -> list[int]:
        """The relations from or to a particle, oldest first."""
        return self._touching.get(at, [])

    def observation_rows(self, at: int) -> list[int]:
        """The rows that say what was observed of an entity."""
        return [int(row) for row in self._from(at) if self._kind[row] == _OBSERVATION]

    def links_of(self, at: int) -> list[int]:
        """The rows that go with an entity: its type, its observations, all of its relations."""
        ends = (self.source == at) | ((self.target == at) & (self._kind == _RELATED))
        return [int(row) for row in np.flatnonzero(ends)]

    def entity(self, at: int) -> Entity:
        """An entity as the memory server has it."""
        return Entity(
            self.label(at), self.type_of(at), [self.text(each) for each in self.observations(at)]
        )

    def type_of(self, at: int) -> str:
        """The type of an entity, "" for a particle that was not made one."""
        return self.label(self.types[at]) if at in self.types else ""

    def relation(self, row: int) -> Relation:
        """A relation as the memory server has it."""
        kind = memory_text(self._relations[int(self._relation[row])])
        return Relation(self.label(int(self.source[row])), self.label(int(self.target[row])), kind)

    def row_to(self, at: int, text: str) -> int | None:
        """The oldest link from a particle to one that says ``text``, None where there is none."""
        found = (int(row) for row in self._from(at) if self.text(int(self.target[row])) == text)
        return next(found, None)

    def first_time(self, at: int) -> int | None:
        """When the first link of a particle was made; None where that is not said."""
        first = NO_TIME if self._first is None else int(self._first[at])
        return None if first in (NO_TIME, _NEVER) else first

    def old_facts(self, at: int) -> list[str]:
        """What a particle replaced, oldest first."""
        return [self.text(other) for other in self._facts_replaced_by.get(at, ())]

    @cached_property
    def _first(self) -> Rows | None:
        if self._time is None:
            return None
        first = np.full(len(self.particles), _NEVER, dtype=np.int64)
        for end in (self.source, self.target):
            np.minimum.at(first, end, self._time)
        return first

    @cached_property
    def _facts_replaced_by(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        superseding = [kind == SUPERSEDES for kind in self._relations]
        rows = self._rows(_RELATED)
        for row in self._distinct(rows[np.array(superseding, dtype=bool)[self._relation[rows]]]):
            found.setdefault(int(self.source[row]), []).append(int(self.target[row]))
        return found

    def author(self, row: int) -> str:
        """Who made a link, "" where that is not said."""
        return "" if self._author is None else str(self._authors[int(self._author[row])])

    def key(self, row: int) -> tuple[Hashable, Hashable, Hashable]:
        """Source, target and relation of a link, by name."""
        source, target = (self.particles[int(end[row])] for end in (self.source, self.target))
        return source, target, self._relations[int(self._relation[row])]

    def has(self, key: tuple[Hashable, Hashable, Hashable]) -> bool:
        """Whether there is such a link."""
        source, target = (self._at(name) for name in key[:2])
        if source is None or target is None:
            return False
        rows = self._from(source)
        rows = rows[self.target[rows] == target]
        return any(self._relations[at] == key[2] for at in self._relation[rows].tolist())

    def _at(self, name: Hashable) -> int | None:
        found = self.particles.find(name)
        if found is None and isinstance(name, str):
            with suppress(InputError):
                return self.particles.find(from_cid(name))
        return found

    def _from(self, at: int) -> Rows:
        """The rows that lead from a particle, oldest first."""
        order, sources = self._by_source
        begin, end = np.searchsorted(sources, (at, at + 1))
        return order[begin:end]

    @cached_property
    def _by_source(self) -> tuple[Rows, Rows]:
        order = np.argsort(self.source, kind="stable")
        return order, self.source[order]

    @cached_property
    def _observations(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for row in self._distinct(self._rows(_OBSERVATION)):
            found.setdefault(int(self.source[row]), []).append(int(self.target[row]))
        return found

    @cached_property
    def _touching(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for row in self.relations:
            for end in {int(self.source[row]), int(self.target[row])}:
                found.setdefault(end, []).append(row)
        return found

    def _rows(self, kind: int) -> Rows:
        return np.flatnonzero(self._kind == kind)

    def _distinct(self, rows: Rows) -> list[int]:
        seen: set[tuple[int, int, int]] = set()
        kept = []
        columns = (self.source[rows], self.target[rows], self._relation[rows])
        for row, *key in zip(*(column.tolist() for column in (rows, *columns)), strict=True):
            if tuple(key) not in seen:
                seen.add((key[0], key[1], key[2]))
                kept.append(int(row))
        return kept


_NEVER = 2**63 - 1
_RELATED, _TYPE, _OBSERVATION = 0, 1, 2
_KINDS: dict[Any, int] = {TYPE: _TYPE, OBSERVATION: _OBSERVATION}


def _spellings(text: str) -> Iterable[Hashable]:
    try:
        yield memory_name(text)
    except InputError:
        return
    yield text
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) < 20:
        yield int(text)
