"""From items to links: passages, names, mentions, and what a model extracted."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from focusmesh.engine.documents.draft import ALIAS, CONTAINS, LINKS, NEXT, Draft
from focusmesh.engine.documents.extracts import capital_phrases, link_extracts
from focusmesh.engine.documents.mentions import gazetteer_of, link_mentions
from focusmesh.engine.documents.passages import texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.engine.documents.extracts import Extract
    from focusmesh.engine.documents.items import Item
    from focusmesh.engine.documents.params import DocumentParams
    from focusmesh.engine.importers import Reading
    from focusmesh.engine.links import LinkColumns


def add_items(draft: Draft, items: Iterable[Item], reading: Reading) -> None:
    """Adds items as documents of one section. Two of one name are told apart by a number, and the title stays."""
    throttle = reading.throttle(None, "items")
    linked: list[tuple[int, str]] = []
    for count, item in enumerate(items):
        throttle.at(count)
        name = item.name if _is_new(draft, item.name) else draft.free_name(item.name)
        at = draft.particle(name, item.text, time=item.moment)
        for other in (item.name, item.title, *item.aliases):
            if other and other != name:
                draft.call(other, at)
        linked += [(at, target) for target in item.links]
    for at, target in linked:
        found = draft.particle(target)
        if found != at:
            draft.link(at, found, LINKS)


def _is_new(draft: Draft, name: str) -> bool:
    at = draft.find(name)
    return at is None or not draft.texts[at]


def finish(
    draft: Draft,
    params: DocumentParams,
    reading: Reading,
    extract: Extract,
) -> LinkColumns:
    """The links of a draft: with passages cut, mentions found and other names laid down. O(characters)."""
    passages = _cut_passages(draft, params)
    gazetteer = gazetteer_of(draft)
    linked = link_mentions(draft, gazetteer, params, reading.progress)
    if params.phrase or extract is not capital_phrases:
        link_extracts(draft, gazetteer, extract, params, reading)
    _lay_down_names(draft, reading)
    reading.note(f"{passages:,} passages")
    reading.note(f"{linked.mentions:,} mentions of {linked.names:,} names")
    if linked.frequent:
        reading.note(f"{linked.frequent:,} names in too many passages to link them")
    if gazetteer.shared_count:
        reading.note(f"{gazetteer.shared_count:,} names that too many share")
    return draft.columns()


def _cut_passages(draft: Draft, params: DocumentParams) -> int:
    """Cuts texts that are longer than a passage: the first stays with its particle, the others are parts of it."""
    before: int | None = None
    passages = 0
    for at in range(len(draft.names)):
        if not draft.texts[at]:
            continue
        cut = list(texts_of(draft.texts[at], params.size))
        draft.texts[at] = cut[0]
        listed = [at]
        for number, text in enumerate(cut[1:], 2):
            part = draft.part(at, f"{draft.names[at]} ¶{number}", text)
            draft.link(at, part, CONTAINS, params.contains)
            listed.append(part)
        passages += len(listed)
        if before is not None and draft.document(before) == draft.document(at):
            listed.insert(0, before)
        for one, following in itertools.pairwise(listed):
            draft.link(one, following, NEXT, params.next)
        before = listed[-1]
    return passages


def _lay_down_names(draft: Draft, reading: Reading) -> None:
    """Each other name of a particle becomes one itself, without text, and a link that weighs nothing to what it names.

    Nothing leads to it, so that no focus gathers there; questions find it. An alias that is another's own name is left
    out, and that is told.
    """
    taken = 0
    known = len(draft.names)
    for name, target in dict.fromkeys(draft.called):
        at = draft.find(name)
        if at == target:
            continue
        if at is not None and at < known and draft.texts[at] == "":
            taken += 1
            continue
        draft.link(draft.particle(name), target, ALIAS, 0.0)
    if taken:
        reading.note(f"{taken:,} aliases that are names of others")
