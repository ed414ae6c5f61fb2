"""The nine operations of the memory server over a store, and remember: what they answer, and what they change."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING, TypeVar

from focusmesh.engine.links import MemoryLink, entity_link, observation_link, relation_link
from focusmesh.engine.recall import SUPERSEDES
from focusmesh.errors import InputError
from focusmesh.interface.mcp.answers import particle_of
from focusmesh.interface.mcp.mentions import EntityNames, Naming, cut_passages, title_of
from focusmesh.interface.mcp.records import Added, Entity, Relation, RememberResult
from focusmesh.interface.mcp.store import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from focusmesh.interface.mcp.records import Deletion, Observed
    from focusmesh.interface.mcp.store import Key, MemoryStore
    from focusmesh.interface.mcp.view import MemoryView

_T = TypeVar("_T")
_NOTE = "note"
"""The type of what was remembered and names nobody."""


class Memory:
    """Entities, observations, relations. What one call does is done whole or not at all, and durable when it returns.

    Deletions return how many links stay because others made them.
    """

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self._names = EntityNames()

    def create_entities(self, entities: Sequence[Entity]) -> list[Entity]:
        """Those that are new, with their observations, each once."""

        def work(view: MemoryView) -> tuple[Change, list[Entity]]:
            new: dict[str, Entity] = {}
            for entity in entities:
                at = view.find(entity.name)
                if at is None or not view.is_entity(at):
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
                if at is None or not view.is_entity(at):
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

    def remember(self, text: str, supersedes: Sequence[str] = ()) -> RememberResult:
        """A text as observations of the entities that it names; one of its own, of type ``note``, where it names none.

        A long one is cut into passages, each of which is observed of whom it names. ``supersedes``: texts that hold no
        more, as recall gave them. Raises InputError for blanks, UnknownParticleError for texts that are not there.
        """
        passages = cut_passages(text)
        if not passages:
            raise InputError("there is nothing to remember: text is blank")

        def work(view: MemoryView) -> tuple[Change, RememberResult]:
            change, named, note = Change(), dict[str, Naming](), ""
            labels = [view.label(at) for at in view.entities if view.type_of(at) != _NOTE]
            for passage in passages:
                found = self._names.find(passage, labels)
                if not found:
                    note = note or _note_of(view, passage) or _free_title(view, passage)
                    change.added += _note_links(view, note, passage)
                for each in found:
                    named.setdefault(each.entity, each)
                    change.added += _observing(view, view.name_of(each.entity), passage)
            at = view.find(passages[0]) if note == passages[0] else None
            new = observation_link("", passages[0]).target if at is None else view.particles[at]
            change.added += _replacement_links(view, new, supersedes)
            change.added = list({link.key: link for link in change.added}.values())
            return change, RememberResult(passages, [*named.values()], note)

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
                if at is None or not view.is_entity(at):
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


def _replacement_links(
    view: MemoryView, new: Hashable, supersedes: Sequence[str]
) -> Iterable[MemoryLink]:
    for text in supersedes:
        old = view.particles[particle_of(view, text)]
        link = MemoryLink(new, old, SUPERSEDES)
        if old != new and not view.has(link.key):
            yield link


def _note_of(view: MemoryView, text: str) -> str:
    """The note that has this text already; "" where none has."""
    at = view.particles.find(observation_link("", text).target)
    observers = [] if at is None else view.observers_of(at)
    return view.label(observers[0]) if observers else ""


def _free_title(view: MemoryView, text: str) -> str:
    """What the note of a text is called: as it begins, with a number where another particle is called so.

    Texts are not searched for what notes are called: people do not call them so.
    """
    title = title_of(text)
    names = chain([title], (f"{title} ({number})" for number in count(2)))
    return next(name for name in names if name == text or view.find(name) is None)


def _note_links(view: MemoryView, note: str, passage: str) -> Iterable[MemoryLink]:
    source = view.name_of(note)
    made = entity_link(source, _NOTE)
    if not view.has(made.key):
        yield made
    if passage != note:
        yield from _observing(view, source, passage)


def _observing(view: MemoryView, source: Hashable, observation: str) -> list[MemoryLink]:
    """The link that says it was observed, unless it was before."""
    link = observation_link(source, observation)
    return [] if view.has(link.key) else [link]


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
