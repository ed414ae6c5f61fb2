"""The particles that a question says by name: all of it is one, or one stands in it between other words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.links import Names
    from focusmesh.engine.recall.words import WordMoment
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

_LEAD = 1.5
"""A named particle scores so many times the best of the others."""
_CANDIDATES = 200
"""So many names that have all words of a question are compared with it, the shortest ones."""
_LONGEST_SPAN = 8
"""So many words between spaces a name has at most that is found within a question without quotes."""
_READ = 500
"""So many words of a question are read for names; one that is longer is a text."""
_QUOTED = re.compile(
    r"\"([^\"]{1,500})\"|“([^”]{1,500})”|«([^»]{1,500})»|`([^`]{1,500})`|\[\[([^\]]{1,500})\]\]"
    r"|'([^']{1,500})'(?!\w)"
)
_AROUND = "\"'`“”«»()[]{}<>,;:!?.…¿¡"
_APART = re.compile(r"[./:#]+")


def find_named(question: str, names: Names, words: WordMoment, most: int) -> list[int]:
    """The particles named, at most ``most``: by the whole question, else within it. O(words of the question)."""
    said = question.strip()
    whole = names.find(said)
    if whole is not None and isinstance(names[whole], str | bytes):
        return [whole]
    found = _spelt(said, names, words, most) or _within(said, names, words)
    return found[:most]


def put_first(
    leaders: list[int], particles: OffsetArray, scores: FloatArray, wanted: int
) -> tuple[OffsetArray, FloatArray]:
    """What was found, best first, with ``leaders`` before it; ``wanted`` in all."""
    if not leaders:
        return particles, scores
    others = ~np.isin(particles, leaders)
    first = _LEAD * float(scores.max()) if len(scores) else 1.0
    merged = np.concatenate((np.array(leaders, dtype=particles.dtype), particles[others]))
    return merged[:wanted], np.concatenate((np.full(len(leaders), first), scores[others]))[:wanted]


def _spelt(said: str, names: Names, words: WordMoment, most: int) -> list[int]:
    """Names that are the question word by word, accents and capitals aside; else the shortest with such a part.

    Parts stand between dots, slashes, colons and #, as ``dog`` in ``dog.n.01``. A part that more than ``most`` of
    them share names nobody.
    """
    wanted = words.spelling(said)
    if not wanted:
        return []
    known = [(at, str(names[at])) for at in sorted(words.holding(said, _CANDIDATES))]
    spelt = {at: words.spelling(name) for at, name in known}
    equal = [at for at, own in spelt.items() if own == wanted]
    if equal:
        return equal
    parts = [
        at
        for at, name in known
        if any(words.spelling(part) == wanted for part in _APART.split(name))
    ]
    least = min((len(spelt[at]) for at in parts), default=0)
    shortest = [at for at in parts if len(spelt[at]) == least]
    return shortest if len(shortest) <= most else []


def _within(said: str, names: Names, words: WordMoment) -> list[int]:
    """Names letter by letter in quotes, or in spans of words; of spans that overlap the longest."""
    quoted = [next(filter(None, groups)).strip() for groups in _QUOTED.findall(said)]
    found = [*map(names.find, quoted)]
    found += [
        names.find(span)
        for span in _spans(said.split()[:_READ], names)
        if words.says_something(span)
    ]
    return list(dict.fromkeys(at for at in found if at is not None))


def _spans(tokens: list[str], names: Names) -> Iterator[str]:
    """Spans that are names. A single plain word is left out: in a sentence it is more often just that word."""
    taken: set[int] = set()
    for length in range(min(_LONGEST_SPAN, len(tokens)), 0, -1):
        for start in range(len(tokens) - length + 1):
            places = range(start, start + length)
            span = " ".join(tokens[start : start + length]).strip(_AROUND)
            if span.isalpha() or not taken.isdisjoint(places) or names.find(span) is None:
                continue
            taken.update(places)
            yield span
