"""The names in a question: found by the gazetteer of a graph whose passages are linked by mentions, without quotes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.documents import ALIAS, MENTIONS, Gazetteer, variants

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from focusmesh.engine.links import LinkColumns, LinkView, Names
    from focusmesh.engine.support.arrays import BoolArray, OffsetArray

_KEY = "question names"
_READ = 5_000
"""So many characters of a question are read for names; one that is longer is a text."""


class Evidence(NamedTuple):
    """Words that name a particle: from which character to before which they stand in the text that says them."""

    start: int
    end: int
    words: str


class QuestionNames:
    """Who is called how in one graph, kept in step with it: particles that come at the end are added alone."""

    def __init__(self, names: Names, pairs: OffsetArray, mere: OffsetArray) -> None:
        """``pairs``: shape (p, 2), particles of which the first is another name of the second. O(characters).

        ``mere``: those among the first that have no text, ascending: they are nothing but names.
        """
        self._names, self._pairs, self._mere = names, pairs, mere
        self._gazetteer = Gazetteer(())
        self._add(0, 0)

    @classmethod
    def of(cls, graph: LinkView, before: QuestionNames | None) -> QuestionNames | None:
        """The names of a graph, made of those ``before`` where it only grew; None where it has no mentions.

        The one before answers as it did, for particles that it had.
        """
        columns = graph.labelled_links
        if columns is None or not _has_mentions(columns):
            return None
        pairs = _aliases(columns)
        mere = _without_text(graph, pairs[:, 0])
        if before is not None and before._grew_to(graph.particles, pairs, mere):
            made = before._grow(graph.particles, pairs, mere)
        else:
            made = cls(graph.particles, pairs, mere)
        graph.derived[_KEY] = made
        return made

    def dump(self) -> bytes:
        """The gazetteer, for ``load``."""
        return self._gazetteer.dump()

    @classmethod
    def load(cls, graph: LinkView, content: bytes | memoryview) -> QuestionNames | None:
        """The names of the graph of which ``content`` was written. Raises ValueError."""
        columns = graph.labelled_links
        if columns is None or not _has_mentions(columns):
            return None
        pairs = _aliases(columns)
        made = object.__new__(cls)
        made._names, made._pairs = graph.particles, pairs
        made._mere = _without_text(graph, pairs[:, 0])
        made._gazetteer = Gazetteer.load(content)
        graph.derived[_KEY] = made
        return made

    @property
    def other_names(self) -> OffsetArray:
        """The particles that are nothing but another name of one, and never an answer."""
        return self._mere

    def find(self, question: str) -> list[tuple[int, ...]]:
        """Whom a question names, from left to right: each name's particles, several where it is ambiguous.

        O(words of the question).
        """
        mentions = self._gazetteer.find(question[:_READ], loose=True)
        known = len(self._names)
        meant = (tuple(at for at in mention.targets if at < known) for mention in mentions)
        return list(dict.fromkeys(filter(None, meant)))

    def places(self, text: str, target: int) -> list[Evidence]:
        """Where a text names ``target``."""
        return [
            Evidence(mention.start, mention.end, text[mention.start : mention.end])
            for mention in self._gazetteer.find(text)
            if target in mention.targets
        ]

    def _grew_to(self, names: Names, pairs: OffsetArray, mere: OffsetArray) -> bool:
        held, begun = len(self._names), len(self._pairs)
        if len(names) < held or not np.array_equal(pairs[:begun], self._pairs):
            return False
        if not np.array_equal(mere[mere < held], self._mere):
            return False
        return names is self._names or names[:held] == list(self._names)

    def _grow(self, names: Names, pairs: OffsetArray, mere: OffsetArray) -> QuestionNames:
        if names is self._names and len(pairs) == len(self._pairs):
            return self
        grown = object.__new__(QuestionNames)
        grown._names, grown._pairs, grown._mere = names, pairs, mere
        grown._gazetteer = self._gazetteer
        grown._add(len(self._names), len(self._pairs))
        return grown

    def _add(self, first_name: int, first_pair: int) -> None:
        self._gazetteer.add(self._name_pairs(first_name, first_pair))

    def _name_pairs(self, first_name: int, first_pair: int) -> Iterator[tuple[str, int]]:
        mere = set(self._mere.tolist())
        for at in range(first_name, len(self._names)):
            name = self._names[at]
            if at not in mere and isinstance(name, str):
                for variant in variants(name):
                    yield variant, at
        for source, target in self._pairs[first_pair:].tolist():
            for variant in variants(str(self._names[source])):
                yield variant, target


def names_of(graph: LinkView) -> QuestionNames | None:
    """The names of a graph as it stands, made when they are first asked for and kept with it."""
    if _KEY not in graph.derived:
        graph.derived[_KEY] = QuestionNames.of(graph, None)
    found: QuestionNames | None = graph.derived[_KEY]
    return found


def evidence_of(graph: LinkView, source: int, target: int) -> list[Evidence]:
    """See ``Graph.evidence``."""
    names = names_of(graph)
    if names is None or graph.texts is None:
        return []
    return names.places(str(graph.texts[source]), target)


def step_evidence(graph: LinkView, path: Sequence[Hashable]) -> tuple[tuple[Evidence, ...], ...]:
    """For each step of a path of particles the words by which one of its ends mentions the other."""
    ends = [graph.index(name) for name in path]
    return tuple(
        tuple(evidence_of(graph, one, other) or evidence_of(graph, other, one))
        for one, other in pairwise(ends)
    )


def _has_mentions(columns: LinkColumns) -> bool:
    return columns.relations is not None and columns.relations.find(MENTIONS) is not None


def _aliases(columns: LinkColumns) -> OffsetArray:
    """The ends of all links that say one is another name of the other, in their order. O(m)."""
    relations, relation = columns.relations, columns.relation
    at = None if relations is None else relations.find(ALIAS)
    if at is None or relation is None:
        return np.zeros((0, 2), dtype=np.int64)
    rows = np.flatnonzero(relation == at)
    return np.stack((columns.source[rows], columns.target[rows]), axis=1).astype(np.int64)


def _without_text(graph: LinkView, particles: OffsetArray) -> OffsetArray:
    """Those of the particles that have no text, each once, ascending."""
    texts, each = graph.texts, sorted(set(particles.tolist()))
    return np.array([at for at in each if texts is None or not texts[at]], dtype=np.int64)


def shares_of_names(named: list[tuple[int, ...]]) -> dict[int, float]:
    """Equal parts for each name, divided among those that it may mean; they add up to 1."""
    shares: dict[int, float] = {}
    for targets in named:
        for at in targets:
            shares[at] = shares.get(at, 0.0) + 1.0 / (len(named) * len(targets))
    return shares


def without(particles: OffsetArray, gone: OffsetArray) -> BoolArray:
    """Which of ``particles`` are none of those that are ``gone``."""
    kept: BoolArray = ~np.isin(particles, gone)
    return kept
