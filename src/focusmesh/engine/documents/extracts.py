"""What a model or a rule finds in passages: phrases and triples, resolved to particles where they name one.

A phrase that no particle is called by links the few passages that share it, one with another. It is no particle
itself: one that every passage leads to would take their focus.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from focusmesh.engine.documents.draft import MENTIONS
from focusmesh.engine.documents.mentions import rarity
from focusmesh.engine.documents.name_forms import spelling_of
from focusmesh.engine.links import shorten
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.documents.draft import Draft
    from focusmesh.engine.documents.gazetteer import Gazetteer
    from focusmesh.engine.documents.params import DocumentParams
    from focusmesh.engine.importers import Reading

Extract: TypeAlias = Callable[[str], Iterable["str | tuple[str, str, str]"]]
"""From a passage to phrases, and triples of subject, relation and object."""
SHARED = "shares"
EXTRACTS_MAX = 1_000
"""So many are taken of one passage; what follows is counted."""


def link_extracts(
    draft: Draft,
    gazetteer: Gazetteer,
    extract: Extract,
    params: DocumentParams,
    reading: Reading,
) -> None:
    """Adds links for what ``extract`` finds in each passage; raises InputError for what is neither phrase nor triple.

    A triple whose ends are both known links one to the other by its relation. What ``extract`` raises goes through.
    """
    pairs = set(draft.links())
    shared: dict[str, list[int]] = {}
    throttle = reading.throttle(len(draft.texts), "passages extracted")
    for at in range(len(draft.texts)):
        throttle.at(at)
        phrases: list[str] = []
        for found in _some(extract, draft, at, reading):
            if isinstance(found, str):
                phrases.append(found)
            else:
                _link_triple(draft, gazetteer, found, params)
                phrases += (found[0], found[2])
        for key, targets in _resolve(gazetteer, phrases).items():
            if not targets:
                shared.setdefault(key, []).append(at)
            elif all(draft.document(target) != draft.document(at) for target in targets):
                new = [target for target in targets if (at, target) not in pairs]
                for target in new:
                    draft.link(at, target, MENTIONS, params.mention / len(targets))
    throttle.finish(len(draft.texts))
    _link_shared(draft, shared, params)


def _some(
    extract: Extract, draft: Draft, at: int, reading: Reading
) -> Iterator[str | tuple[str, str, str]]:
    """What is found in a passage, checked."""
    if not draft.texts[at]:
        return
    for count, found in enumerate(extract(draft.texts[at])):
        if count >= EXTRACTS_MAX:
            reading.warn(
                f"{draft.names[at]}: extract= gave more than {EXTRACTS_MAX}, the rest is left out"
            )
            return
        if _is_extract(found):
            yield found
        else:
            raise InputError(
                f"extract= gave {shorten(found)} for {draft.names[at]!r}: it gives phrases, "
                "or triples of subject, relation and object"
            )


def _is_extract(found: Any) -> bool:
    triple = isinstance(found, tuple) and len(found) == 3 and all(isinstance(e, str) for e in found)
    return isinstance(found, str) or triple


def _resolve(gazetteer: Gazetteer, phrases: list[str]) -> dict[str, tuple[int, ...]]:
    """Phrases by how they are spelt, with whom they name; those that no text is searched for are left out."""
    spelt = map(spelling_of, dict.fromkeys(phrases))
    return {spelling.key: gazetteer.targets_by_key(spelling.key) for spelling in spelt if spelling}


def _link_triple(
    draft: Draft, gazetteer: Gazetteer, triple: tuple[str, str, str], params: DocumentParams
) -> None:
    subject, relation, other = triple
    sources, targets = gazetteer.targets_of(subject), gazetteer.targets_of(other)
    if len(sources) == len(targets) == 1 and sources != targets and relation.strip():
        draft.link(sources[0], targets[0], relation.strip(), params.mention)


def _link_shared(draft: Draft, shared: dict[str, list[int]], params: DocumentParams) -> None:
    """Links each two passages that share a phrase, where few do; a phrase hands on the same weight however many."""
    count = len(draft.texts)
    for holders in shared.values():
        if not 2 <= len(holders) <= params.phrase_max:
            continue
        weight = params.phrase * rarity(len(holders), count) / (len(holders) - 1)
        for one in holders:
            for other in holders:
                if draft.document(one) != draft.document(other):
                    draft.link(one, other, SHARED, weight)


_CAPITALS = re.compile(
    r"\b[A-Z][\w'’-]+(?:\s+(?:(?:of|the|de|and|for|in|van|von)\s+)?[A-Z][\w'’-]+)+"
)


def capital_phrases(text: str) -> list[str]:
    """Runs of words in capitals, ``of``, ``the`` and the like between them: the simplest finder of phrases."""
    return _CAPITALS.findall(text)
