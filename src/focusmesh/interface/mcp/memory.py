"""The nine operations of the memory server over a store: what they answer, and what they change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from focusmesh.engine.links import entity_link, observation_link, relation_link
from focusmesh.errors import InputError
from focusmesh.interface.mcp.records import Added, Entity, Relation
from focusmesh.interface.mcp.store import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from focusmesh.engine.links import MemoryLink
    from focusmesh.interface.mcp.records import Deletion, Observed
    from focusmesh.interface.mcp.store import Key, MemoryStore
    from focusmesh.interface.mcp.view import MemoryView

_T = TypeVar("_T")


class Memory:
    """Entities, observations, relations. What one call does is done whole or not at all, and durable when it returns.

    Deletions return how many links stay because others made them.
    """

    def __init__(self, store: MemoryStore) -> None:
        self.store = store

    def create_entities(self, entities: Sequence[Entity]) -> list[Entity]:
        """Those that are new, with their observations, each once."""

        def work(view: MemoryView) -> tuple[Change, list[Entity]]:
            new: dict[str, Entity] = {}
            for entity in entities:
                at = view.find(entity.name)
                if at is None or at not in view.entity_set:
                    new.setdefault(entity.name, _once(entity))
            return Change(added=[link for each in new.values() for link in _links(view, each)]), [
                *new.values()
            ]

        return self._perform(work)[0]

    def create_relations(self, relations: Sequence[Relation]) -> list[Relation]:
        """Those that are new. Their ends need not be entities."""

        def work(view: MemoryView) -> tuple[Change, list[Relation]]:
            new: dict[object, tuple[MemoryLink, Relation]] = {}
            for each in relations:
                ends = view.name_of(each.source), view.name_of(each.target)
                link = relation_link(*ends, each.kind)
                if not view.has(link.key):
                    new.setdefault(link.key, (link, each))
            return Change(added=[link for link, _ in new.values()]), [
                each for _, each in new.values()
            ]

        return self._perform(work)[0]

    def add_observations(self, observations: Sequence[Observed]) -> list[Added]:
        """Those that are new, by entity. Raises InputError where one of the entities is not there."""

        def work(view: MemoryView) -> tuple[Change, list[Added]]:
            change, results = Change(), []
            seen: set[object] = set()
            for each in observations:
                at = view.find(each.entity_name)
                if at is None or at not in view.entity_set:
                    raise InputError(f"Entity with name {each.entity_name} not found")
                own, new = view.own_text(at) or None, []
                for content in each.contents:
                    link = observation_link(view.particles[at], content)
                    if content != own and link.key not in seen and not view.has(link.key):
                        seen.add(link.key)
                        change.added.append(link)
                        new.append(content)
                results.append(Added(each.entity_name, new))
            return change, results

        return self._perform(work)[0]

    def delete_entities(self, names: Sequence[str]) -> int:
        """Takes back all that was said of them, and their relations; what is not there stays away."""

        def work(view: MemoryView) -> tuple[Change, None]:
            found = [at for at in map(view.find, names) if at is not None]
            rows = {row: None for at in found for row in view.links_of(at)}
            told = [view.particles[at] for at in dict.fromkeys(found) if view.own_text(at)]
            return Change(withdrawn=_keys(view, rows), untold=told), None

        return self._perform(work)[1]

    def delete_observations(self, deletions: Sequence[Deletion]) -> int:
        """Takes them back; what was not observed stays away."""

        def work(view: MemoryView) -> tuple[Change, None]:
            change = Change()
            rows: dict[int, None] = {}
            for each in deletions:
                at, gone = view.find(each.entity_name), set(each.observations)
                if at is None or at not in view.entity_set:
                    continue
                rows |= {
                    row: None
                    for row in view.observation_rows(at)
                    if view.text(int(view.target[row])) in gone
                }
                if view.own_text(at) in gone - {""}:
                    change.untold.append(view.particles[at])
            return replace(change, withdrawn=_keys(view, rows)), None

        return self._perform(work)[1]

    def delete_relations(self, relations: Sequence[Relation]) -> int:
        """Takes them back; what is not there stays away."""

        def work(view: MemoryView) -> tuple[Change, None]:
            links = [
                relation_link(view.name_of(each.source), view.name_of(each.target), each.kind)
                for each in relations
            ]
            there = {link.key: None for link in links if view.has(link.key)}
            return Change(withdrawn=list(there)), None

        return self._perform(work)[1]

    def _perform(self, work: Callable[[MemoryView], tuple[Change, _T]]) -> tuple[_T, int]:
        results: list[_T] = []

        def change(view: MemoryView) -> Change:
            wanted, result = work(view)
            results[:] = [result]
            return wanted

        left = self.store.change(change)
        return results[0], left


def _once(entity: Entity) -> Entity:
    return Entity(entity.name, entity.entity_type, list(dict.fromkeys(entity.observations)))


def _links(view: MemoryView, entity: Entity) -> Iterable[MemoryLink]:
    source = view.name_of(entity.name)
    yield entity_link(source, entity.entity_type)
    for observation in entity.observations:
        link = observation_link(source, observation)
        if not view.has(link.key):
            yield link


def _keys(view: MemoryView, rows: Iterable[int]) -> list[Key]:
    return list(dict.fromkeys(view.key(row) for row in rows))
