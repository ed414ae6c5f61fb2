"""What tuned models are held against: two neighbourhood scores, personalised PageRank, and models as they are.

Common neighbours and Adamic–Adar (L. A. Adamic, E. Adar, Social Networks 25, 2003) look at links either way round.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from focusmesh.engine.focus import FocusParams

if TYPE_CHECKING:
    from focusmesh.engine.compile import CompiledModel, Heads
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from focusmesh.engine.tuning.link_scores import Scorer

_PAGERANK_LAYERS = 80


def common_neighbours(heads: Heads) -> Scorer:
    """How many particles are linked with both."""
    beside = _neighbours(heads)
    return _over(beside, np.ones(heads.particle_count))


def adamic_adar(heads: Heads) -> Scorer:
    """The same, a common neighbour of d neighbours counting 1/ln d."""
    beside = _neighbours(heads)
    degree = np.diff(beside.indptr)
    return _over(beside, 1 / np.log(np.maximum(degree, 2)))


def pagerank_from(model: CompiledModel) -> CompiledModel:
    """Personalised PageRank, damping 0.85, all of the teleport to the source; within 2·0.85⁸⁰ = 4.5e-6."""
    return replace(
        model,
        params=FocusParams.pagerank(),
        beta=1.0,
        layers=_PAGERANK_LAYERS,
        form="edges",
        method="exact",
        rank=None,
        factors=None,
    )


def scores_of(model: CompiledModel) -> Scorer:
    """What a model answers to each source as a context."""

    def score(sources: OffsetArray) -> FloatArray:
        drawn = teleports(model, sources)
        return model.trace_layers(drawn, [model.layers])[0]

    return score


def teleports(model: CompiledModel, sources: OffsetArray) -> FloatArray:
    """u_c of each source alone, (n, c)."""
    count = len(model.particles)
    drawn = np.full((count, len(sources)), (1 - model.beta) / count)
    drawn[sources, np.arange(len(sources))] += model.beta
    return drawn


def _neighbours(heads: Heads) -> sparse.csr_array:
    first, second = heads.first.astype(np.int64), heads.second.astype(np.int64)
    ends = np.append(first, second), np.append(second, first)
    ones = np.ones(len(ends[0]))
    return sparse.csr_array((ones, ends), shape=(heads.particle_count,) * 2)


def _over(beside: sparse.csr_array, weight: FloatArray) -> Scorer:
    weighed = (beside * weight[None, :]).tocsr()

    def score(sources: OffsetArray) -> FloatArray:
        return np.asarray((weighed @ beside[sources].T).toarray(), dtype=np.float64)

    return score
