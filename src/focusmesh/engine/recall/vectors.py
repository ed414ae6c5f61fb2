"""Embeddings of texts by whatever callable makes them, found again by usearch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from focusmesh.engine.recall.documents import Documents, passage
from focusmesh.engine.support.progress import Progress, Throttle
from focusmesh.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.recall.document_slots import Followed
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

Embed: TypeAlias = Callable[[Sequence[str]], Any]
"""Texts to an array of one vector each, shape (len(texts), d)."""

_TOGETHER = 256


class VectorIndex:
    """One vector a document with words, by its seat. A change makes another one: who asks an older one still may."""

    def __init__(self, embed: Embed, index: Any = None) -> None:
        """Raises MissingExtraError."""
        self._embed, self._index = embed, index
        self._usearch = _usearch()

    def with_changes(
        self,
        documents: Documents,
        followed: Followed,
        progress: Progress | None,
    ) -> VectorIndex:
        """Another index without what is gone and with what is added; raises InputError for vectors that do not fit."""
        added, seats = followed.added.tolist(), followed.seating.seats
        wanted = [at for at in added if documents.names[at] or documents.texts[at]]
        index = None if self._index is None else self._index.copy()
        if index is not None:
            for seat in followed.gone.tolist():
                if seat in index:
                    index.remove(seat)
        throttle = Throttle(progress, "embedding texts", len(wanted), "texts")
        for first in range(0, len(wanted), _TOGETHER):
            some = wanted[first : first + _TOGETHER]
            vectors = self._vectors(
                [passage(documents.names[at], documents.texts[at]).strip() for at in some]
            )
            if index is None:
                index = self._usearch.Index(ndim=vectors.shape[1], metric="cos", dtype="f32")
            index.add(seats[some].astype(np.uint64), vectors, threads=1)
            throttle.at(first + len(some))
        return VectorIndex(self._embed, index)

    def without_vectors(self) -> VectorIndex:
        """Another one without vectors."""
        return VectorIndex(self._embed)

    def search(
        self, question: str, wanted: int, places: OffsetArray
    ) -> tuple[OffsetArray, FloatArray]:
        """The ``wanted`` particles of the most similar vectors, with the cosines; equal ones by particle.

        ``places``: the particle of each seat.
        """
        if self._index is None or not len(self._index):
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        (vector,) = self._vectors([question])
        found = self._index.search(vector, min(wanted, len(self._index)), threads=1)
        particles = places[found.keys.astype(np.int64)]
        cosines = 1.0 - found.distances.astype(np.float64)
        order = np.lexsort((particles, -cosines))
        return particles[order], cosines[order]

    def _vectors(self, texts: list[str]) -> npt.NDArray[np.float32]:
        try:
            vectors = np.asarray(self._embed(texts), dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InputError(f"embed gave no array of numbers: {error}") from error
        if vectors.ndim != 2 or len(vectors) != len(texts) or not vectors.shape[1]:
            raise InputError(
                f"embed gave an array of shape {vectors.shape} for {len(texts)} texts: one vector each is needed"
            )
        width = None if self._index is None else int(self._index.ndim)
        if width is not None and vectors.shape[1] != width:
            raise InputError(f"embed gave {vectors.shape[1]} numbers a text, and {width} before")
        if not np.isfinite(vectors).all():
            raise InputError("embed gave a vector that is not finite")
        return vectors


def _usearch() -> Any:
    try:
        import usearch.index
    except ImportError as error:
        raise MissingExtraError("vectors", "finding particles by embeddings") from error
    return usearch.index
