"""The entry index of a graph: from a question to the particles where recall begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.recall.documents import Documents
from focusmesh.engine.recall.vectors import VectorIndex
from focusmesh.engine.recall.words import WordIndex

if TYPE_CHECKING:
    from os import PathLike

    import numpy.typing as npt

    from focusmesh.engine.arrays import FloatArray, OffsetArray
    from focusmesh.engine.graph import Graph
    from focusmesh.engine.progress import Progress
    from focusmesh.engine.recall.params import RecallParams
    from focusmesh.engine.recall.vectors import Embed
    from focusmesh.engine.recall.words import WordMoment

_ANEW_FROM = 0.5
"""Where more than this part of the documents changed, the index is made anew."""


@dataclass(frozen=True, slots=True)
class EntryMoment:
    """The entry index as of one moment of its graph."""

    words: WordMoment
    vectors: VectorIndex | None

    def search(self, question: str, params: RecallParams) -> tuple[OffsetArray, FloatArray]:
        """The particles that a question names, best first, with their scores: BM25, or fused ranks."""
        found = self.words.search(question, params.entries, params.name_boost)
        if self.vectors is None:
            return found
        near, _ = self.vectors.search(question, params.entries)
        return fused([found[0], near], params.fusion, params.entries)


class EntryIndex:
    """Words and vectors of one graph, made when they are first asked for and kept in step with its edits.

    A moment that was given out stays as it is. Safe between threads.
    """

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
        embed: Embed | None = None,
        language: str | None = "english",
    ) -> None:
        """``path``: a folder for the words. Raises MissingExtraError, ParameterError, FileError."""
        self._words = WordIndex(None if path is None else Path(path), language)
        self._vectors = None if embed is None else VectorIndex(embed)
        self._hashes: npt.NDArray[np.int64] | None = None
        self._lock = RLock()
        self._seen: tuple[object, EntryMoment] | None = None
        self._names_of: tuple[object, object] = None, None

    def moment(self, graph: Graph, stamp: object, progress: Progress | None = None) -> EntryMoment:
        """The index of ``graph``, whose unchanging parts ``stamp`` stands for. O(changed texts) after edits."""
        with self._lock:
            if self._seen is None or self._seen[0] is not stamp:
                same = graph.particles, graph.texts
                if self._seen is None or any(
                    new is not old for new, old in zip(same, self._names_of, strict=True)
                ):
                    self._follow(Documents.of(graph), progress)
                self._names_of = same
                self._seen = stamp, EntryMoment(self._words.moment(), self._vectors)
            return self._seen[1]

    def _follow(self, documents: Documents, progress: Progress | None) -> None:
        """Brings words and vectors in step with ``documents``."""
        hashes, known = documents.hashes(), self._hashes
        if known is None:
            self._begin(documents, progress)
        else:
            shared = min(len(known), len(hashes))
            changed = np.flatnonzero(known[:shared] != hashes[:shared]).tolist()
            if len(changed) > _ANEW_FROM * len(hashes):
                self._begin(documents, progress)
            else:
                gone = [*changed, *range(shared, len(known))]
                added = [*changed, *range(shared, len(hashes))]
                self._change(documents, added, gone, progress)
        self._hashes = hashes

    def _begin(self, documents: Documents, progress: Progress | None) -> None:
        digest, everything = documents.digest(), range(len(documents))
        self._hashes = None
        if not self._words.holds(digest):
            self._words.clear()
            self._words.change(documents, everything, (), progress)
            self._words.stamp(digest)
        if self._vectors is not None:
            self._vectors = self._vectors.emptied().changed(documents, everything, (), progress)

    def _change(
        self, documents: Documents, added: list[int], gone: list[int], progress: Progress | None
    ) -> None:
        if not added and not gone:
            return
        # Vectors first: what embed raises leaves the words as they were.
        vectors = self._vectors
        if vectors is not None:
            vectors = vectors.changed(documents, added, gone, progress)
        self._words.change(documents, added, gone, progress)
        self._vectors = vectors
        if self._words.kept:
            self._words.stamp(documents.digest())


def fused(
    rankings: list[OffsetArray], constant: float, wanted: int
) -> tuple[OffsetArray, FloatArray]:
    """Reciprocal rank fusion: a particle scores Σ 1/(constant + rank) over the rankings that have it.

    G. Cormack, C. Clarke, S. Büttcher, SIGIR 2009. Equal scores by particle.
    """
    particles, place = np.unique(np.concatenate(rankings), return_inverse=True)
    ranks = np.concatenate([np.arange(1, len(ranking) + 1) for ranking in rankings])
    scores: FloatArray = np.bincount(place, weights=1.0 / (constant + ranks)).astype(np.float64)
    order = np.lexsort((particles, -scores))[:wanted]
    return particles[order], scores[order]


def shares_of(scores: FloatArray, temperature: float) -> FloatArray:
    """Scores > 0 as shares that add up to 1: ∝ exp((s − s_max) / (temperature·s_max)), free of their scale."""
    if not len(scores):
        return scores
    with np.errstate(over="ignore"):
        weights: FloatArray = np.exp((scores / scores.max() - 1.0) / temperature)
    weights /= weights.sum()
    return weights
