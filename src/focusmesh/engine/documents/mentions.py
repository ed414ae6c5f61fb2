"""Links from passages to what they mention: who is meant, and how much it weighs."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.documents.context_words import ContextWords
from focusmesh.engine.documents.draft import MENTIONS
from focusmesh.engine.documents.gazetteer import Gazetteer
from focusmesh.engine.documents.name_forms import pieces, variants
from focusmesh.engine.support.progress import Progress, Throttle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.documents.draft import Draft
    from focusmesh.engine.documents.params import DocumentParams


class Linked(NamedTuple):
    """How many mentions became links, of how many names; and how many names were too frequent."""

    mentions: int
    names: int
    frequent: int


def gazetteer_of(draft: Draft) -> Gazetteer:
    """The names of a draft: those of its particles, in all variants, and whatever else they are called."""
    return Gazetteer(_name_pairs(draft))


def _name_pairs(draft: Draft) -> Iterator[tuple[str, int]]:
    for at, name in enumerate(draft.names):
        for variant in variants(name):
            yield variant, at
    for name, at in draft.called:
        for variant in variants(name):
            yield variant, at


def link_mentions(
    draft: Draft, gazetteer: Gazetteer, params: DocumentParams, progress: Progress | None = None
) -> Linked:
    """Adds a link from each passage to each particle that its text mentions, those of its own document aside.

    A name that several particles have means the one whose words the passage shares most, and all of them in equal
    parts where none stands out. O(words of all texts).
    """
    count = len(draft.texts)
    throttle = Throttle(progress, "finding names", count, "passages")
    found: list[dict[str, tuple[int, ...]]] = []
    often: Counter[str] = Counter()
    words = ContextWords(draft)
    for at, text in enumerate(draft.texts):
        throttle.at(at)
        meant: dict[str, tuple[int, ...]] = {}
        for mention in gazetteer.find_in(pieces(text)) if text else ():
            if mention.key not in meant:
                others = _others(draft, at, mention.targets)
                meant[mention.key] = others if len(others) < 2 else words.choose(at, others)
        found.append(meant)
        often.update(key for key, targets in meant.items() if targets)
    throttle.finish(count)
    most = max(params.count_max, int(params.share_max * count))
    linked: Counter[str] = Counter()
    for at, meant in enumerate(found):
        for key, targets in meant.items():
            if targets and often[key] <= most:
                linked[key] += 1
                weight = params.mention * rarity(often[key], count) / len(targets)
                for target in targets:
                    draft.link(at, target, MENTIONS, weight)
    return Linked(linked.total(), len(linked), sum(times > most for times in often.values()))


def rarity(times: int, count: int) -> float:
    """ln(1 + n/d)/ln(1 + n): 1 for what stands in one passage of ``count``, less for what stands in more."""
    return math.log1p(count / times) / math.log1p(count)


def _others(draft: Draft, at: int, targets: tuple[int, ...]) -> tuple[int, ...]:
    """Those targets that are no part of the document that mentions them; none where its own is one of them.

    Whoever writes of Mercury in a text about the planet of that name means the planet.
    """
    own = draft.document(at)
    return () if any(draft.document(target) == own for target in targets) else targets
