"""What questions are drawn from: a graph with its texts, their words, and who is next to whom."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links import label
from focusmesh.engine.recall import Documents, EntryIndex, passage

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.graph import Graph
    from focusmesh.engine.recall import EntryMoment, RecallParams
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress

_WORD = re.compile(r"[^\W\d_]{3,}")
_LAST = re.compile(r"[./#:\\]")
_LEAST_NAME = 3
_QUESTION_WORDS = 50


class Material:
    """A graph as tasks see it. What is derived is worked out when it is first asked for, and kept."""

    def __init__(self, graph: Graph, progress: Progress | None = None) -> None:
        self.graph = graph
        self._progress = progress

    @cached_property
    def documents(self) -> Documents:
        """Names and texts, as the entry index reads them."""
        return Documents.of(self.graph)

    @cached_property
    def index(self) -> EntryMoment:
        """The words of all of them; raises MissingExtraError without the extra ``recall``."""
        return EntryIndex().moment(self.graph, self.graph, self._progress)

    @cached_property
    def words(self) -> StemTable:
        """Which document has which words."""
        return StemTable(self.documents, self.index)

    @cached_property
    def text_count(self) -> int:
        """Particles with a text that is not their name."""
        return sum(map(bool, self.documents.texts))

    def passage(self, particle: int) -> str:
        """Name and text."""
        return passage(self.graph.particles[particle], self.documents.texts[particle])

    def opening_words(self, particle: int) -> str:
        """The beginning of a passage, as somebody who reads it would ask."""
        return " ".join(self.passage(particle).split()[:_QUESTION_WORDS])

    def neighbours(self, particle: int) -> OffsetArray:
        """Particles with an axon from or to ``particle``, ascending, itself left out."""
        structure = self.graph.structure
        at = int(structure.position[particle])
        ends = np.concatenate((structure.out_row(at)[0], structure.in_row(at)[0]))
        near = np.unique(structure.order[ends]).astype(np.int64)
        others: OffsetArray = near[near != particle]
        return others

    def best(
        self, question: str, count: int, params: RecallParams
    ) -> tuple[OffsetArray, FloatArray]:
        """The particles whose words fit best, and their BM25."""
        return self.index.words.search(question, count, params.name_boost)


class StemTable:
    """The stems of every document, and the documents of every stem, both in rows one after the other."""

    def __init__(self, documents: Documents, index: EntryMoment) -> None:
        """O(all words)."""
        self._documents, self._stems_of = documents, index.words.words
        numbers: dict[str, int] = {}
        rows = [
            [numbers.setdefault(stem, len(numbers)) for stem in self._stems_of(f"{name}\n{text}")]
            for name, text in zip(documents.names, documents.texts, strict=True)
        ]
        self._numbers = numbers
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        flat = np.array([stem for row in rows for stem in row], dtype=np.int64)
        self.often = np.bincount(flat, minlength=len(numbers))
        self._start = np.concatenate(([0], np.cumsum(self.often)))
        self._holders = np.repeat(np.arange(len(rows)), lengths)[np.argsort(flat, kind="stable")]

    def holders(self, stem: int) -> OffsetArray:
        """The documents with a stem, ascending."""
        return self._holders[self._start[stem] : self._start[stem + 1]]

    def found(self, question: str) -> OffsetArray:
        """Every document with a word of ``question``."""
        stems = [self._numbers[stem] for stem in self._stems_of(question) if stem in self._numbers]
        return np.unique(np.concatenate([np.zeros(0, np.int64), *map(self.holders, stems)]))

    def rare(self, particle: int, most: int) -> list[tuple[str, int]]:
        """Words of a text that at most ``most`` documents have, with their stems, each once, in their order.

        Words of the particle's own name are left out: who asks does not know it.
        """
        named = set(self._stems_of(self._documents.names[particle]))
        rare: dict[int, str] = {}
        for word in _WORD.findall(self._documents.texts[particle]):
            stems = self._stems_of(word)
            if len(stems) == 1 and stems[0] in self._numbers and stems[0] not in named:
                stem = self._numbers[stems[0]]
                if self.often[stem] <= most:
                    rare.setdefault(stem, word)
        return [(word, stem) for stem, word in rare.items()]


def says(text: str, name: Hashable) -> bool:
    """Whether ``text`` has ``name``, or its last part of three letters or more, as a word of its own."""
    return unsaid(text, name) != text


def unsaid(text: str, name: Hashable) -> str:
    """``text`` without ``name``, and without its last part of three letters or more, where those are words.

    Parts stand between dots, slashes, colons and #: that of ``dog.n.01`` is ``dog``. An underscore may be a space.
    """
    whole = label(name)
    parts = [part for part in _LAST.split(whole) if len(part) >= _LEAST_NAME]
    for part in dict.fromkeys((whole, *parts[-1:])):
        if len(part) >= _LEAST_NAME and max(part.lower().split("_"), key=len) in text.lower():
            written = re.escape(part).replace("_", r"[_\s]")
            text = re.sub(rf"(?<!\w){written}(?!\w)", " ", text, flags=re.IGNORECASE)
    return text
