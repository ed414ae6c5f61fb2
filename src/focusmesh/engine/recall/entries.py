"""The entry index of a graph: from a question to the particles where recall begins."""

from __future__ import annotations

from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.recall.beside import OpenedIndex, copy_of, words_folder
from focusmesh.engine.recall.document_slots import NOBODY
from focusmesh.engine.recall.documents import Documents
from focusmesh.engine.recall.named_particles import find_named, put_first
from focusmesh.engine.recall.question_names import QuestionNames, without
from focusmesh.engine.recall.vectors import VectorIndex
from focusmesh.engine.recall.words import WordIndex
from focusmesh.engine.support.files import as_path

if TYPE_CHECKING:
    from collections.abc import Collection
    from os import PathLike
    from pathlib import Path

    from focusmesh.engine.links import LinkView, Names, Snapshot
    from focusmesh.engine.recall.document_slots import Followed, Seating
    from focusmesh.engine.recall.params import RecallParams
    from focusmesh.engine.recall.vectors import Embed
    from focusmesh.engine.recall.words import WordMoment
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.support.progress import Progress

_KEY = "entries"
_ANEW_FROM = 0.5
"""Where more than this part of the documents changed, the index is made anew."""


@dataclass(frozen=True, slots=True)
class EntryMoment:
    """The entry index as of one moment of its graph."""

    words: WordMoment
    vectors: VectorIndex | None
    places: OffsetArray
    names: Names
    question_names: QuestionNames | None = None

    def search(
        self, question: str, params: RecallParams, given: Collection[int] = ()
    ) -> tuple[OffsetArray, FloatArray]:
        """The particles where a question enters, best first, with their scores: BM25, or fused ranks.

        Those that it says by name come first, unless names count nothing or they are ``given`` as its context.
        """
        found = self.words.search(question, params.entries, params.name_boost)
        if self.vectors is not None:
            near, _ = self.vectors.search(question, params.entries, self.places)
            found = fuse_rankings([found[0], near], params.fusion, params.entries)
        if not params.name_boost:
            return found
        leaders = find_named(question, self.names, self.words, params.entries)
        if self.question_names is not None:
            found, leaders = _without_names(self.question_names, found, leaders)
        return put_first([at for at in leaders if at not in given], *found, params.entries)


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
        self._words = WordIndex(None if path is None else as_path(path), language)
        self._vectors = None if embed is None else VectorIndex(embed)
        self._seating: Seating | None = None
        self._lock = RLock()
        self._seen: tuple[object, EntryMoment] | None = None
        self._names_of: tuple[object, object] = None, None
        self._question_names: QuestionNames | None = None
        self._beside: Path | None = None

    @classmethod
    def beside(cls, path: str | PathLike[str]) -> EntryIndex:
        """One that begins with what lies beside a graph file, where that is there; the file's folder stays as it is."""
        made = cls()
        made._beside = words_folder(path)
        return made

    def moment(
        self, graph: LinkView, stamp: object, progress: Progress | None = None
    ) -> EntryMoment:
        """The index of ``graph``, whose unchanging parts ``stamp`` stands for. O(changed texts) after edits."""
        with self._lock:
            if self._seen is None or self._seen[0] is not stamp:
                same = graph.particles, graph.texts
                known = self._seen is None and self._open(graph)
                if not known and self._is_other(same):
                    self._follow(Documents.of(graph), progress)
                self._names_of = same
                self._question_names = QuestionNames.of(graph, self._question_names)
                self._seen = stamp, self._as_it_is(graph.particles)
            return self._seen[1]

    def kept_moment(
        self, graph: LinkView, snapshot: Snapshot, progress: Progress | None = None
    ) -> EntryMoment:
        """``moment``, kept with the links as they stand: it is the index that ``kept_with`` finds there."""
        held = snapshot.derived.get(_KEY)
        # The index of these links may be another one by now.
        if held is None or held[0] is not self:
            held = snapshot.derived[_KEY] = self, self.moment(graph, snapshot, progress)
        found: EntryMoment = held[1]
        return found

    @staticmethod
    def kept_with(snapshot: Snapshot) -> EntryIndex | None:
        """The index by which these links were asked last."""
        held = snapshot.derived.get(_KEY)
        return None if held is None else held[0]

    def _is_other(self, now: tuple[object, object]) -> bool:
        """Whether names and texts are not those that the index was last told of."""
        return self._seen is None or any(
            new is not old for new, old in zip(now, self._names_of, strict=True)
        )

    def _open(self, graph: LinkView) -> bool:
        """Takes what lies beside the file of the graph; whether it is as the graph is."""
        folder, self._beside = self._beside, None
        opened = None if folder is None else OpenedIndex.of(folder, graph)
        if opened is None:
            return False
        self._words, self._seating = opened.words, opened.seating
        self._question_names = opened.names
        return opened.is_same

    def _as_it_is(self, names: Names) -> EntryMoment:
        places = NOBODY.places() if self._seating is None else self._seating.places()
        words = self._words.moment(places)
        return EntryMoment(words, self._vectors, places, names, self._question_names)

    def _follow(self, documents: Documents, progress: Progress | None) -> None:
        """Brings words and vectors in step with ``documents``, of which the words may be in the folder already."""
        if self._words.is_read_only:
            self._words, self._seating = copy_of(self._words)
        keys = documents.keys(lasting=self._words.is_stored)
        known = self._seating or self._words.seating()
        anew = NOBODY.following(keys)
        followed = anew if known is None else known.following(keys)
        if known is None or len(followed.added) > _ANEW_FROM * len(keys):
            self._begin(documents, anew, progress)
        else:
            self._change(documents, known, followed, progress)

    def _begin(self, documents: Documents, followed: Followed, progress: Progress | None) -> None:
        self._seating = None
        self._words.clear()
        self._words.change(documents, followed, progress)
        self._words.stamp(followed.seating)
        if self._vectors is not None:
            self._vectors = self._vectors.without_vectors().with_changes(
                documents, followed, progress
            )
        self._seating = followed.seating

    def _change(
        self, documents: Documents, known: Seating, followed: Followed, progress: Progress | None
    ) -> None:
        # Vectors first: what embed raises leaves the words as they were.
        vectors = self._vectors
        if vectors is not None:
            # A folder has words alone.
            everybody = np.arange(len(documents), dtype=np.int64)
            new = followed if self._seating else followed._replace(added=everybody)
            vectors = vectors.with_changes(documents, new, progress)
        if len(followed.added) or len(followed.gone):
            self._words.change(documents, followed, progress)
        if followed.seating != known:
            self._words.stamp(followed.seating)
        self._vectors, self._seating = vectors, followed.seating


def _without_names(
    names: QuestionNames, found: tuple[OffsetArray, FloatArray], leaders: list[int]
) -> tuple[tuple[OffsetArray, FloatArray], list[int]]:
    """What was found without particles that are nothing but names of others."""
    others = names.other_names
    kept = without(found[0], others)
    gone = set(others.tolist())
    return (found[0][kept], found[1][kept]), [at for at in leaders if at not in gone]


def fuse_rankings(
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
