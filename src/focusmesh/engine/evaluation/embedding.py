"""Particles by how much their texts resemble a question, with vectors of any callable; compared all with all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from focusmesh.engine.evaluation.material import Material
    from focusmesh.engine.evaluation.methods import Ranker
    from focusmesh.engine.evaluation.task import Question
    from focusmesh.engine.support.arrays import OffsetArray


class Embedded:
    """The vectors of one graph's passages; where a task cut something out of a text, that one is embedded anew."""

    def __init__(self, embed: Callable[[Sequence[str]], Any], material: Material) -> None:
        """Raises InputError for vectors that do not fit."""
        self._embed = embed
        self._passages = _passages(material)
        self._vectors = self._of(self._passages)

    def ranker(self, material: Material) -> Ranker:
        """Cosines with the passages of ``material``, which has the same particles."""
        passages, vectors = _passages(material), self._vectors
        changed = [
            at
            for at, pair in enumerate(zip(passages, self._passages, strict=True))
            if pair[0] != pair[1]
        ]
        if changed:
            vectors = vectors.copy()
            vectors[changed] = self._of([passages[at] for at in changed])

        def rank(question: Question, count: int) -> OffsetArray:
            likeness = vectors @ self._of([question.text])[0]
            near = np.argpartition(-likeness, min(count, len(likeness) - 1))[:count]
            return near[np.lexsort((near, -likeness[near]))]

        return rank

    def _of(self, texts: list[str]) -> Any:
        vectors = np.asarray(self._embed(texts), dtype=np.float32)
        if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
            raise InputError(
                f"embed gave an array of shape {vectors.shape} for {len(texts)} texts: one finite vector each is needed"
            )
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)


def _passages(material: Material) -> list[str]:
    return [material.passage(at).strip() for at in range(material.graph.particle_count)]
